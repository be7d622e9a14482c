//! Which appends are where: the bookkeeping of a publisher, without any input or output.
//!
//! An entry is queued, sent (awaiting an answer on this connection) or bounced (refused without being at fault, to be
//! sent again). Offsets are given at the moment of sending. A refusal frees its offset, so everything that is already
//! under way behind it will be refused too (OUT_OF_RANGE): the window sends nothing until all of that has come back,
//! then goes on from the freed offset. So no answer can be mistaken for that of another sending, and order is kept.

use std::collections::{BTreeMap, VecDeque};

/// What a refusal means for its entry and its offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The entry is at fault; its offset is free.
    Drop,
    /// Another payload holds the offset.
    DropTaken,
    /// Nothing is wrong with the entry; its offset is free.
    Resend,
}

/// One append.
#[derive(Debug)]
pub(crate) struct Entry<T> {
    pub(crate) item: T,
    pub(crate) rows: usize,
    pub(crate) size: usize,
    pub(crate) sequence: u64,
    /// Of its last sending; None before the first.
    pub(crate) offset: Option<i64>,
    /// Refusals for which the server took the blame.
    pub(crate) faults: u32,
}

/// A bounded buffer of appends that are not committed.
#[derive(Debug)]
pub(crate) struct Window<T> {
    capacity: usize,
    capacity_bytes: usize,
    queue: VecDeque<Entry<T>>,
    sent: BTreeMap<i64, Entry<T>>,
    bounced: Vec<Entry<T>>,
    gap: Option<i64>,
    open: bool,
    next: i64,
    pushed: u64,
    pub(crate) outstanding: usize,
    outstanding_bytes: usize,
    sent_bytes: usize,
    rows: usize,
    bytes: usize,
}

