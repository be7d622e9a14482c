package interplay

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

type fate int

const (
	good fate = iota
	// bad is refused for ever; the server may do so before it has committed what came earlier.
	bad
	// shy is refused once, as transient.
	shy
)

type thing struct {
	number int
	fate   fate
}

type reply struct {
	ack     bool
	offset  int64
	verdict verdict
}

// exchangeModel is one window, one server, and two queues between them that a cut empties at any moment.
type exchangeModel struct {
	window    *window[thing]
	start     int
	committed []thing
	received  []thing
	toServer  []*entry[thing]
	toClient  []reply
	connected bool
	pushed    []thing
	acked     []thing
	failed    []thing
	shied     map[thing]bool
}

const (
	testOutstanding = 5
	testCapacity    = 12
	thingBytes      = 10
)

func items(entries []*entry[thing]) (found []thing) {
	for _, one := range entries {
		found = append(found, one.item)
	}
	return found
}

func (m *exchangeModel) connect() {
	m.connected = true
	m.acked = append(m.acked, items(m.window.opened(int64(len(m.committed)), testOutstanding, 45))...)
}

func (m *exchangeModel) send(t *rapid.T, most int) {
	for range most {
		one := m.window.take()
		if one == nil {
			break
		}
		sent := *one
		m.toServer = append(m.toServer, &sent)
	}
	if len(m.window.sent) > testOutstanding {
		t.Fatalf("%d appends await an answer", len(m.window.sent))
	}
}

func (m *exchangeModel) arrive(t *rapid.T) {
	one := m.toServer[0]
	m.toServer = m.toServer[1:]
	end := int64(len(m.committed) + len(m.received))
	switch {
	case one.item.fate == bad:
		m.toClient = append(m.toClient, reply{offset: one.offset, verdict: drop})
	case one.offset != end:
		if one.offset < end {
			t.Fatalf("offset %d was used again, the end is %d", one.offset, end)
		}
		m.toClient = append(m.toClient, reply{offset: one.offset, verdict: resend})
	case one.item.fate == shy && !m.shied[one.item]:
		m.shied[one.item] = true
		m.toClient = append(m.toClient, reply{offset: one.offset, verdict: resend})
	default:
		m.received = append(m.received, one.item)
	}
}

func (m *exchangeModel) commit(most int) {
	most = min(most, len(m.received))
	m.committed = append(m.committed, m.received[:most]...)
	m.received = m.received[most:]
	m.toClient = append(m.toClient, reply{ack: true, offset: int64(len(m.committed))})
}

func (m *exchangeModel) hear(t *rapid.T) {
	said := m.toClient[0]
	m.toClient = m.toClient[1:]
	if said.ack {
		m.acked = append(m.acked, items(m.window.acked(said.offset))...)
		return
	}
	one := m.window.refused(said.offset, said.verdict)
	if one == nil {
		t.Fatalf("the answer for offset %d found no entry", said.offset)
	}
	if said.verdict == drop {
		m.failed = append(m.failed, one.item)
	}
}

func (m *exchangeModel) check(t *rapid.T) {
	var wanted []thing
	for _, one := range m.pushed {
		if one.fate != bad {
			wanted = append(wanted, one)
		}
	}
	stored := m.committed[m.start:]
	if len(stored) > len(wanted) || !slices.Equal(stored, wanted[:len(stored)]) {
		t.Fatalf("stored %v of %v", stored, wanted)
	}
	if len(m.acked) > len(wanted) || !slices.Equal(m.acked, wanted[:len(m.acked)]) {
		t.Fatalf("acked %v of %v", m.acked, wanted)
	}
	for _, one := range m.failed {
		if one.fate != bad {
			t.Fatalf("%v failed", one)
		}
	}
	left := len(m.pushed) - len(m.acked) - len(m.failed)
	if w := m.window; w.len() != left || w.rows != left || w.rows > testCapacity || w.bytes != left*thingBytes {
		t.Fatalf("%d entries, %d rows and %d bytes are left, not %d", w.len(), w.rows, w.bytes, left)
	}
}

// finish gives everything its answer.
func (m *exchangeModel) finish(t *rapid.T) {
	if !m.connected {
		m.connect()
	}
	for range 200 {
		if m.window.len() == 0 {
			break
		}
		m.send(t, 8)
		for len(m.toServer) > 0 {
			m.arrive(t)
		}
		m.commit(len(m.received))
		for len(m.toClient) > 0 {
			m.hear(t)
		}
	}
	m.check(t)
	if len(m.acked)+len(m.failed) != len(m.pushed) || m.window.settled() != int64(len(m.pushed)) {
		t.Fatalf("%d acked and %d failed of %d", len(m.acked), len(m.failed), len(m.pushed))
	}
}

