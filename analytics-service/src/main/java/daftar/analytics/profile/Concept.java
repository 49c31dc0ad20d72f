package daftar.analytics.profile;

/** A concept within its subject. */
public record Concept(String subject, String concept) {}
