package interplay

import (
	"cmp"
	"slices"
	"sort"
)

// verdict is what a refusal means for its entry and its offset.
type verdict int

const (
	// drop: the entry is at fault; its offset is free.
	drop verdict = iota
	// dropTaken: another payload holds the offset.
	dropTaken
	// resend: nothing is wrong with the entry; its offset is free.
	resend
)

const noOffset = -1

// entry is one append in a window.
type entry[T any] struct {
	item T
	// rows are interactions or events.
	rows int
	// size in bytes.
	size     int
	sequence int64
	// offset of its last sending, noOffset before the first.
	offset int64
	// faults counts refusals for which the server took the blame.
	faults int
}

// window is a bounded buffer of appends that are not committed: which are where, without any input or output.
//
// An entry is queued, sent (awaiting an answer on this connection) or bounced (refused without being at fault, to be
// sent again). Offsets are given at the moment of sending. A refusal frees its offset, so everything that is already
// under way behind it will be refused too (OUT_OF_RANGE): the window sends nothing until all of that has come back, then
// renumbers from the freed offset. So no answer can be mistaken for that of another sending, and order is kept.
type window[T any] struct {
	capacity, capacityBytes int
	// rows and bytes are what all entries hold.
	rows, bytes int
	// pushed counts the entries ever pushed; it is the sequence of the next.
	pushed int64
	// outstanding is how many entries may await an answer.
	outstanding int

	queue []*entry[T]
	// sent is ordered by offset.
	sent             []*entry[T]
	bounced          []*entry[T]
	gap              int64
	open             bool
	next             int64
	outstandingBytes int
	sentBytes        int
}

func newWindow[T any](capacity, capacityBytes int) *window[T] {
	return &window[T]{
		capacity: capacity, capacityBytes: capacityBytes, outstanding: 1, outstandingBytes: 1, gap: noOffset,
	}
}

// len counts the entries.
func (w *window[T]) len() int { return len(w.queue) + len(w.sent) + len(w.bounced) }

// repairing reports whether an offset was freed and answers to what was behind it are still awaited.
func (w *window[T]) repairing() bool { return w.gap != noOffset }

// settled returns the sequence below which every entry has left the window.
func (w *window[T]) settled() int64 {
	least := w.pushed
	if len(w.queue) > 0 {
		least = min(least, w.queue[0].sequence)
	}
	if len(w.sent) > 0 {
		least = min(least, w.sent[0].sequence)
	}
	for _, one := range w.bounced {
		least = min(least, one.sequence)
	}
	return least
}

// hasRoom reports whether an entry fits. One that is larger than the whole buffer fits when the buffer is empty.
func (w *window[T]) hasRoom(rows, size int) bool {
	return w.rows+rows <= w.capacity && w.bytes+size <= w.capacityBytes || w.len() == 0
}

// push queues an entry.
func (w *window[T]) push(item T, rows, size int) *entry[T] {
	one := &entry[T]{item: item, rows: rows, size: size, sequence: w.pushed, offset: noOffset}
	w.pushed++
	w.queue = append(w.queue, one)
	w.rows += rows
	w.bytes += size
	return one
}

// opened says that a connection is ready. It returns what an earlier one had committed, which leaves the window.
func (w *window[T]) opened(nextOffset int64, outstanding, outstandingBytes int) []*entry[T] {
	w.open, w.next = true, nextOffset
	w.outstanding, w.outstandingBytes = max(outstanding, 1), max(outstandingBytes, 1)
	var committed []*entry[T]
	for len(w.queue) > 0 && 0 <= w.queue[0].offset && w.queue[0].offset < nextOffset {
		committed = append(committed, w.leave(w.popQueue()))
	}
	for _, one := range w.queue {
		if one.offset < 0 {
			break
		}
		one.offset = noOffset
	}
	return committed
}