impl<T> Window<T> {
    /// `capacity` in rows.
    pub(crate) fn new(capacity: usize, capacity_bytes: usize) -> Self {
        Self {
            capacity,
            capacity_bytes,
            queue: VecDeque::new(),
            sent: BTreeMap::new(),
            bounced: Vec::new(),
            gap: None,
            open: false,
            next: 0,
            pushed: 0,
            outstanding: 1,
            outstanding_bytes: 1,
            sent_bytes: 0,
            rows: 0,
            bytes: 0,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.queue.is_empty() && self.sent.is_empty() && self.bounced.is_empty()
    }

    /// Rows that are neither committed nor refused.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// Bytes of what is neither committed nor refused.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// An offset was freed and answers to what was behind it are still awaited.
    pub(crate) fn repairing(&self) -> bool {
        self.gap.is_some()
    }

    /// Entries ever pushed; the sequence of the next.
    pub(crate) fn pushed(&self) -> u64 {
        self.pushed
    }

    /// Every entry with a sequence below this has left the window.
    pub(crate) fn settled(&self) -> u64 {
        let heads = self.bounced.iter().chain(self.queue.front()).chain(self.sent.values().next());
        heads.map(|entry| entry.sequence).min().unwrap_or(self.pushed)
    }

    /// Whether an entry fits. One that is larger than the whole buffer fits when the buffer is empty.
    pub(crate) fn has_room(&self, rows: usize, size: usize) -> bool {
        let fits = self.rows + rows <= self.capacity && self.bytes + size <= self.capacity_bytes;
        fits || self.is_empty()
    }

    pub(crate) fn push(&mut self, item: T, rows: usize, size: usize) -> u64 {
        let sequence = self.pushed;
        self.queue.push_back(Entry { item, rows, size, sequence, offset: None, faults: 0 });
        self.pushed += 1;
        self.rows += rows;
        self.bytes += size;
        sequence
    }

    /// A connection is ready. Returns what an earlier one had committed, which leaves the window.
    pub(crate) fn opened(&mut self, next_offset: i64, outstanding: usize, bytes: usize) -> Vec<Entry<T>> {
        self.open = true;
        self.next = next_offset;
        self.outstanding = outstanding.max(1);
        self.outstanding_bytes = bytes.max(1);
        let mut committed = Vec::new();
        while self.queue.front().is_some_and(|entry| entry.offset.is_some_and(|offset| offset < next_offset)) {
            let entry = self.queue.pop_front().expect("there is a first");
            committed.push(self.leave(entry));
        }
        for entry in self.queue.iter_mut().take_while(|entry| entry.offset.is_some()) {
            entry.offset = None;
        }
        committed
    }

    /// The connection is gone; whether what was sent is committed will be known when the next one opens.
    pub(crate) fn lost(&mut self) {
        let mut back: Vec<_> = std::mem::take(&mut self.sent).into_values().collect();
        back.append(&mut self.bounced);
        if let Some(gap) = self.gap.take() {
            // Nothing at or behind a freed offset can have been committed.
            for entry in back.iter_mut().filter(|entry| entry.offset.is_some_and(|offset| offset >= gap)) {
                entry.offset = None;
            }
        }
        self.requeue(back);
        self.sent_bytes = 0;
        self.open = false;
    }

    /// The next entry to send, with its offset; None while there is none or the limits of the stream forbid it.
    pub(crate) fn take(&mut self) -> Option<&Entry<T>> {
        if !self.open || self.gap.is_some() || self.sent.len() >= self.outstanding {
            return None;
        }
        let size = self.queue.front()?.size;
        if !self.sent.is_empty() && self.sent_bytes + size > self.outstanding_bytes {
            return None;
        }
        let mut entry = self.queue.pop_front()?;
        let offset = self.next;
        entry.offset = Some(offset);
        self.next += 1;
        self.sent_bytes += size;
        Some(self.sent.entry(offset).or_insert(entry))
    }

    /// Everything below `committed_offset` is durable. Returns what leaves the window, in order.
    pub(crate) fn acked(&mut self, committed_offset: i64) -> Vec<Entry<T>> {
        let mut done = Vec::new();
        while let Some(first) = self.sent.first_entry() {
            if *first.key() >= committed_offset {
                break;
            }
            let entry = first.remove();
            self.sent_bytes -= entry.size;
            done.push(self.leave(entry));
        }
        self.repair();
        done
    }

    /// The append at `offset` was refused. Returns its entry where it leaves the window.
    pub(crate) fn refused(&mut self, offset: i64, verdict: Verdict) -> Option<Entry<T>> {
        let entry = self.sent.remove(&offset)?;
        self.sent_bytes -= entry.size;
        let mut left = None;
        if verdict == Verdict::Resend {
            self.bounced.push(entry);
        } else {
            left = Some(self.leave(entry));
        }
        if verdict != Verdict::DropTaken {
            self.gap = Some(self.gap.map_or(offset, |gap| gap.min(offset)));
        }
        self.repair();
        left
    }

    /// Gives everything up. Returns it in order.
    pub(crate) fn clear(&mut self) -> Vec<Entry<T>> {
        self.lost();
        self.rows = 0;
        self.bytes = 0;
        self.queue.drain(..).collect()
    }

    /// The entry that awaits an answer for `offset`.
    pub(crate) fn at(&mut self, offset: i64) -> Option<&mut Entry<T>> {
        self.sent.get_mut(&offset)
    }

    /// Offset of the one entry in flight; None if there is not exactly one.
    pub(crate) fn sole(&self) -> Option<i64> {
        if self.sent.len() == 1 { self.sent.keys().next().copied() } else { None }
    }

    fn repair(&mut self) {
        let Some(gap) = self.gap else { return };
        if self.sent.keys().next_back().is_some_and(|last| *last >= gap) {
            return;
        }
        let mut bounced = std::mem::take(&mut self.bounced);
        for entry in &mut bounced {
            entry.offset = None;
        }
        self.requeue(bounced);
        self.next = gap;
        self.gap = None;
    }

    fn requeue(&mut self, mut entries: Vec<Entry<T>>) {
        entries.sort_by_key(|entry| entry.sequence);
        for entry in entries.into_iter().rev() {
            self.queue.push_front(entry);
        }
    }

    fn leave(&mut self, entry: Entry<T>) -> Entry<T> {
        self.rows -= entry.rows;
        self.bytes -= entry.size;
        entry
    }
}

#[cfg(test)]
#[path = "window_tests.rs"]
mod tests;
