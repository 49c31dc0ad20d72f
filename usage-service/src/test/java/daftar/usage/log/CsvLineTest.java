package daftar.usage.log;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.math.BigDecimal;
import java.time.Instant;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CsvLineTest {

    private static final UUID ID = new UUID(1, 2);

    @Test
    void aLineHasTheColumnsInTheOrderOfTheirNames() {
        UsageLog row = new UsageLog(
                ID,
                ID,
                "tutor",
                3,
                2,
                Instant.parse("2026-01-02T03:04:05.000001Z"),
                new BigDecimal("0.000250"),
                "=small",
                1,
                2,
                new UsageLog.Corrected(true, -3, -2, new BigDecimal("-0.000250")),
                null);

        assertEquals(
                ID + "," + ID + ",tutor,3,2,2026-01-02T03:04:05.000001Z,0.000250,'=small,1,2,true,-3,-2,-0.000250,\r\n",
                CsvLine.of(row));
        assertEquals(
                CsvLine.of(row).chars().filter(c -> c == ',').count(),
                CsvLine.NAMES.chars().filter(c -> c == ',').count());
    }

    @Test
    void whatWouldBreakALineIsQuoted() {
        assertEquals("\"{\"\"a\"\":1,\"\"b\"\":2}\"", CsvLine.field("{\"a\":1,\"b\":2}"));
        assertEquals("\"a\nb\"", CsvLine.field("a\nb"));
        assertEquals("\"a\rb\"", CsvLine.field("a\rb"));
        assertEquals("a b;c", CsvLine.field("a b;c"));
        assertEquals("", CsvLine.field(""));
    }

    @ParameterizedTest
    @ValueSource(strings = {"=1+1", "+1", "-1", "@SUM(A1)", "\t=1"})
    void whatASpreadsheetWouldComputeIsText(String formula) {
        assertEquals("'" + formula, CsvLine.field(formula));
    }
}