// lost says that the connection is gone; whether what was sent is committed will be known when the next one opens.
func (w *window[T]) lost() {
	back := slices.Concat(w.sent, w.bounced)
	if w.repairing() {
		// Nothing at or behind a freed offset can have been committed.
		for _, one := range back {
			if one.offset >= w.gap {
				one.offset = noOffset
			}
		}
	}
	slices.SortFunc(back, bySequence[T])
	w.queue = append(back, w.queue...)
	w.sent, w.bounced = nil, nil
	w.sentBytes = 0
	w.gap, w.open = noOffset, false
}

// take returns the next entry to send, with its offset; nil while there is none or the limits of the stream forbid it.
func (w *window[T]) take() *entry[T] {
	if !w.open || w.repairing() || len(w.queue) == 0 || len(w.sent) >= w.outstanding {
		return nil
	}
	if len(w.sent) > 0 && w.sentBytes+w.queue[0].size > w.outstandingBytes {
		return nil
	}
	one := w.popQueue()
	one.offset = w.next
	w.next++
	w.sent = append(w.sent, one)
	w.sentBytes += one.size
	return one
}

// acked says that everything below committedOffset is durable. It returns what leaves the window, in order.
func (w *window[T]) acked(committedOffset int64) []*entry[T] {
	count := w.place(committedOffset)
	done := slices.Clone(w.sent[:count])
	clear(w.sent[:count])
	w.sent = w.sent[count:]
	for _, one := range done {
		w.sentBytes -= one.size
		w.leave(one)
	}
	w.repair()
	return done
}

// refused says that the append at offset was refused. It returns its entry, nil if no answer is awaited for that offset.
func (w *window[T]) refused(offset int64, why verdict) *entry[T] {
	one := w.at(offset)
	if one == nil {
		return nil
	}
	place := w.place(offset)
	w.sent = slices.Delete(w.sent, place, place+1)
	w.sentBytes -= one.size
	if why == resend {
		w.bounced = append(w.bounced, one)
	} else {
		w.leave(one)
	}
	if why != dropTaken && (!w.repairing() || offset < w.gap) {
		w.gap = offset
	}
	w.repair()
	return one
}

// clear gives everything up, and returns it in order.
func (w *window[T]) clear() []*entry[T] {
	w.lost()
	for _, one := range w.queue {
		w.leave(one)
	}
	entries := w.queue
	w.queue = nil
	return entries
}

// at returns the entry that awaits an answer for offset, or nil.
func (w *window[T]) at(offset int64) *entry[T] {
	if place := w.place(offset); place < len(w.sent) && w.sent[place].offset == offset {
		return w.sent[place]
	}
	return nil
}

// sole returns the offset of the one entry in flight, and whether there is exactly one.
func (w *window[T]) sole() (int64, bool) {
	if len(w.sent) != 1 {
		return noOffset, false
	}
	return w.sent[0].offset, true
}

// place counts the sent entries below offset.
func (w *window[T]) place(offset int64) int {
	return sort.Search(len(w.sent), func(i int) bool { return w.sent[i].offset >= offset })
}

func (w *window[T]) repair() {
	if !w.repairing() || len(w.sent) > 0 && w.sent[len(w.sent)-1].offset >= w.gap {
		return
	}
	for _, one := range w.bounced {
		one.offset = noOffset
	}
	slices.SortFunc(w.bounced, bySequence[T])
	w.queue = append(w.bounced, w.queue...)
	w.bounced = nil
	w.next, w.gap = w.gap, noOffset
}

func (w *window[T]) popQueue() *entry[T] {
	one := w.queue[0]
	w.queue[0] = nil
	w.queue = w.queue[1:]
	return one
}

func (w *window[T]) leave(one *entry[T]) *entry[T] {
	w.rows -= one.rows
	w.bytes -= one.size
	return one
}

func bySequence[T any](a, b *entry[T]) int { return cmp.Compare(a.sequence, b.sequence) }
