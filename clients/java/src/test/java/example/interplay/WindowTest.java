package example.interplay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import example.interplay.Window.Entry;
import example.interplay.Window.Verdict;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class WindowTest {
    private static Window<Integer> opened(int outstanding) {
        Window<Integer> window = new Window<>(1000, 1 << 20);
        window.opened(0, outstanding, 1 << 20);
        return window;
    }

    private static List<Integer> items(List<Entry<Integer>> entries) {
        return entries.stream().map(entry -> entry.item).toList();
    }

    @Test
    void sendsInOrderWithOffsetsFromTheServersEnd() {
        Window<Integer> window = new Window<>(10, 1000);
        window.push(1, 1, 10);
        assertNull(window.take());
        window.opened(7, 4, 1000);
        window.push(2, 1, 10);
        assertEquals(7, window.take().offset);
        assertEquals(8, window.take().offset);
        assertNull(window.take());
        assertEquals(List.of(1), items(window.acked(8)));
        assertEquals(1, window.size());
        assertEquals(1, window.settled());
    }

    @Test
    void keepsTheLimitsOfTheStream() {
        Window<Integer> window = new Window<>(100, 1000);
        IntStream.range(0, 5).forEach(item -> window.push(item, 1, 40));
        window.opened(0, 2, 1000);
        assertNotNull(window.take());
        assertNotNull(window.take());
        assertNull(window.take());
        window.acked(2);
        window.lost();
        window.opened(2, 10, 50);
        assertNotNull(window.take());
        assertNull(window.take(), "two would be 80 bytes");
    }

    @Test
    void takesOneThatIsLargerThanTheWholeBufferIntoAnEmptyOne() {
        Window<Integer> window = new Window<>(10, 100);
        assertTrue(window.hasRoom(50, 1000));
        window.push(0, 9, 90);
        assertTrue(window.hasRoom(1, 10));
        assertFalse(window.hasRoom(2, 10));
        assertFalse(window.hasRoom(1, 11));
    }

    @Test
    void waitsAfterARefusalUntilAllBehindItIsAnswered() {
        Window<Integer> window = opened(10);
        IntStream.range(0, 4).forEach(item -> window.push(item, 1, 1));
        IntStream.range(0, 3).forEach(ignored -> window.take());
        window.refused(0, Verdict.DROP);
        assertTrue(window.repairing());
        assertNull(window.take());
        window.refused(1, Verdict.RESEND);
        assertNull(window.take());
        window.refused(2, Verdict.RESEND);
        assertFalse(window.repairing());
        Entry<Integer> next = window.take();
        assertEquals(1, next.item);
        assertEquals(0, next.offset);
        assertEquals(2, window.take().item);
        assertEquals(3, window.take().item);
    }

    @Test
    void goesOnBehindAnOffsetThatAnotherPayloadHolds() {
        Window<Integer> window = opened(10);
        IntStream.range(0, 3).forEach(item -> window.push(item, 1, 1));
        window.take();
        window.take();
        window.refused(0, Verdict.DROP_TAKEN);
        assertFalse(window.repairing());
        assertEquals(2, window.take().offset);
        assertEquals(List.of(1, 2), items(window.acked(3)));
    }

    @Test
    void learnsFromTheNextConnectionWhatWasCommitted() {
        Window<Integer> window = opened(10);
        IntStream.range(0, 4).forEach(item -> window.push(item, 1, 1));
        IntStream.range(0, 3).forEach(ignored -> window.take());
        window.lost();
        assertEquals(List.of(0, 1), items(window.opened(2, 10, 1000)));
        assertEquals(2, window.take().item);
        assertEquals(3, window.take().item);
    }

    @Test
    void believesNothingBehindAFreedOffsetToBeCommitted() {
        Window<Integer> window = opened(10);
        IntStream.range(0, 3).forEach(item -> window.push(item, 1, 1));
        IntStream.range(0, 3).forEach(ignored -> window.take());
        window.refused(0, Verdict.DROP);
        window.lost();
        assertEquals(List.of(), window.opened(1, 10, 1000), "another publisher's append is at 0");
        assertEquals(1, window.take().item);
    }

    @Test
    void ignoresAnswersThatNobodyAwaits() {
        Window<Integer> window = opened(10);
        assertNull(window.refused(3, Verdict.DROP));
        assertEquals(List.of(), window.acked(5));
        assertEquals(-1, window.sole());
    }

    @Test
    void givesUpInOrder() {
        Window<Integer> window = opened(10);
        IntStream.range(0, 5).forEach(item -> window.push(item, 2, 3));
        IntStream.range(0, 3).forEach(ignored -> window.take());
        window.refused(1, Verdict.RESEND);
        assertEquals(List.of(0, 1, 2, 3, 4), items(window.clear()));
        assertEquals(0, window.rows());
        assertEquals(0, window.bytes());
        assertEquals(5, window.settled());
    }

    static IntStream seeds() {
        return IntStream.range(0, 300);
    }

    /** Whatever is refused, lost or late: the server's log is what was pushed, without what is at fault, in order. */
    @ParameterizedTest
    @MethodSource("seeds")
    void losesAndDoublesNothing(int seed) {
        new Server(new Random(seed)).run();
    }

    /** A server that may refuse and whose connections may break at any point. */
    private static final class Server {
        private static final int ITEMS = 80;

        private record Answer(boolean ack, long offset, Verdict verdict) {}

        private final Random random;
        private final Window<Integer> window = new Window<>(12, 1000);
        private final List<Integer> log = new ArrayList<>();
        private final Set<Integer> bad = new HashSet<>();
        private final Set<Integer> dropped = new HashSet<>();
        private final Set<Integer> done = new HashSet<>();
        private final ArrayDeque<Entry<Integer>> wire = new ArrayDeque<>();
        private final ArrayDeque<long[]> sentAs = new ArrayDeque<>();
        private final ArrayDeque<Answer> answers = new ArrayDeque<>();
        private int pushed;

        Server(Random random) {
            this.random = random;
            IntStream.range(0, ITEMS).filter(item -> random.nextInt(8) == 0).forEach(bad::add);
        }

        void run() {
            open();
            while (pushed < ITEMS || window.size() > 0) {
                switch (random.nextInt(20)) {
                    case 0 -> lose();
                    case 1, 2, 3, 4 -> push();
                    case 5, 6, 7, 8, 9 -> send();
                    case 10, 11, 12, 13, 14 -> serve();
                    default -> hear();
                }
            }
            List<Integer> wanted =
                    IntStream.range(0, ITEMS).filter(item -> !bad.contains(item)).boxed().toList();
            assertEquals(wanted, log);
            assertEquals(bad, dropped);
            assertEquals(new HashSet<>(wanted), done);
            assertEquals(0, window.rows());
            assertEquals(0, window.bytes());
            assertEquals(ITEMS, window.settled());
        }

        private void open() {
            done.addAll(items(window.opened(log.size(), 1 + random.nextInt(6), 40)));
        }

        private void lose() {
            wire.clear();
            sentAs.clear();
            answers.clear();
            window.lost();
            open();
        }

        private void push() {
            if (pushed < ITEMS && window.hasRoom(1, 10)) {
                window.push(pushed++, 1, 10);
            }
        }

        private void send() {
            Entry<Integer> entry = window.take();
            if (entry != null) {
                wire.add(entry);
                sentAs.add(new long[] {entry.offset, entry.item});
            }
        }

        private void serve() {
            if (wire.isEmpty()) {
                return;
            }
            wire.poll();
            long[] sent = sentAs.poll();
            int item = (int) sent[1];
            assertTrue(sent[0] >= log.size(), "an offset below the end was sent");
            if (sent[0] > log.size()) {
                answers.add(new Answer(false, sent[0], Verdict.RESEND));
            } else if (bad.contains(item)) {
                answers.add(new Answer(false, sent[0], Verdict.DROP));
            } else if (random.nextInt(10) == 0) {
                answers.add(new Answer(false, sent[0], Verdict.RESEND));
            } else {
                log.add(item);
                if (random.nextBoolean() || wire.isEmpty()) {
                    answers.add(new Answer(true, log.size(), null));
                }
            }
        }

        private void hear() {
            Answer answer = answers.poll();
            if (answer == null) {
                return;
            }
            if (answer.ack) {
                done.addAll(items(window.acked(answer.offset)));
            } else {
                Entry<Integer> entry = window.refused(answer.offset, answer.verdict);
                assertNotNull(entry, "a refusal hit no entry");
                if (answer.verdict == Verdict.DROP) {
                    assertTrue(bad.contains(entry.item), "a refusal hit another entry");
                    dropped.add(entry.item);
                }
            }
        }
    }
}