// Nothing is lost, doubled or reordered, whatever the connection does.
func TestWindowAgainstAModelOfTheServer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := &exchangeModel{window: newWindow[thing](testCapacity, 10_000), shied: map[thing]bool{}}
		m.start = rapid.IntRange(0, 3).Draw(t, "start")
		m.committed = make([]thing, m.start)
		few := rapid.IntRange(1, 8)
		t.Repeat(map[string]func(*rapid.T){
			"push": func(t *rapid.T) {
				kind := rapid.SampledFrom([]fate{good, good, good, bad, shy}).Draw(t, "fate")
				if m.window.hasRoom(1, thingBytes) {
					one := thing{len(m.pushed), kind}
					m.pushed = append(m.pushed, one)
					m.window.push(one, 1, thingBytes)
				}
			},
			"connect": func(t *rapid.T) {
				if m.connected {
					t.Skip()
				}
				m.connect()
			},
			"cut": func(t *rapid.T) {
				if !m.connected {
					t.Skip()
				}
				// Some of what was sent still arrives; no answer does.
				for range min(rapid.IntRange(0, 10).Draw(t, "reaches"), len(m.toServer)) {
					m.arrive(t)
				}
				if rapid.Bool().Draw(t, "commits") {
					m.commit(len(m.received))
				}
				m.toServer, m.toClient, m.received = nil, nil, nil
				m.connected = false
				m.window.lost()
			},
			"send": func(t *rapid.T) {
				if !m.connected {
					t.Skip()
				}
				m.send(t, few.Draw(t, "most"))
			},
			"arrive": func(t *rapid.T) {
				for range min(few.Draw(t, "most"), len(m.toServer)) {
					m.arrive(t)
				}
			},
			"commit": func(t *rapid.T) {
				if len(m.received) == 0 {
					t.Skip()
				}
				m.commit(few.Draw(t, "most"))
			},
			"hear": func(t *rapid.T) {
				for range min(few.Draw(t, "most"), len(m.toClient)) {
					m.hear(t)
				}
			},
			"": m.check,
		})
		m.finish(t)
	})
}

func drawn(w *window[string]) (found []string) {
	for one := w.take(); one != nil; one = w.take() {
		found = append(found, one.item)
	}
	return found
}

func openedWindow(outstanding int, texts ...string) *window[string] {
	w := newWindow[string](100, 1000)
	for _, text := range texts {
		w.push(text, 1, 10)
	}
	w.opened(0, outstanding, 1000)
	return w
}

func TestWindowSendsNothingWhileStaleAnswersAreAwaited(t *testing.T) {
	w := openedWindow(3, "a", "b", "c", "d")
	if got := drawn(w); !slices.Equal(got, []string{"a", "b", "c"}) {
		t.Fatalf("sent %v", got)
	}
	w.refused(0, drop)
	if got := drawn(w); got != nil || !w.repairing() {
		t.Fatalf("sent %v while answers to 1 and 2 are awaited", got)
	}
	w.refused(1, resend)
	w.refused(2, resend)
	if got := drawn(w); !slices.Equal(got, []string{"b", "c", "d"}) || w.at(0).item != "b" {
		t.Fatalf("sent %v", got)
	}
}

func TestWindowGoesOnBehindATakenOffset(t *testing.T) {
	w := openedWindow(2, "a", "b", "c")
	drawn(w)
	w.refused(0, dropTaken)
	if w.repairing() {
		t.Fatal("the offset is taken, nothing behind it was freed")
	}
	if got := drawn(w); !slices.Equal(got, []string{"c"}) || w.at(2).item != "c" {
		t.Fatalf("sent %v", got)
	}
}

func TestWindowKeepsTheBytesOfAStream(t *testing.T) {
	w := newWindow[string](100, 1000)
	for _, text := range []string{"a", "b", "c"} {
		w.push(text, 1, 20)
	}
	w.opened(0, 100, 45)
	if got := drawn(w); !slices.Equal(got, []string{"a", "b"}) {
		t.Fatalf("sent %v", got)
	}
}

func TestWindowTakesOneThatIsLargerThanTheBufferWhenEmpty(t *testing.T) {
	w := newWindow[string](1, 5)
	if !w.hasRoom(3, 50) {
		t.Fatal("an empty buffer has room for anything")
	}
	w.push("large", 3, 50)
	if w.hasRoom(1, 1) {
		t.Fatal("the buffer is full")
	}
}

func TestWindowForgetsFreedOffsetsWithTheirConnection(t *testing.T) {
	w := openedWindow(3, "a", "b", "c")
	drawn(w)
	w.refused(0, resend)
	w.lost()
	if done := w.opened(2, 3, 1000); done != nil {
		t.Fatalf("%v can not have been committed", done)
	}
	if got := drawn(w); !slices.Equal(got, []string{"a", "b", "c"}) || w.at(2).item != "a" {
		t.Fatalf("sent %v", got)
	}
}
