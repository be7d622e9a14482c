package interplay

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"google.golang.org/grpc/codes"

	interplayv1 "interplay.example/go/interplay/v1"
)

const (
	maxAppendFaults         = 5
	keptContexts            = 1024
	defaultOutstanding      = 256
	defaultOutstandingBytes = 32 << 20
)

// errBroken says that a connection is of no use any more; another one will do.
var errBroken = errors.New("connection broken")

// pending is an append on its way.
type pending struct {
	// body is the encoded append, without its offset.
	body    []byte
	receipt *Receipt
}

// core is what a publisher knows, across its connections: it turns answers into receipts and says what to send next.
type core struct {
	options PublisherOptions
	log     *slog.Logger
	// wake tells the writer that there may be something to send; room tells the one who waits for room.
	wake, room chan struct{}

	mu              sync.Mutex
	window          *window[*pending]
	closing         bool
	err             error
	finished        *interplayv1.StreamFinished
	progress        int
	connections     int
	committed       int64
	maxMessageBytes int
	leaving         bool
	finishSent      bool
	narrow          bool
	holdUntil       time.Time
	pauses          pauses
	flushWanted     []chan error
	flushSent       [][]chan error
	drains          []drain
	unbriefed       []*entry[*pending]
	contexts        chan *interplayv1.AgentContext
	reports         []report
}

type drain struct {
	sequence int64
	done     chan error
}

type report struct {
	err     error
	receipt *Receipt
}

func newCore(options PublisherOptions) *core {
	c := &core{
		options:         options,
		log:             options.Logger.With("stream_id", options.StreamID),
		wake:            make(chan struct{}, 1),
		room:            make(chan struct{}, 1),
		window:          newWindow[*pending](options.Buffer, options.BufferBytes),
		maxMessageBytes: MaxMessageBytes,
	}
	kept := 0
	if options.Context != nil {
		kept = keptContexts
	}
	c.contexts = make(chan *interplayv1.AgentContext, kept)
	return c
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// What callers ask for.

// usable returns why nothing more can be appended; nil if it can. The caller holds the lock.
func (c *core) usable() error {
	if c.err != nil {
		return c.err
	}
	if c.closing {
		return ended(ErrClosed, codes.Canceled, "the publisher was closed")
	}
	return nil
}

func (c *core) push(body []byte, rows int, briefed bool) *Receipt {
	receipt := newReceipt(briefed)
	c.window.push(&pending{body, receipt}, rows, len(body)+envelopeBytes)
	signal(c.wake)
	return receipt
}

// drained returns a channel on which comes nil when everything pushed so far is acked or refused.
func (c *core) drained() <-chan error {
	c.mu.Lock()
	defer c.mu.Unlock()
	done := make(chan error, 1)
	switch {
	case c.err != nil:
		done <- c.err
	case c.window.settled() >= c.window.pushed:
		done <- nil
	default:
		c.drains = append(c.drains, drain{c.window.pushed, done})
	}
	return done
}

// flushed returns a channel on which comes nil when everything acked so far is in the tables.
func (c *core) flushed() <-chan error {
	c.mu.Lock()
	defer c.mu.Unlock()
	done := make(chan error, 1)
	switch {
	case c.err != nil:
		done <- c.err
	case c.finished != nil:
		done <- ended(ErrClosed, codes.Canceled, "the publisher was closed")
	default:
		c.flushWanted = append(c.flushWanted, done)
		signal(c.wake)
	}
	return done
}

// What a connection asks for.

// nextFrame returns what to send now; nil if nothing.
func (c *core) nextFrame(now time.Time) *frame {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.finishSent {
		return nil
	}
	if !c.leaving {
		if !now.Before(c.holdUntil) {
			if one := c.window.take(); one != nil {
				return &frame{append: one.item.body, offset: one.offset}
			}
		}
		if len(c.flushWanted) > 0 {
			c.flushSent = append(c.flushSent, c.flushWanted)
			c.flushWanted = nil
			return flushFrame
		}
		if !c.closing || c.window.len() > 0 || len(c.flushSent) > 0 {
			return nil
		}
	}
	c.finishSent = true
	return finishFrame
}

// hold returns how long to wait before the next append, because the server could not take the last.
func (c *core) hold(now time.Time) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return max(c.holdUntil.Sub(now), 0)
}

// saidAll reports whether finish was sent on this connection.
func (c *core) saidAll() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.finishSent
}

func (c *core) opened(answer *interplayv1.StreamOpened) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.connections++
	limits := answer.GetLimits()
	c.maxMessageBytes = or(int(limits.GetMaxMessageBytes()), MaxMessageBytes)
	outstanding := or(int(limits.GetMaxOutstanding()), defaultOutstanding)
	if c.narrow {
		outstanding = 1
	}
	done := c.window.opened(
		answer.GetNextOffset(), outstanding, or(int(limits.GetMaxOutstandingBytes()), defaultOutstandingBytes),
	)
	c.committed = max(c.committed, answer.GetNextOffset())
	for _, one := range done {
		one.item.receipt.resolve(c.ack(one.offset, nil))
		one.item.receipt.brief(nil)
	}
	c.settle(len(done))
}

// hear takes in an answer. It reports whether that ends the stream, and fails with errBroken.
func (c *core) hear(answer *interplayv1.StreamPublishResponse) (last bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch message := answer.GetMessage().(type) {
	case *interplayv1.StreamPublishResponse_Ack:
		c.acked(message.Ack)
	case *interplayv1.StreamPublishResponse_AppendError:
		return false, c.refused(message.AppendError)
	case *interplayv1.StreamPublishResponse_Context:
		c.brief(message.Context)
	case *interplayv1.StreamPublishResponse_GoAway:
		c.leaving = true
		signal(c.wake)
	case *interplayv1.StreamPublishResponse_Finished:
		c.commit(message.Finished.GetCommittedOffset(), nil)
		if c.closing && c.window.len() == 0 && len(c.flushWanted) == 0 && len(c.flushSent) == 0 {
			c.finished = message.Finished
		}
		return true, nil
	}
	return false, nil
}

// lost says that the connection is gone.
func (c *core) lost() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.window.lost()
	c.flushWanted = c.flushes()
	c.flushSent = nil
	c.leaving, c.finishSent = false, false
	c.forgetBriefings()
}

// end says that nothing more will be sent: it fails what is pending, with err, after a clean end not at all.
func (c *core) end(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err == nil && c.finished == nil {
		c.err = err
	}
	c.forgetBriefings()
	for _, one := range c.window.clear() {
		one.item.receipt.fail(err)
	}
	for _, waiter := range c.flushes() {
		waiter <- err
	}
	for _, one := range c.drains {
		one.done <- err
	}
	c.flushWanted, c.flushSent, c.drains = nil, nil, nil
	signal(c.room)
}

// report tells the caller's function what it has not been told yet; without the lock, as that may ask the publisher.
func (c *core) report() {
	c.mu.Lock()
	reports := c.reports
	c.reports = nil
	c.mu.Unlock()
	for _, one := range reports {
		c.options.OnError(one.err, one.receipt)
	}
}

// cancelled turns a context's error into an *Error.
func cancelled(ctx context.Context) error { return asError(ctx, ctx.Err()) }

func or(value, otherwise int) int {
	if value > 0 {
		return value
	}
	return otherwise
}
