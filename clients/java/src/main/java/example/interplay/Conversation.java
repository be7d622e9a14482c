package example.interplay;

import com.google.protobuf.Struct;
import interplay.v1.AssistantTurn;
import interplay.v1.CancelDialogue;
import interplay.v1.ConverseDelta;
import interplay.v1.ConverseRequest;
import interplay.v1.ConverseResponse;
import interplay.v1.ConverseStart;
import interplay.v1.Dialogue;
import interplay.v1.DialogueServiceGrpc;
import interplay.v1.DialogueSide;
import interplay.v1.DialogueStatus;
import interplay.v1.DialogueTurn;
import interplay.v1.DialogueUsage;
import interplay.v1.GetDialogueRequest;
import interplay.v1.SteerDialogue;
import interplay.v1.UserTurn;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import java.util.function.Consumer;

/**
 * One dialogue, turn by turn, in which functions of the caller may play sides. Made by {@link
 * InterplayClient#converse}; {@link #run} has it on the calling thread.
 *
 * <p>It goes on by itself after a lost connection or a restart of the server, and asks no function twice for what was
 * answered. What a function throws is thrown by {@link #run} and leaves the dialogue: for 24 hours another conversation
 * whose start says {@code resume} goes on with it. {@link #steer}, {@link #cancel} and {@link #leave} are for any
 * thread.
 */
public final class Conversation {
    /** Who speaks. */
    private enum Side {
        USER,
        ASSISTANT
    }

    /**
     * What was said.
     *
     * @param role {@code system}, {@code user} or {@code assistant}
     * @param content the text
     */
    public record Utterance(String role, String content) {}

    /**
     * What an assistant may answer instead of text.
     *
     * @param content the text
     * @param metadata anything else, kept with the message
     * @param inputTokens that it took, 0 if unknown
     * @param outputTokens that it took, 0 if unknown
     */
    public record Reply(String content, Struct metadata, long inputTokens, long outputTokens) {
        /** Text alone. */
        public static Reply of(String content) {
            return new Reply(content, Struct.getDefaultInstance(), 0, 0);
        }
    }

    /** A side that the program plays. */
    @FunctionalInterface
    public interface Speaker {
        /**
         * Answers.
         *
         * @param message what the other side said; empty where a user begins
         * @param history what was said before, the oldest first, with a system message where there is one
         */
        Reply say(String message, List<Utterance> history);
    }

    private record Said(int sequence, String message, ConverseRequest answer) {}

    /** What a side threw, which is not to be taken for a broken connection of ours. */
    private static final class SpeakerException extends Exception {
        private static final long serialVersionUID = 1L;

        SpeakerException(RuntimeException cause) {
            super(cause);
        }
    }

    private static final String CUT_OFF = "the server ended the stream before its last message";

    private final Transport transport;
    private final ConverseStart.Builder start;
    private final Map<Side, Speaker> sides = new EnumMap<>(Side.class);
    private final Map<Side, Said> said = new EnumMap<>(Side.class);
    private final List<ConverseRequest> told = new ArrayList<>();
    private Dialogue dialogue = Dialogue.getDefaultInstance();
    private final List<DialogueTurn> turns = new ArrayList<>();
    private final Backoff backoff = new Backoff();
    private Consumer<DialogueTurn> onTurn = turn -> {};
    private Consumer<ConverseDelta> onDelta = delta -> {};
    private Consumer<String> onWarning = warning -> {};
    private Duration patience = Duration.ofMinutes(1);
    private Exchange<ConverseRequest, ConverseResponse> call;
    private boolean left;
    private boolean listening;
    private boolean known;
    private boolean tried;
    private boolean triedAgain;
    private boolean heard;
    private boolean completed;
    private long since;

    Conversation(Transport transport, ConverseStart start) {
        this.transport = transport;
        this.start = start.toBuilder();
        known = !start.getDialogueId().isEmpty() && start.getResume();
        if (start.getDialogueId().isEmpty()) {
            this.start.setDialogueId("dialogue_" + UUID.randomUUID().toString().replace("-", ""));
        }
    }

