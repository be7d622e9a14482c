//! The publisher's bookkeeping against a model of the server: nothing lost, nothing doubled, order kept.

use std::collections::VecDeque;

use super::*;

const OUTSTANDING: usize = 5;
const CAPACITY: usize = 12;

/// Pseudo-random numbers from a seed, so that a failure can be repeated.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0 >> 33) % bound as u64) as usize
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fate {
    Good,
    /// Refused for ever.
    Bad,
    /// Refused once as transient.
    Shy,
    /// Its offset holds something else.
    Taken,
}

type Item = (usize, Fate);

enum Answer {
    Ack(i64),
    Refused(i64, Verdict),
}

/// One window, one server, and two queues between them that a cut empties at any moment. The server may refuse a bad
/// one before it has committed what came earlier, as validation precedes the commit.
struct Exchange {
    window: Window<Item>,
    start: usize,
    committed: Vec<Item>,
    received: Vec<Item>,
    to_server: VecDeque<(i64, Item)>,
    to_client: VecDeque<Answer>,
    connected: bool,
    pushed: Vec<Item>,
    acked: Vec<Item>,
    failed: Vec<Item>,
    shied: Vec<usize>,
}

impl Exchange {
    fn new(start: usize) -> Self {
        Self {
            window: Window::new(CAPACITY, 10_000),
            start,
            committed: (0..start).map(|number| (number, Fate::Taken)).collect(),
            received: Vec::new(),
            to_server: VecDeque::new(),
            to_client: VecDeque::new(),
            connected: false,
            pushed: Vec::new(),
            acked: Vec::new(),
            failed: Vec::new(),
            shied: Vec::new(),
        }
    }

    fn step(&mut self, dice: &mut Dice) {
        match dice.below(7) {
            0 if self.window.has_room(1, 10) => {
                let fate = [Fate::Good, Fate::Good, Fate::Good, Fate::Bad, Fate::Shy][dice.below(5)];
                self.push(fate);
            }
            1 if !self.connected => self.connect(),
            2 if self.connected && dice.below(4) == 0 => self.cut(dice.below(11), dice.below(2) == 0),
            3 if self.connected => self.send(1 + dice.below(8)),
            4 if self.connected => (0..1 + dice.below(8)).for_each(|_| self.arrive()),
            5 if self.connected && !self.received.is_empty() => self.commit(1 + dice.below(8)),
            6 if self.connected => (0..1 + dice.below(8)).for_each(|_| self.hear()),
            _ => {}
        }
        self.check();
    }

    fn push(&mut self, fate: Fate) {
        let item = (self.pushed.len(), fate);
        self.pushed.push(item);
        self.window.push(item, 1, 10);
    }

    fn connect(&mut self) {
        self.connected = true;
        let known = self.window.opened(self.committed.len() as i64, OUTSTANDING, 45);
        self.acked.extend(known.into_iter().map(|entry| entry.item));
    }

    /// Some of what was sent still arrives; no answer does.
    fn cut(&mut self, reaches: usize, commits: bool) {
        (0..reaches).for_each(|_| self.arrive());
        if commits {
            self.commit(self.received.len());
        }
        self.to_server.clear();
        self.to_client.clear();
        self.received.clear();
        self.connected = false;
        self.window.lost();
    }

    fn send(&mut self, most: usize) {
        for _ in 0..most {
            let Some(entry) = self.window.take() else { break };
            self.to_server.push_back((entry.offset.unwrap(), entry.item));
        }
        assert!(self.window.sent.len() <= OUTSTANDING);
    }

    fn arrive(&mut self) {
        let Some((offset, item)) = self.to_server.pop_front() else { return };
        let end = (self.committed.len() + self.received.len()) as i64;
        if item.1 == Fate::Bad {
            self.to_client.push_back(Answer::Refused(offset, Verdict::Drop));
        } else if offset != end {
            assert!(offset > end, "a committed offset was used again");
            self.to_client.push_back(Answer::Refused(offset, Verdict::Resend));
        } else if item.1 == Fate::Shy && !self.shied.contains(&item.0) {
            self.shied.push(item.0);
            self.to_client.push_back(Answer::Refused(offset, Verdict::Resend));
        } else {
            self.received.push(item);
        }
    }

    fn commit(&mut self, most: usize) {
        self.committed.extend(self.received.drain(..most.min(self.received.len())));
        self.to_client.push_back(Answer::Ack(self.committed.len() as i64));
    }

    fn hear(&mut self) {
        match self.to_client.pop_front() {
            None => {}
            Some(Answer::Ack(offset)) => {
                self.acked.extend(self.window.acked(offset).into_iter().map(|entry| entry.item));
            }
            Some(Answer::Refused(offset, verdict)) => {
                assert!(self.window.at(offset).is_some(), "an answer found no entry");
                let left = self.window.refused(offset, verdict);
                assert_eq!(left.is_some(), verdict == Verdict::Drop);
                self.failed.extend(left.map(|entry| entry.item));
            }
        }
    }

    fn check(&self) {
        let stored = &self.committed[self.start..];
        let good: Vec<Item> = self.pushed.iter().copied().filter(|item| item.1 != Fate::Bad).collect();
        assert_eq!(stored, &good[..stored.len()]);
        assert_eq!(self.acked, good[..self.acked.len()]);
        assert!(self.failed.iter().all(|item| item.1 == Fate::Bad));
        let left = self.pushed.len() - self.acked.len() - self.failed.len();
        assert_eq!((self.window.rows(), self.window.bytes()), (left, 10 * left));
        assert_eq!(self.window.is_empty(), left == 0);
        assert!(left <= CAPACITY);
    }

