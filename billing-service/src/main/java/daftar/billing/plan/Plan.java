package daftar.billing.plan;

import com.fasterxml.jackson.annotation.JsonFormat;
import java.math.BigDecimal;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * What can be subscribed to.
 *
 * @param billingCycle monthly or yearly
 * @param amountEgp price of one cycle in Egyptian pounds
 * @param includedTokens tokens that one cycle includes
 * @param includedSpeechSeconds seconds of speech that one cycle includes
 * @param usageLimit hard: no more can be reserved than is included; soft: it can
 */
record Plan(
        String planName,
        String billingCycle,

        @JsonFormat(shape = JsonFormat.Shape.STRING) @Schema(type = SchemaType.STRING, examples = "199.00")
        BigDecimal amountEgp,

        long includedTokens,
        long includedSpeechSeconds,
        String usageLimit) {}
