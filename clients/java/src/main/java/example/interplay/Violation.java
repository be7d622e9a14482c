package example.interplay;

/**
 * A rule that a request broke.
 *
 * @param field path of the field, for example {@code interactions[2].role}
 * @param description what is wrong with it
 */
public record Violation(String field, String description) {}
