package example.interplay;

import interplay.v1.StreamOpened;
import interplay.v1.StreamPublishResponse;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** One connection of a publisher: sends what its core says, hears the answers, and watches over silence. */
final class Link<A, Q, R> extends ClientCall.Listener<R> {
    /**
     * How a connection ended.
     *
     * @param status that the server or grpc gave it, null where none was
     * @param silent nothing was heard for too long; TCP itself may not have noticed
     * @param answered {@code finish} was answered
     */
    record Ending(InterplayException status, boolean silent, boolean answered) {
        static final Ending BROKEN = new Ending(null, false, false);
        static final Ending SILENT = new Ending(null, true, false);
        static final Ending ANSWERED = new Ending(null, false, true);
    }

    /** Who is told, with the core's lock held. */
    interface Owner {
        /** The server has answered open. */
        void opened();

        /** An answer was taken in. */
        void heard();

        /** It is over; not told after {@link Link#cancel}. */
        void ended(Ending ending);
    }

    /** The server must answer open in this time; it may have to commit what an older connection had sent. */
    private static final long OPEN_NANOS = TimeUnit.SECONDS.toNanos(15);

    private static final long LAST_WORD_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long DEFAULT_HEARTBEAT_NANOS = TimeUnit.SECONDS.toNanos(15);
    private static final int READY_BYTES = 1 << 20;
    private static final int ANSWERS_AHEAD = 64;

    private final Core<A, Q> core;
    private final Wire<A, Q, R> wire;
    private final ScheduledExecutorService timer;
    private final ClientCall<Q, R> call;
    private final Owner owner;
    private long interval = DEFAULT_HEARTBEAT_NANOS;
    private long heard;
    private long wrote;
    private long beat;
    private boolean open;
    private boolean over;
    private Future<?> watch;
    private Future<?> held;
    private Future<?> lastWord;

    Link(Core<A, Q> core, Wire<A, Q, R> wire, Channel channel, ScheduledExecutorService timer, Owner owner) {
        this.core = core;
        this.wire = wire;
        this.timer = timer;
        this.owner = owner;
        call = channel.newCall(
                wire.method(), CallOptions.DEFAULT.withWaitForReady().withOnReadyThreshold(READY_BYTES));
    }

    /** Opens the stream; called with the core's lock held. */
    void start() {
        Duration heartbeat = core.settings.heartbeat();
        long limit = Math.max(OPEN_NANOS, heartbeat == null ? 0 : 3 * heartbeat.toNanos());
        watch = later(this::unopened, limit);
        call.start(this, new Metadata());
        call.request(ANSWERS_AHEAD);
        call.sendMessage(wire.open(core.settings.open()));
    }

    /** Sends what there is to send; called with the core's lock held. */
    void pump() {
        if (!open || over) {
            return;
        }
        while (call.isReady()) {
            Q message = core.nextMessage();
            if (message == null) {
                break;
            }
            call.sendMessage(message);
            wrote = System.nanoTime();
        }
        long hold = core.hold();
        if (hold > 0 && (held == null || held.isDone())) {
            held = later(this::released, hold);
        }
    }

    /** Leaves the stream at once; called with the core's lock held. */
    void cancel() {
        if (!over) {
            stop();
            call.cancel("the publisher left", null);
        }
    }

    @Override
    public void onReady() {
        locked(this::pump);
    }

    @Override
    public void onMessage(R message) {
        locked(() -> {
            if (over) {
                return;
            }
            heard = System.nanoTime();
            StreamPublishResponse answer = wire.read(message);
            try {
                if (!open) {
                    opened(answer);
                } else if (core.hear(answer)) {
                    leave();
                    return;
                }
            } catch (Core.BrokenException broken) {
                end(Ending.BROKEN);
                return;
            }
            call.request(1);
            owner.heard();
            pump();
        });
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
        locked(() -> {
            if (lastWord != null) {
                lastWord.cancel(false);
            }
            if (!over) {
                stop();
                // A clean end looks the same when the server was stopped; only `finished` counts.
                owner.ended(
                        status.isOk()
                                ? Ending.BROKEN
                                : new Ending(InterplayException.from(status, trailers), false, false));
            }
        });
    }

    private void opened(StreamPublishResponse answer) throws Core.BrokenException {
        if (!answer.hasOpened()) {
            throw new Core.BrokenException("open was not answered by opened");
        }
        open = true;
        StreamOpened opened = answer.getOpened();
        Duration said = core.settings.heartbeat();
        long offered = Duration.ofSeconds(
                        opened.getHeartbeatInterval().getSeconds(),
                        opened.getHeartbeatInterval().getNanos())
                .toNanos();
        interval = said != null ? said.toNanos() : offered > 0 ? offered : DEFAULT_HEARTBEAT_NANOS;
        wrote = beat = heard;
        watch.cancel(false);
        owner.opened();
        core.opened(opened);
        listen();
    }

    /** The server has answered finish: the call may end by itself, for a moment. */
    private void leave() {
        stop();
        call.halfClose();
        lastWord = later(() -> call.cancel("nothing is left to say", null), LAST_WORD_NANOS);
        owner.ended(Ending.ANSWERED);
    }

    private void end(Ending ending) {
        if (!over) {
            stop();
            call.cancel("the connection is of no use any more", null);
            owner.ended(ending);
        }
    }

    private void stop() {
        over = true;
        watch.cancel(false);
        if (held != null) {
            held.cancel(false);
        }
    }

    private void unopened() {
        locked(() -> {
            if (!open) {
                end(Ending.SILENT);
            }
        });
    }

    private void released() {
        locked(this::pump);
    }

    /** Sends a sign of life when one is due, gives the connection up when it is silent, and comes again. */
    private void listen() {
        if (over) {
            return;
        }
        long now = System.nanoTime();
        if (now - heard >= 3 * interval) {
            end(Ending.SILENT);
            return;
        }
        if (now >= due()) {
            beat = now;
            call.sendMessage(wire.heartbeat());
        }
        watch = later(() -> locked(this::listen), Math.min(heard + 3 * interval, due()) - now);
    }

    /** When a heart-beat is due: when nothing was written, or nothing heard, for an interval. */
    private long due() {
        return Math.max(Math.min(wrote, heard), beat) + interval;
    }

    private Future<?> later(Runnable task, long nanos) {
        try {
            return timer.schedule(task, nanos, TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException closing) {
            // The client is being closed, which ends the call too.
            return CompletableFuture.completedFuture(null);
        }
    }

    private void locked(Runnable step) {
        core.lock.lock();
        try {
            step.run();
        } finally {
            core.lock.unlock();
        }
    }
}
