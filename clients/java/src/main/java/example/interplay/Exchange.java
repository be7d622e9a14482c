package example.interplay;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** One call of a stream, read by a thread that waits; writing and closing are safe for other threads. */
final class Exchange<Q, R> implements AutoCloseable {
    private record Heard<R>(R answer, Status status, Metadata trailers) {}

    private final ClientCall<Q, R> call;
    private final BlockingQueue<Heard<R>> heard = new LinkedBlockingQueue<>();
    private boolean over;

    /** @param patient waits for a connection; otherwise the call fails with UNAVAILABLE while there is none */
    Exchange(Channel channel, MethodDescriptor<Q, R> method, boolean patient) {
        call = channel.newCall(
                method, patient ? CallOptions.DEFAULT.withWaitForReady() : CallOptions.DEFAULT);
        call.start(
                new ClientCall.Listener<>() {
                    @Override
                    public void onMessage(R answer) {
                        heard.add(new Heard<>(answer, null, null));
                    }

                    @Override
                    public void onClose(Status status, Metadata trailers) {
                        heard.add(new Heard<>(null, status, trailers));
                    }
                },
                new Metadata());
        call.request(1);
    }

    /** Sends; does nothing on a call that has ended, as reading tells why it did. */
    synchronized void write(Q message) {
        if (!over) {
            call.sendMessage(message);
        }
    }

    /** No request will follow. */
    synchronized void halfClose() {
        if (!over) {
            call.halfClose();
        }
    }

    /**
     * The next answer; null at the end of the call.
     *
     * @param silence after which the connection counts as dead; null for never
     * @throws SilentException if nothing is heard for so long
     * @throws InterplayException the status of the call, or CANCELLED if the thread is interrupted
     */
    R read(Duration silence) throws SilentException {
        Heard<R> next;
        try {
            next = silence == null ? heard.take() : heard.poll(silence.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException stop) {
            throw Waiting.interrupted();
        }
        if (next == null) {
            throw new SilentException(silence);
        }
        if (next.answer != null) {
            call.request(1);
            return next.answer;
        }
        heard.add(next);
        if (next.status.isOk()) {
            return null;
        }
        throw InterplayException.from(next.status, next.trailers);
    }

    @Override
    public synchronized void close() {
        if (!over) {
            over = true;
            call.cancel("the caller left", null);
        }
    }

    /** Nothing was heard for too long; TCP itself may not have noticed. */
    static final class SilentException extends Exception {
        private static final long serialVersionUID = 1L;

        SilentException(Duration silence) {
            super("nothing was heard for " + silence.toMillis() + " ms");
        }
    }
}
