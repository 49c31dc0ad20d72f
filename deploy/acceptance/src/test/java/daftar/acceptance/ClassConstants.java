package daftar.acceptance;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.function.UnaryOperator;

/**
 * The texts of a compiled class, changed as if its source had been: a statement is a constant of the class that runs it, and
 * code refers to constants by their number. The layout is that of JVMS 4.4.
 */
final class ClassConstants {

    private static final int TEXT = 1;

    private ClassConstants() {}

    /** The class with every text as the change gives it; all else stays byte for byte. */
    static byte[] change(byte[] classFile, UnaryOperator<String> change) throws IOException {
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(classFile));
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        // magic number and version
        out.writeLong(in.readLong());
        int count = in.readUnsignedShort();
        out.writeShort(count);
        for (int number = 1; number < count; number++) {
            int tag = in.readUnsignedByte();
            out.writeByte(tag);
            if (tag == TEXT) {
                out.writeUTF(change.apply(in.readUTF()));
            } else {
                out.write(in.readNBytes(length(tag)));
                // a long or a double takes two numbers
                number += tag == 5 || tag == 6 ? 1 : 0;
            }
        }
        in.transferTo(out);
        return bytes.toByteArray();
    }

    private static int length(int tag) throws IOException {
        return switch (tag) {
            case 7, 8, 16, 19, 20 -> 2;
            case 15 -> 3;
            case 3, 4, 9, 10, 11, 12, 17, 18 -> 4;
            case 5, 6 -> 8;
            default -> throw new IOException("no constant of a class has the tag " + tag);
        };
    }
}