    /** The function is the assistant: it takes what the user said and what was said before, and answers with text. */
    public Conversation assistant(BiFunction<String, List<Utterance>, String> agent) {
        return assistantReplying((message, history) -> Reply.of(agent.apply(message, history)));
    }

    /** As {@link #assistant}, for agents that tell more than text. */
    public Conversation assistantReplying(Speaker agent) {
        sides.put(Side.ASSISTANT, agent);
        if (start.getAssistant() == DialogueSide.DIALOGUE_SIDE_UNSPECIFIED) {
            start.setAssistant(DialogueSide.DIALOGUE_SIDE_CLIENT);
        }
        return this;
    }

    /** The function is the user; it ends the dialogue with an empty text or null. */
    public Conversation user(BiFunction<String, List<Utterance>, String> person) {
        sides.put(Side.USER, (message, history) -> {
            String text = person.apply(message, history);
            return Reply.of(text == null ? "" : text);
        });
        if (start.getUser() == DialogueSide.DIALOGUE_SIDE_UNSPECIFIED) {
            start.setUser(DialogueSide.DIALOGUE_SIDE_CLIENT);
        }
        return this;
    }

    /** Called for each turn that is saved. */
    public Conversation onTurn(Consumer<DialogueTurn> callback) {
        onTurn = callback;
        return this;
    }

    /** Called for each piece of a text that a model makes. */
    public Conversation onDelta(Consumer<ConverseDelta> callback) {
        onDelta = callback;
        return this;
    }

    /** Called for what the server has to say besides. */
    public Conversation onWarning(Consumer<String> callback) {
        onWarning = callback;
        return this;
    }

    /** How long the server may be away, a minute unless said. */
    public Conversation patience(Duration patience) {
        this.patience = patience;
        return this;
    }

    /** Identity of the dialogue. */
    public String dialogueId() {
        return start.getDialogueId();
    }

    /** Tells model sides what to do from their next turn on. */
    public void steer(SteerDialogue change) {
        tell(ConverseRequest.newBuilder().setSteer(change).build());
    }

    /** Ends the dialogue between turns; {@link #run} returns it. */
    public void cancel() {
        tell(ConverseRequest.newBuilder()
                .setCancel(CancelDialogue.getDefaultInstance())
                .build());
    }

    /** Leaves the dialogue where it is; {@link #run} throws CANCELLED. */
    public synchronized void leave() {
        left = true;
        if (call != null) {
            call.close();
        }
    }

    /**
     * Has the dialogue, to its end.
     *
     * @return the whole dialogue with its stop reason
     * @throws InterplayException what calling again cannot mend, or the last failure when patience was at its end
     * @throws IllegalStateException if a side is the client's and no function plays it
     */
    public Dialogue run() {
        since = System.nanoTime();
        while (!completed) {
            // Whether a first call that broke has begun the dialogue is not known: going on with it tells.
            boolean resuming = known || tried;
            tried = true;
            heard = false;
            InterplayException broken = new InterplayException(Status.Code.UNAVAILABLE, CUT_OFF);
            try {
                talk(resuming);
            } catch (InterplayException failed) {
                broken = failed;
            } catch (SpeakerException thrown) {
                throw (RuntimeException) thrown.getCause();
            } finally {
                hangUp();
            }
            if (completed) {
                break;
            }
            if (heard) {
                since = System.nanoTime();
                backoff.reset();
            }
            mend(broken, resuming);
        }
        return dialogue;
    }