    /// Left in peace, everything gets its answer.
    fn finish(mut self) {
        if !self.connected {
            self.connect();
        }
        for _ in 0..200 {
            if self.window.is_empty() {
                break;
            }
            self.send(8);
            while !self.to_server.is_empty() {
                self.arrive();
            }
            self.commit(self.received.len());
            while !self.to_client.is_empty() {
                self.hear();
            }
        }
        self.check();
        assert_eq!(self.acked.len() + self.failed.len(), self.pushed.len());
        assert_eq!((self.window.settled(), self.window.pushed()), (self.pushed.len() as u64, self.pushed.len() as u64));
    }
}

#[test]
fn nothing_is_lost_doubled_or_reordered() {
    for seed in 1..=2_000u64 {
        let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let outcome = std::panic::catch_unwind(move || {
            let mut exchange = Exchange::new(dice.below(4));
            (0..120).for_each(|_| exchange.step(&mut dice));
            exchange.finish();
        });
        assert!(outcome.is_ok(), "seed {seed}");
    }
}

fn opened(items: &[&'static str], outstanding: usize) -> Window<&'static str> {
    let mut window = Window::new(100, 1000);
    for item in items {
        window.push(*item, 1, 10);
    }
    window.opened(0, outstanding, 1000);
    window
}

fn drawn<T: Copy>(window: &mut Window<T>) -> Vec<(i64, T)> {
    std::iter::from_fn(|| window.take().map(|entry| (entry.offset.unwrap(), entry.item))).collect()
}

fn items<T: Copy>(entries: Vec<Entry<T>>) -> Vec<T> {
    entries.iter().map(|entry| entry.item).collect()
}

#[test]
fn sends_nothing_while_answers_to_stale_offsets_are_awaited() {
    let mut window = opened(&["a", "b", "c", "d"], 3);
    assert_eq!(drawn(&mut window), [(0, "a"), (1, "b"), (2, "c")]);
    assert_eq!(window.refused(0, Verdict::Drop).unwrap().item, "a");
    assert!(window.repairing());
    assert_eq!(drawn(&mut window), []);
    window.refused(1, Verdict::Resend);
    assert_eq!(drawn(&mut window), []);
    window.refused(2, Verdict::Resend);
    assert!(!window.repairing());
    assert_eq!(drawn(&mut window), [(0, "b"), (1, "c"), (2, "d")]);
}

#[test]
fn a_taken_offset_is_not_used_again() {
    let mut window = opened(&["a", "b"], 4);
    drawn(&mut window);
    assert_eq!(window.refused(0, Verdict::DropTaken).unwrap().item, "a");
    assert!(!window.repairing());
    assert_eq!(items(window.acked(2)), ["b"]);
}

#[test]
fn what_waits_behind_a_freed_offset_is_not_taken_for_committed() {
    let mut window = opened(&["a", "b", "c"], 4);
    drawn(&mut window);
    window.refused(0, Verdict::Drop);
    window.refused(1, Verdict::Resend);
    window.lost();
    assert!(window.opened(5, 4, 1000).is_empty());
    assert_eq!(drawn(&mut window), [(5, "b"), (6, "c")]);
}

#[test]
fn what_a_connection_did_not_send_is_not_taken_for_committed_by_the_next() {
    let mut window = opened(&["a", "b"], 4);
    drawn(&mut window);
    window.lost();
    assert!(window.opened(0, 4, 1000).is_empty());
    window.lost();
    assert!(window.opened(5, 4, 1000).is_empty());
    assert_eq!(drawn(&mut window), [(5, "a"), (6, "b")]);
}

#[test]
fn goes_on_from_where_another_connection_stopped() {
    let mut window = opened(&["a", "b", "c"], 4);
    drawn(&mut window);
    window.lost();
    assert_eq!(items(window.opened(2, 4, 1000)), ["a", "b"]);
    assert_eq!(drawn(&mut window), [(2, "c")]);
}

#[test]
fn what_was_never_sent_is_never_taken_for_committed() {
    let mut window = opened(&["a", "b", "c"], 1);
    drawn(&mut window);
    window.lost();
    assert_eq!(items(window.opened(9, 4, 1000)), ["a"]);
    assert_eq!(drawn(&mut window), [(9, "b"), (10, "c")]);
}

#[test]
fn a_stream_that_was_forgotten_starts_anew() {
    let mut window = Window::new(100, 1000);
    window.push("a", 1, 10);
    window.opened(40, 4, 1000);
    assert_eq!(drawn(&mut window), [(40, "a")]);
    window.lost();
    assert!(window.opened(0, 4, 1000).is_empty());
    assert_eq!(drawn(&mut window), [(0, "a")]);
}

#[test]
fn bytes_in_flight_are_bounded_but_one_entry_always_goes() {
    let mut window = Window::new(100, 1000);
    for size in [90, 30, 30, 30] {
        window.push(size, 1, size);
    }
    window.opened(0, 10, 60);
    assert_eq!(drawn(&mut window), [(0, 90)]);
    window.acked(1);
    assert_eq!(drawn(&mut window), [(1, 30), (2, 30)]);
}

#[test]
fn room_is_counted_in_rows_and_bytes_and_an_empty_buffer_takes_anything() {
    let mut window = Window::new(10, 100);
    assert!(window.has_room(50, 5000));
    window.push("a", 6, 60);
    assert!(window.has_room(4, 40));
    assert!(!window.has_room(5, 1));
    assert!(!window.has_room(1, 41));
    assert_eq!(items(window.clear()), ["a"]);
    assert_eq!((window.rows(), window.bytes(), window.is_empty()), (0, 0, true));
}
