package example.interplay;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;

/**
 * Which appends of a publisher are where, without any input or output; not safe for threads.
 *
 * <p>An entry is queued, sent (awaiting an answer on this connection) or bounced (refused without being at fault, to be
 * sent again). Offsets are given at the moment of sending. A refusal frees its offset, so everything that is under way
 * behind it will be refused too: the window sends nothing until all of that has come back, then goes on numbering from
 * the freed offset. So no answer can be mistaken for that of another sending, and order is kept.
 */
final class Window<T> {

    /** What a refusal means for its entry and its offset. */
    enum Verdict {
        /** The entry is at fault; its offset is free. */
        DROP,
        /** Another payload holds the offset. */
        DROP_TAKEN,
        /** Nothing is wrong with the entry; its offset is free. */
        RESEND
    }

    /** One append. */
    static final class Entry<T> {
        final T item;
        final int rows;
        final long size;
        final long sequence;

        /** Of the last sending, -1 before the first. */
        long offset = -1;

        /** Refusals for which the server took the blame. */
        int faults;

        Entry(T item, int rows, long size, long sequence) {
            this.item = item;
            this.rows = rows;
            this.size = size;
            this.sequence = sequence;
        }
    }

    private static final long NONE = -1;

    private final long capacity;
    private final long capacityBytes;
    private final ArrayDeque<Entry<T>> queue = new ArrayDeque<>();
    private final TreeMap<Long, Entry<T>> sent = new TreeMap<>();
    private final List<Entry<T>> bounced = new ArrayList<>();
    private long gap = NONE;
    private boolean open;
    private long next;
    private long pushed;
    private int outstanding = 1;
    private long outstandingBytes = 1;
    private long sentBytes;
    private long rows;
    private long bytes;

    /**
     * @param capacity rows held at most, except for one append that is larger by itself
     * @param capacityBytes bytes held at most, with the same exception
     */
    Window(long capacity, long capacityBytes) {
        this.capacity = capacity;
        this.capacityBytes = capacityBytes;
    }

    int size() {
        return queue.size() + sent.size() + bounced.size();
    }

    /** Rows that are not committed. */
    long rows() {
        return rows;
    }

    /** Bytes that are not committed. */
    long bytes() {
        return bytes;
    }

    /** Entries that await an answer. */
    int inFlight() {
        return sent.size();
    }

    /** Whether an offset was freed and answers to what was behind it are awaited. */
    boolean repairing() {
        return gap != NONE;
    }

    /** Entries ever pushed; the sequence of the next. */
    long pushed() {
        return pushed;
    }

    /** Every entry with a sequence below this has left the window. */
    long settled() {
        long least = pushed;
        if (!queue.isEmpty()) {
            least = Math.min(least, queue.peekFirst().sequence);
        }
        if (!sent.isEmpty()) {
            least = Math.min(least, sent.firstEntry().getValue().sequence);
        }
        for (Entry<T> entry : bounced) {
            least = Math.min(least, entry.sequence);
        }
        return least;
    }

    /** Whether an entry fits. One that is larger than the whole buffer fits when the buffer is empty. */
    boolean hasRoom(int rows, long size) {
        return (this.rows + rows <= capacity && bytes + size <= capacityBytes) || size() == 0;
    }

    Entry<T> push(T item, int rows, long size) {
        Entry<T> entry = new Entry<>(item, rows, size, pushed++);
        queue.addLast(entry);
        this.rows += rows;
        bytes += size;
        return entry;
    }

    /** A connection is ready. Returns what an earlier one had committed, which leaves the window. */
    List<Entry<T>> opened(long nextOffset, int outstanding, long outstandingBytes) {
        open = true;
        next = nextOffset;
        this.outstanding = Math.max(outstanding, 1);
        this.outstandingBytes = Math.max(outstandingBytes, 1);
        List<Entry<T>> committed = new ArrayList<>();
        while (!queue.isEmpty() && queue.peekFirst().offset >= 0 && queue.peekFirst().offset < nextOffset) {
            committed.add(leave(queue.pollFirst()));
        }
        for (Entry<T> entry : queue) {
            if (entry.offset < 0) {
                break;
            }
            entry.offset = -1;
        }
        return committed;
    }

    /** The connection is gone; whether what was sent is committed will be known when the next one opens. */
    void lost() {
        List<Entry<T>> back = new ArrayList<>(sent.values());
        back.addAll(bounced);
        if (gap != NONE) {
            // Nothing at or behind a freed offset can have been committed.
            for (Entry<T> entry : back) {
                if (entry.offset >= gap) {
                    entry.offset = -1;
                }
            }
        }
        requeue(back);
        sent.clear();
        bounced.clear();
        sentBytes = 0;
        gap = NONE;
        open = false;
    }

    /** The next entry to send, with its offset; null while there is none or the limits of the stream forbid it. */
    Entry<T> take() {
        if (!open || gap != NONE || queue.isEmpty() || sent.size() >= outstanding) {
            return null;
        }
        Entry<T> entry = queue.peekFirst();
        if (!sent.isEmpty() && sentBytes + entry.size > outstandingBytes) {
            return null;
        }
        queue.pollFirst();
        entry.offset = next++;
        sent.put(entry.offset, entry);
        sentBytes += entry.size;
        return entry;
    }

    /** Everything below {@code committedOffset} is durable. Returns what leaves the window, in order. */
    List<Entry<T>> acked(long committedOffset) {
        List<Entry<T>> done = new ArrayList<>();
        while (!sent.isEmpty() && sent.firstKey() < committedOffset) {
            Entry<T> entry = sent.pollFirstEntry().getValue();
            sentBytes -= entry.size;
            done.add(leave(entry));
        }
        repair();
        return done;
    }

    /** The append at {@code offset} was refused. Returns its entry, or null if no answer is awaited for that offset. */
    Entry<T> refused(long offset, Verdict verdict) {
        Entry<T> entry = sent.remove(offset);
        if (entry == null) {
            return null;
        }
        sentBytes -= entry.size;
        if (verdict == Verdict.RESEND) {
            bounced.add(entry);
        } else {
            leave(entry);
        }
        if (verdict != Verdict.DROP_TAKEN) {
            gap = gap == NONE ? offset : Math.min(gap, offset);
        }
        repair();
        return entry;
    }

    /** Gives everything up. Returns it in order. */
    List<Entry<T>> clear() {
        lost();
        List<Entry<T>> given = new ArrayList<>(queue);
        queue.clear();
        given.forEach(this::leave);
        return given;
    }

    /** The entry that awaits an answer for {@code offset}, or null. */
    Entry<T> at(long offset) {
        return sent.get(offset);
    }

    /** Offset of the one entry in flight, -1 if there is not exactly one. */
    long sole() {
        return sent.size() == 1 ? sent.firstKey() : NONE;
    }

    /** Sets how many entries may await answers; takes effect until the next connection opens. */
    void outstanding(int outstanding) {
        this.outstanding = outstanding;
    }

    private void repair() {
        if (gap == NONE || (!sent.isEmpty() && sent.lastKey() >= gap)) {
            return;
        }
        bounced.forEach(entry -> entry.offset = -1);
        requeue(bounced);
        bounced.clear();
        next = gap;
        gap = NONE;
    }

    private void requeue(List<Entry<T>> back) {
        back.sort(Comparator.comparingLong((Entry<T> entry) -> entry.sequence).reversed());
        back.forEach(queue::addFirst);
    }

    private Entry<T> leave(Entry<T> entry) {
        rows -= entry.rows;
        bytes -= entry.size;
        return entry;
    }
}