    /** One call; it ends early where the server ends it. */
    private void talk(boolean resuming) throws SpeakerException {
        Exchange<ConverseRequest, ConverseResponse> line =
                new Exchange<>(transport.channel(), DialogueServiceGrpc.getConverseMethod(), false);
        synchronized (this) {
            call = line;
            if (left) {
                line.close();
            }
        }
        ConverseStart first = resuming
                ? ConverseStart.newBuilder()
                        .setDialogueId(start.getDialogueId())
                        .setResume(true)
                        .setLastSequence(start.getLastSequence())
                        .build()
                : start.build();
        line.write(ConverseRequest.newBuilder().setStart(first).build());
        while (!completed) {
            ConverseResponse answer = read(line);
            if (answer == null) {
                return;
            }
            switch (answer.getMessageCase()) {
                case STARTED -> begin(line, answer.getStarted().getDialogue());
                case TURN -> take(answer.getTurn().getTurn(), answer.getTurn().getSequence());
                case DELTA -> {
                    heard = true;
                    callback(() -> onDelta.accept(answer.getDelta()));
                }
                case WARNING -> {
                    heard = true;
                    callback(() -> onWarning.accept(answer.getWarning().getMessage()));
                }
                case NEED_USER_TURN -> answer(
                        line,
                        Side.USER,
                        answer.getNeedUserTurn().getSequence(),
                        answer.getNeedUserTurn().getAssistantMessage(),
                        "");
                case NEED_ASSISTANT_TURN -> answer(
                        line,
                        Side.ASSISTANT,
                        answer.getNeedAssistantTurn().getSequence(),
                        answer.getNeedAssistantTurn().getUserMessage(),
                        answer.getNeedAssistantTurn().getSystemPrompt());
                case COMPLETED -> {
                    dialogue = answer.getCompleted().getDialogue();
                    completed = true;
                }
                default -> {}
            }
        }
    }

    private static ConverseResponse read(Exchange<ConverseRequest, ConverseResponse> line) {
        try {
            return line.read(null);
        } catch (Exchange.SilentException never) {
            throw new IllegalStateException(never);
        }
    }

    private void begin(Exchange<ConverseRequest, ConverseResponse> line, Dialogue stored) {
        known = true;
        int turnsHeard = start.getLastSequence() / 2;
        turns.clear();
        stored.getTurnsList().stream()
                .filter(turn -> turn.getNumber() <= turnsHeard)
                .forEach(turns::add);
        List<ConverseRequest> again;
        synchronized (this) {
            listening = true;
            again = List.copyOf(told);
        }
        again.forEach(line::write);
    }

    private void take(DialogueTurn turn, int sequence) throws SpeakerException {
        if (sequence > start.getLastSequence()) {
            start.setLastSequence(sequence);
            turns.add(turn);
            heard = true;
            callback(() -> onTurn.accept(turn));
        }
    }

    /** Asks the side that is to speak, unless it was asked the same before, and sends what it says. */
    private void answer(
            Exchange<ConverseRequest, ConverseResponse> line, Side side, int sequence, String message, String system)
            throws SpeakerException {
        if (cancelling()) {
            return;
        }
        Speaker speaker = sides.get(side);
        if (speaker == null) {
            throw new SpeakerException(
                    new IllegalStateException("a side of this dialogue is the program's: give the function that plays "
                            + (side == Side.USER ? "the user" : "the assistant")));
        }
        Said last = said.get(side);
        if (last == null || last.sequence != sequence || !last.message.equals(message)) {
            heard = true;
            last = new Said(sequence, message, asked(side, speaker, sequence, message, system));
            said.put(side, last);
        }
        if (!cancelling()) {
            line.write(last.answer);
        }
    }

    private ConverseRequest asked(Side side, Speaker speaker, int sequence, String message, String system)
            throws SpeakerException {
        List<Utterance> history = history(side, message, system);
        long began = System.nanoTime();
        Reply[] given = new Reply[1];
        callback(() -> given[0] = speaker.say(message, history));
        Reply reply = given[0] == null ? Reply.of("") : given[0];
        boolean blank = reply.content == null || reply.content.isBlank();
        if (side == Side.USER) {
            UserTurn.Builder turn = UserTurn.newBuilder().setSequence(sequence);
            return ConverseRequest.newBuilder()
                    .setUserTurn(blank ? turn.setDone(true) : turn.setContent(reply.content))
                    .build();
        }
        if (blank) {
            throw new SpeakerException(new IllegalStateException("the agent answered nothing"));
        }
        AssistantTurn.Builder turn = AssistantTurn.newBuilder()
                .setSequence(sequence)
                .setContent(reply.content)
                .setUsage(DialogueUsage.newBuilder()
                        .setInputTokens(reply.inputTokens)
                        .setOutputTokens(reply.outputTokens)
                        .setLatencyMs((System.nanoTime() - began) / 1e6));
        if (reply.metadata.getFieldsCount() > 0) {
            turn.setMetadata(reply.metadata);
        }
        return ConverseRequest.newBuilder().setAssistantTurn(turn).build();
    }

