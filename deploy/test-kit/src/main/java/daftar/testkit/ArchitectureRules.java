package daftar.testkit;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noFields;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import daftar.kit.access.Access;
import jakarta.inject.Inject;
import jakarta.ws.rs.HttpMethod;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZonedDateTime;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;

/**
 * The house rules that a machine can hold, each with what to do when it is broken. A module runs them
 * with a {@code @TestFactory} that returns {@link #of of("daftar.usage")}.
 */
public final class ArchitectureRules {

    private ArchitectureRules() {}

    /** One test a rule, over the classes of a package as they were compiled, tests left out. */
    public static Stream<DynamicTest> of(String packageName) {
        JavaClasses classes = new ClassFileImporter()
                .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                .importPackages(packageName);
        return RULES.entrySet().stream()
                .map(rule -> DynamicTest.dynamicTest(
                        rule.getKey(), () -> rule.getValue().check(classes)));
    }

    private static final ArchRule NO_SERVICE_KNOWS_ANOTHER = slices().matching(
                    "daftar.(identity|consent|analytics|usage|billing)..")
            .should()
            .notDependOnEachOther()
            .allowEmptyShould(true)
            .because("services share topics and schemas, never classes: read the other's event yourself");

    private static final ArchRule THE_KIT_KNOWS_NO_SERVICE = noClasses()
            .that()
            .resideInAPackage("daftar.kit..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "daftar.identity..", "daftar.consent..", "daftar.analytics..", "daftar.usage..", "daftar.billing..")
            .allowEmptyShould(true)
            .because("what only one service needs belongs to that service");

    private static final ArchRule PACKAGES_HAVE_NO_CYCLES = slices().matching("daftar.*.(*)..")
            .should()
            .beFreeOfCycles()
            .because(
                    "a thing that is kept can be read, tested and moved alone: let one of the two own the shared part");

    private static final ArchRule EVERY_ENDPOINT_SAYS_WHO_MAY_CALL_IT = methods()
            .that(areEndpoints())
            .should()
            .beAnnotatedWith(Access.class)
            .allowEmptyShould(true)
            .because("access is denied by default: put @Access with the kinds of caller next to the path");

    private static final ArchRule NAMES_SAY_WHAT_A_THING_IS = noClasses()
            .should()
            .haveSimpleNameEndingWith("Util")
            .orShould()
            .haveSimpleNameEndingWith("Utils")
            .orShould()
            .haveSimpleNameEndingWith("Helper")
            .orShould()
            .haveSimpleNameEndingWith("Manager")
            .orShould()
            .haveSimpleNameEndingWith("Impl")
            .because("such a name fits everything: name what it keeps or decides");

    private static final ArchRule TIME_COMES_FROM_THE_CLOCK = noClasses()
            .should()
            .callMethod(Instant.class, "now")
            .orShould()
            .callMethod(LocalDate.class, "now")
            .orShould()
            .callMethod(LocalDateTime.class, "now")
            .orShould()
            .callMethod(OffsetDateTime.class, "now")
            .orShould()
            .callMethod(ZonedDateTime.class, "now")
            .orShould()
            .callMethod(System.class, "currentTimeMillis")
            .because("tests set the time: inject java.time.Clock and ask it");

    private static final ArchRule NOTHING_IS_INJECTED_INTO_FIELDS = noFields()
            .should()
            .beAnnotatedWith(Inject.class)
            .because("what a class needs stands in its constructor, and its fields are final");

    private static final Map<String, ArchRule> RULES = new TreeMap<>(Map.of(
            "no service knows another", NO_SERVICE_KNOWS_ANOTHER,
            "the kit knows no service", THE_KIT_KNOWS_NO_SERVICE,
            "packages have no cycles", PACKAGES_HAVE_NO_CYCLES,
            "every endpoint says who may call it", EVERY_ENDPOINT_SAYS_WHO_MAY_CALL_IT,
            "names say what a thing is", NAMES_SAY_WHAT_A_THING_IS,
            "time comes from the clock", TIME_COMES_FROM_THE_CLOCK,
            "nothing is injected into fields", NOTHING_IS_INJECTED_INTO_FIELDS));

    private static DescribedPredicate<JavaMethod> areEndpoints() {
        return DescribedPredicate.describe(
                "are endpoints",
                method -> method.getAnnotations().stream()
                        .anyMatch(annotation -> annotation.getRawType().isAnnotatedWith(HttpMethod.class)));
    }
}
