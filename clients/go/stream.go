package interplay

import (
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
)

// Stats is where a publisher stands.
type Stats struct {
	// Pending counts interactions or events that are neither acked nor refused.
	Pending int
	// PendingBytes is their size.
	PendingBytes int
	// Connections counts the streams that were opened so far.
	Connections int
	// CommittedOffset counts the appends that were committed in the life of the stream, as far as was heard.
	CommittedOffset int64
	// Stopped says that it takes no more: it was closed, or something stopped it for good.
	Stopped bool
}

// Stream publishes rows over a named stream: [Publisher], [EventPublisher] or [MonitorPublisher]. It is safe for many
// goroutines.
//
// Appends are sent in order with explicit offsets and kept until they are acked. When the connection is lost, or the
// server restarts, it connects again and goes on where the server's log ends: nothing is lost, doubled or reordered.
// What is pending lives in memory: a process that dies loses what was not acked.
//
// Its goroutines end with [Stream.Close], [Stream.Abort] or [Client.Close].
type Stream[Row any, Append appendMessage] struct {
	dialect dialect[Row, Append]
	client  *Client
	core    *core
	turn    chan struct{}
	done    chan struct{}
	cancel  context.CancelCauseFunc
	own     *grpc.ClientConn
}

// dialect is what differs between the methods that take appends.
type dialect[Row any, Append appendMessage] struct {
	method string
	wrap   func([]Row) Append
	rows   func(Append) []Row
	briefs func(Append) bool
	noun   string
}

func newStream[Row any, Append appendMessage](
	client *Client, options PublisherOptions, dialect dialect[Row, Append],
) (*Stream[Row, Append], error) {
	options, err := options.withDefaults()
	if err != nil {
		return nil, err
	}
	if err := client.enter(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancelCause(client.ctx)
	s := &Stream[Row, Append]{
		dialect: dialect, client: client, core: newCore(options),
		turn: make(chan struct{}, 1), done: make(chan struct{}), cancel: cancel,
	}
	go s.run(ctx)
	return s, nil
}

// ID returns the stream_id.
func (s *Stream[Row, Append]) ID() string { return s.core.options.StreamID }

// Stats returns where the publisher stands.
func (s *Stream[Row, Append]) Stats() Stats {
	c := s.core
	c.mu.Lock()
	defer c.mu.Unlock()
	return Stats{
		Pending: c.window.rows, PendingBytes: c.window.bytes, Connections: c.connections,
		CommittedOffset: c.committed, Stopped: c.closing || c.err != nil,
	}
}

// Append queues 1 to 1,000 rows as one append and returns its receipt. While the buffer is full it waits, or with
// RejectWhenFull fails with [ErrBufferFull]. It fails with [ErrClosed], the error that stopped the publisher, the
// context's, RESOURCE_EXHAUSTED (MESSAGE_TOO_LARGE), or INVALID_ARGUMENT for text that is not UTF-8. The rows may be
// changed afterwards.
func (s *Stream[Row, Append]) Append(ctx context.Context, rows ...Row) (*Receipt, error) {
	return s.AppendMessage(ctx, s.dialect.wrap(rows))
}

// AppendMessage is Append for an append that says more than its rows. Its offset must be absent: the publisher numbers.
func (s *Stream[Row, Append]) AppendMessage(ctx context.Context, message Append) (*Receipt, error) {
	if offset := message.ProtoReflect().Descriptor().Fields().ByName("offset"); message.ProtoReflect().Has(offset) {
		return nil, invalid("the publisher gives the offset of an append itself")
	}
	body, err := proto.Marshal(message)
	if err != nil {
		return nil, ended(err, codes.InvalidArgument, fmt.Sprintf("the append cannot be encoded: %v", err))
	}
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return nil, cancelled(ctx)
	}
	rows, briefed := len(s.dialect.rows(message)), s.core.options.Context != nil && s.dialect.briefs(message)
	for {
		receipt, err := s.core.tryPush(body, rows, briefed)
		if receipt != nil || err != nil {
			return receipt, err
		}
		select {
		case <-s.core.room:
		case <-s.done:
		case <-ctx.Done():
			return nil, cancelled(ctx)
		}
	}
}

// tryPush returns neither receipt nor error where there is no room yet.
func (c *core) tryPush(body []byte, rows int, briefed bool) (*Receipt, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	size := len(body) + envelopeBytes
	if size > c.maxMessageBytes {
		return nil, &Error{
			Code: codes.ResourceExhausted, Reason: "MESSAGE_TOO_LARGE",
			Message:  fmt.Sprintf("an append of %d bytes is over the limit of %d", size, c.maxMessageBytes),
			Metadata: map[string]string{"bytes": fmt.Sprint(size), "limitBytes": fmt.Sprint(c.maxMessageBytes)},
		}
	}
	if err := c.usable(); err != nil {
		return nil, err
	}
	if c.window.hasRoom(rows, size) {
		return c.push(body, rows, briefed), nil
	}
	if c.options.RejectWhenFull {
		held := fmt.Sprintf("the buffer holds %d rows of %d bytes", c.window.rows, c.window.bytes)
		return nil, ended(ErrBufferFull, codes.ResourceExhausted, held)
	}
	return nil, nil
}

