package interplay

import (
	"context"

	interplayv1 "interplay.example/go/interplay/v1"
)

// Ack says that an append is durable and searchable.
type Ack struct {
	// Offset counts the appends before it in the life of the stream.
	Offset int64
	// RequestID is that of its interactions or events: stream_id/offset.
	RequestID string
	// IDs holds one id for each interaction or event, empty where skipped or rejected. None at all unless asked for by
	// ReturnIDs, or where the ack was lost with its connection and only the offset told that the append is committed.
	IDs []string
	// Rejected names the rows that were not taken; only with partial_success.
	Rejected []Rejected
	// Warnings say what was skipped and why.
	Warnings []string
	// Duplicate says that the append was known already.
	Duplicate bool
}

// Rejected is a row that was not taken.
type Rejected struct {
	// Index is its place in the append, from 0.
	Index int
	// Err says why; an [Error].
	Err error
}

// Receipt is what becomes of an append. It is safe for many goroutines.
type Receipt struct {
	done    chan struct{}
	ack     *Ack
	err     error
	briefed chan struct{}
	context *interplayv1.AgentContext
}

var closedChannel = func() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()

func newReceipt(briefed bool) *Receipt {
	r := &Receipt{done: make(chan struct{}), briefed: closedChannel}
	if briefed {
		r.briefed = make(chan struct{})
	}
	return r
}

// Done is closed when the append was acked, refused or given up.
func (r *Receipt) Done() <-chan struct{} { return r.done }

// Result returns the ack, or the error with which the append was refused or given up; both nil before Done is closed.
func (r *Receipt) Result() (*Ack, error) {
	select {
	case <-r.done:
		return r.ack, r.err
	default:
		return nil, nil
	}
}

// Wait waits for the result. It returns the context's error when that ends first.
func (r *Receipt) Wait(ctx context.Context) (*Ack, error) {
	select {
	case <-r.done:
		return r.ack, r.err
	case <-ctx.Done():
		return nil, cancelled(ctx)
	}
}

// Context waits for what matters to the user turn of this append. It is nil where no briefing was asked for, no turn is
// a user's, or the briefing was lost with its connection. Returns the context's error when that ends first.
func (r *Receipt) Context(ctx context.Context) (*interplayv1.AgentContext, error) {
	select {
	case <-r.briefed:
		return r.context, nil
	default:
	}
	select {
	case <-r.briefed:
		return r.context, nil
	case <-ctx.Done():
		return nil, cancelled(ctx)
	}
}

// The core alone calls what follows, under its lock.

func (r *Receipt) isDone() bool {
	select {
	case <-r.done:
		return true
	default:
		return false
	}
}

func (r *Receipt) resolve(ack *Ack) {
	if !r.isDone() {
		r.ack = ack
		close(r.done)
	}
}

func (r *Receipt) fail(err error) {
	if !r.isDone() {
		r.err = err
		close(r.done)
	}
	r.brief(nil)
}

func (r *Receipt) awaitsContext() bool {
	select {
	case <-r.briefed:
		return false
	default:
		return true
	}
}

func (r *Receipt) brief(context *interplayv1.AgentContext) {
	if r.awaitsContext() {
		r.context = context
		close(r.briefed)
	}
}
