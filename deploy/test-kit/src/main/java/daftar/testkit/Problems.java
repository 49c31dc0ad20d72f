package daftar.testkit;

import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.hasKey;
import static org.hamcrest.Matchers.not;

import daftar.kit.problem.Problem;
import io.restassured.builder.ResponseSpecBuilder;
import io.restassured.specification.ResponseSpecification;

/** What a refused request must look like. */
public final class Problems {

    private Problems() {}

    /** A problem document of this type, without anything internal: {@code .then().spec(problem(NOT_FOUND))}. */
    public static ResponseSpecification problem(Problem problem) {
        return new ResponseSpecBuilder()
                .expectStatusCode(problem.status())
                .expectContentType("application/problem+json")
                .expectBody("type", equalTo(problem.type().toString()))
                .expectBody("status", equalTo(problem.status()))
                .expectBody("$", not(hasKey("stackTrace")))
                .build();
    }

    /** As {@link #problem}, with an error at this JSON pointer. */
    public static ResponseSpecification problemAt(Problem problem, String pointer) {
        return new ResponseSpecBuilder()
                .addResponseSpecification(problem(problem))
                .expectBody("errors.pointer", hasItem(pointer))
                .build();
    }
}