// Drain returns when everything appended so far is acked or refused; receipts say which. It fails with the error that
// stopped the publisher, or the context's.
func (s *Stream[Row, Append]) Drain(ctx context.Context) error { return await(ctx, s.core.drained()) }

// Flush returns when everything appended so far is in the tables (eventual reads see it), or was refused.
func (s *Stream[Row, Append]) Flush(ctx context.Context) error {
	// A flush sent before an append was acked would not cover that append if it had to be sent again.
	if err := s.Drain(ctx); err != nil {
		return err
	}
	return await(ctx, s.core.flushed())
}

func await(ctx context.Context, done <-chan error) error {
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return cancelled(ctx)
	}
}

// Close sends what is pending, then `finish`, and returns when the server has answered it and every goroutine has ended.
// When the context ends first it gives up what is left and says how much. It returns the error that stopped the
// publisher; closing again returns nil.
func (s *Stream[Row, Append]) Close(ctx context.Context) error {
	c := s.core
	c.mu.Lock()
	first := !c.closing
	c.closing = true
	c.mu.Unlock()
	signal(c.wake)
	signal(c.room)
	select {
	case <-s.done:
	case <-ctx.Done():
		given := asError(ctx, ctx.Err()).(*Error)
		given.Message = fmt.Sprintf("%d %s were not acked in time", s.Stats().Pending, s.dialect.noun)
		s.cancel(given)
		<-s.done
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !first || errors.Is(c.err, ErrClosed) {
		return nil
	}
	return c.err
}

// Abort stops at once, gives up what is pending with [ErrClosed], and returns when every goroutine has ended.
func (s *Stream[Row, Append]) Abort() {
	s.core.mu.Lock()
	s.core.closing = true
	s.core.mu.Unlock()
	s.cancel(ended(ErrClosed, codes.Canceled, "the publisher was aborted"))
	<-s.done
}

func (s *Stream[Row, Append]) run(ctx context.Context) {
	defer s.client.publishers.Done()
	defer close(s.done)
	defer s.cancel(nil)
	err := s.keepConnected(ctx)
	s.core.end(err)
	close(s.core.contexts)
	if s.own != nil {
		_ = s.own.Close()
	}
	if err != nil && !errors.Is(err, ErrClosed) && s.core.options.OnError != nil {
		s.core.options.OnError(err, nil)
	}
}

// keepConnected connects again and again. It returns nil after a clean end, else what stopped the publisher for good.
func (s *Stream[Row, Append]) keepConnected(ctx context.Context) error {
	var pauses pauses
	seen, faults := 0, 0
	for {
		conn := s.client.conn
		if s.own != nil {
			conn = s.own
		}
		err := runLink(ctx, s.core, conn, s.dialect.method)
		finished, progress := s.core.outcome()
		if finished {
			return nil
		}
		if ctx.Err() != nil {
			return gaveUp(ctx)
		}
		if progress != seen {
			seen, faults = progress, 0
			pauses.reset()
		}
		var status *Error
		if err != nil && !errors.Is(err, errBroken) {
			if !errors.As(err, &status) {
				status = ended(err, codes.Internal, err.Error())
			}
			// A fault of the server may pass with the next connection, but not for ever.
			if status.Code == codes.Internal {
				faults++
			}
			if faults > maxInternalFaults || status.Code != codes.Internal && !mayReconnect(status) {
				return status
			}
		}
		s.core.lost()
		s.core.log.Info("stream broke, opening it again", "error", err)
		if errors.Is(err, errSilent) {
			s.renew()
		}
		var atLeast time.Duration
		if status != nil {
			atLeast = status.RetryAfter
		}
		if sleep(ctx, pauses.next(atLeast)) != nil {
			return gaveUp(ctx)
		}
		conn.ResetConnectBackoff()
	}
}

func (c *core) outcome() (finished bool, progress int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.finished != nil, c.progress
}

func gaveUp(ctx context.Context) error {
	var given *Error
	if errors.As(context.Cause(ctx), &given) {
		return given
	}
	return errClientClosed()
}

func errClientClosed() error { return ended(ErrClosed, codes.Canceled, "the client was closed") }

// renew makes a connection of this publisher's own: one that TCP believes alive would be used again.
func (s *Stream[Row, Append]) renew() {
	fresh, err := s.client.newConn()
	if err != nil {
		return
	}
	if s.own != nil {
		_ = s.own.Close()
	}
	s.own = fresh
}
