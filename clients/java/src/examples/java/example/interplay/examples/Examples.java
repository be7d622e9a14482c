package example.interplay.examples;

import java.util.Map;

/** Runs an example by its name, for example {@code publish_and_search}. */
public final class Examples {
    private static final Map<String, Runnable> BY_NAME = Map.of(
            "publish_and_search", () -> PublishAndSearch.main(new String[0]),
            "stream_with_context", () -> StreamWithContext.main(new String[0]),
            "converse", () -> Converse.main(new String[0]),
            "pair_features", () -> PairFeatures.main(new String[0]),
            "monitor_event", () -> MonitorEvent.main(new String[0]));

    private Examples() {}

    public static void main(String[] arguments) {
        Runnable example = arguments.length == 1 ? BY_NAME.get(arguments[0]) : null;
        if (example == null) {
            System.err.println("give one of " + String.join(", ", BY_NAME.keySet()));
            System.exit(2);
        }
        example.run();
    }
}
