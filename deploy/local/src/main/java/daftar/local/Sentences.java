package daftar.local;

import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.ParseResult;

/** Shows a failure as its sentence; anything unforeseen with its whole trace. */
final class Sentences implements IExecutionExceptionHandler {
    @Override
    public int handleExecutionException(Exception failure, CommandLine command, ParseResult parsed) {
        if (failure instanceof StartFailure) {
            System.err.println(failure.getMessage());
        } else {
            failure.printStackTrace(System.err);
        }
        return 1;
    }
}
