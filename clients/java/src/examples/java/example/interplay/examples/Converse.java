package example.interplay.examples;

import example.interplay.InterplayClient;
import interplay.v1.ConverseStart;
import interplay.v1.Dialogue;
import interplay.v1.DialogueConfig;
import interplay.v1.DialogueLimits;
import interplay.v1.DialogueQuery;

/** Lets a user whom the server plays talk to an agent of ours. Takes INTERPLAY_TARGET. */
public final class Converse {
    private Converse() {}

    public static void main(String[] arguments) {
        ConverseStart start = ConverseStart.newBuilder()
                .setQuery(DialogueQuery.newBuilder().setOriginalQuery("How do I mend a flat tyre?"))
                .setConfig(DialogueConfig.newBuilder()
                        .setLimits(DialogueLimits.newBuilder().setMinTurns(2).setMaxTurns(3)))
                .setAgentVersion("example-1")
                .build();
        try (InterplayClient client = InterplayClient.fromEnvironment()) {
            Dialogue dialogue = client.converse(start)
                    .assistant((message, history) ->
                            "After " + history.size() + " messages I say: patch the hole. You asked: " + message)
                    .onTurn(turn -> System.out.printf(
                            "user:      %s%nassistant: %s%n",
                            turn.getUser().getContent(), turn.getAssistant().getContent()))
                    .run();
            System.out.printf(
                    "dialogue %s ended after %d turns: %s%n",
                    dialogue.getDialogueId(), dialogue.getTurnsCount(), dialogue.getStopReason());
        }
    }
}