    /** What was said before {@code message}, which is handed over besides. */
    private List<Utterance> history(Side side, String message, String system) {
        List<Utterance> before = new ArrayList<>();
        if (!system.isEmpty()) {
            before.add(new Utterance("system", system));
        }
        for (DialogueTurn turn : turns) {
            before.add(new Utterance("user", turn.getUser().getContent()));
            before.add(new Utterance("assistant", turn.getAssistant().getContent()));
        }
        if (side == Side.USER && !message.isEmpty() && !before.isEmpty()) {
            before.remove(before.size() - 1);
        }
        return List.copyOf(before);
    }

    /** Waits before another call, or takes in the end of a dialogue that ended while nobody listened. */
    private void mend(InterplayException broken, boolean resuming) {
        if (hasLeft() || Thread.currentThread().isInterrupted() || transport.closed()) {
            throw broken;
        }
        if (broken.code() == Status.Code.NOT_FOUND && resuming && !known) {
            tried = false;
            return;
        }
        // It ended while nobody listened, or by what was told, which an answer may have crossed on its way.
        boolean crossed = broken.code() == Status.Code.INVALID_ARGUMENT && toldSomething();
        InterplayException reason = broken;
        if (known && (crossed || (triedAgain && broken.code() == Status.Code.FAILED_PRECONDITION))) {
            if (takeEnd()) {
                return;
            }
            reason = crossed ? new InterplayException(Status.Code.UNAVAILABLE, broken.getMessage()) : broken;
        }
        if (!StreamPublisher.mayReconnect(reason)) {
            throw reason;
        }
        long pause = backoff.next(reason.retryAfter().orElse(Duration.ZERO));
        if (System.nanoTime() + pause - since > patience.toNanos()) {
            throw reason;
        }
        try {
            TimeUnit.NANOSECONDS.sleep(pause);
        } catch (InterruptedException stop) {
            throw Waiting.interrupted();
        }
        triedAgain = true;
    }

    /** Whether it has ended; then its turns and its end are taken in. */
    private boolean takeEnd() {
        GetDialogueRequest request =
                GetDialogueRequest.newBuilder().setDialogueId(dialogueId()).build();
        Dialogue found;
        try {
            found = DialogueServiceGrpc.newBlockingStub(transport.channel())
                    .getDialogue(request)
                    .getDialogue();
        } catch (StatusRuntimeException failed) {
            throw InterplayException.from(failed);
        }
        if (found.getStatus() == DialogueStatus.DIALOGUE_STATUS_UNSPECIFIED
                || found.getStatus() == DialogueStatus.DIALOGUE_STATUS_RUNNING) {
            return false;
        }
        for (DialogueTurn turn : found.getTurnsList()) {
            try {
                take(turn, 2 * turn.getNumber());
            } catch (SpeakerException thrown) {
                throw (RuntimeException) thrown.getCause();
            }
        }
        dialogue = found;
        completed = true;
        return true;
    }

    /** Runs code of the caller's. */
    private static void callback(Runnable step) throws SpeakerException {
        try {
            step.run();
        } catch (RuntimeException thrown) {
            throw new SpeakerException(thrown);
        }
    }

    /** At once, or where nobody listens once somebody does; a later call is told again. */
    private synchronized void tell(ConverseRequest request) {
        told.add(request);
        if (call != null && listening) {
            call.write(request);
        }
    }

    private synchronized boolean cancelling() {
        return told.stream().anyMatch(ConverseRequest::hasCancel);
    }

    private synchronized boolean toldSomething() {
        return !told.isEmpty();
    }

    private synchronized boolean hasLeft() {
        return left;
    }

    private synchronized void hangUp() {
        if (call != null) {
            call.close();
            call = null;
        }
        listening = false;
    }
}
