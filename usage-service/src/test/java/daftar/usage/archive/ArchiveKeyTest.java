package daftar.usage.archive;

import static daftar.testkit.Problems.problem;
import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.equalTo;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import daftar.kit.problem.Problem;
import daftar.testkit.Stack;
import daftar.testkit.TestStack;
import daftar.testkit.Tokens;
import daftar.usage.archive.ArchiveProgress.Point;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusMock;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import jakarta.inject.Inject;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Erasure reaches the archive: the person's key is destroyed. */
@QuarkusTest
@WithTestResource(TestStack.class)
class ArchiveKeyTest {

    private final Stack stack = Stack.current();
    private final UUID erased = stack.newUser();
    private final UUID other = stack.newUser();
    private final Archiver archiver;

    @Inject
    ArchiveKeyTest(Archiver archiver) {
        this.archiver = archiver;
    }

    @Test
    void theErasedPersonsRowsAreUnreadableAndEverybodyElsesAreNot() throws Exception {
        ArchivedMonth month = month("2013-01");
        for (int day = 1; day <= 6; day++) {
            month.used(erased, day, day);
            month.used(other, 10 + day, day);
        }
        month.archive();
        month.restore().body("rows", equalTo(12));
        List<String> hashes = hashes(month);

        destroy(erased).statusCode(204);

        assertEquals(List.of(), month.listed(erased, 100));
        assertEquals(List.of(16, 15, 14, 13, 12, 11), month.listed(other, 100));
        assertEquals(6, month.restored().size(), "restored copies are gone too");
        month.restore().body("rows", equalTo(6)).body("erased_rows", equalTo(6));
        assertEquals(6, month.restored().size());
        assertEquals(hashes, hashes(month), "the files are as the manifest says");
        assertEquals(
                0,
                stack.number("usage_owner", "SELECT count(*) FROM usage_archive_keys WHERE user_id = ?", erased),
                "nothing leads from the person to the rows");
    }

    @Test
    void destroyingAgainOrWhatNeverWasChangesNothing() {
        destroy(UUID.randomUUID()).statusCode(204);
        destroy(erased).statusCode(204);
        destroy(erased).statusCode(204);
    }

    @Test
    void isForAdministratorsAlone() {
        for (String token : List.of(Tokens.person(erased), Tokens.staff("support"), Tokens.service("usage:read"))) {
            given().auth()
                    .oauth2(token)
                    .delete("/v1/users/{user_id}/usage/archive-key", erased)
                    .then()
                    .spec(problem(Problem.FORBIDDEN));
        }
    }

    /** Erased while the month is on its way: rows and key go together, wherever the rows are just then. */
    @ParameterizedTest
    @EnumSource(
            value = Point.class,
            names = {"EXPORTED", "UPLOADED", "COMPARED", "VERIFIED", "OUT_OF_USAGE_LOGS", "DETACHED", "COMPARED_AGAIN"})
    void whoIsErasedDuringTheArchiveIsNotArchivedUnderANewKey(Point wanted) {
        ArchivedMonth month =
                month("2012-%02d".formatted(List.of(Point.values()).indexOf(wanted) + 1));
        month.used(erased, 1, 1);
        month.used(other, 2, 2);
        boolean[] done = {false};
        QuarkusMock.installMockForType(
                new ArchiveProgress() {
                    @Override
                    void passed(Part part, Point point) {
                        if (point == wanted && !done[0]) {
                            done[0] = true;
                            stack.execute("usage_app", "DELETE FROM usage_logs WHERE user_id = ?", erased);
                            stack.query("usage_app", "SELECT destroy_usage_archive_key(?)", erased);
                        }
                    }
                },
                ArchiveProgress.class);

        month.archive();

        assertEquals(List.of(), month.tables());
        month.restore().statusCode(200);
        assertEquals(
                List.of(other),
                month.restored().stream().map(row -> row.get("user_id")).toList());
        assertEquals(
                0, stack.number("usage_owner", "SELECT count(*) FROM usage_archive_keys WHERE user_id = ?", erased));
    }

    @Test
    void theApplicationCanNeitherReadAroundTheKeysNorChangeThem() {
        for (String attempt : List.of(
                "UPDATE usage_archive_keys SET created_at = created_at",
                "DELETE FROM usage_archive_keys",
                "UPDATE usage_archives SET attempt = 1",
                "DELETE FROM usage_archives")) {
            assertThrows(IllegalStateException.class, () -> stack.execute("usage_app", attempt), attempt);
        }
    }

    private static ValidatableResponse destroy(UUID user) {
        return given().auth()
                .oauth2(Tokens.staff("administrator"))
                .delete("/v1/users/{user_id}/usage/archive-key", user)
                .then();
    }

    private static List<String> hashes(ArchivedMonth month) throws Exception {
        List<String> hashes = new java.util.ArrayList<>();
        for (Path file : month.files()) {
            hashes.add(WorkFolder.sha256(file));
        }
        return hashes;
    }

    private ArchivedMonth month(String month) {
        return new ArchivedMonth(stack, archiver, month);
    }
}
