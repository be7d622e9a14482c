package interplay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
)

const (
	// openTimeout bounds the answer to `open`; the server may have to commit what an older connection had sent.
	openTimeout = 15 * time.Second
	// lastWord is how long a call may take to say its status when all has been said.
	lastWord         = time.Second
	defaultHeartbeat = 15 * time.Second
)

// errSilent says that nothing was heard for too long; TCP itself may not have noticed.
var errSilent = fmt.Errorf("%w: silence", errBroken)

// link is one connection of a publisher: a goroutine that reads, one that writes, and a watch over silence.
type link struct {
	core     *core
	exchange exchange
	interval time.Duration
	// Nanoseconds since start.
	heard, wrote, beat atomic.Int64
	start              time.Time
}

// runLink opens a call and runs it until the server has answered `finish`. Any other end is an error: *Error with the
// status of the call, or one of errBroken. It returns after all its goroutines.
func runLink(ctx context.Context, core *core, conn *grpc.ClientConn, method string) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	limit := max(openTimeout, 3*core.options.Heartbeat)
	watch := time.AfterFunc(limit, func() {
		cancel(fmt.Errorf("%w: open was not answered in %s", errSilent, limit))
	})
	defer watch.Stop()
	exchange, err := openCall(ctx, conn, method)
	if err != nil {
		return broken(ctx, err)
	}
	l := &link{core: core, exchange: exchange, start: time.Now()}
	if err := l.open(); err != nil {
		return broken(ctx, err)
	}
	if !watch.Stop() {
		return broken(ctx, errBroken)
	}
	return l.talk(ctx, cancel)
}

func (l *link) open() error {
	// A call that has ended cannot be written to; reading from it tells its status.
	if err := l.exchange.Send(openFrame(l.core.options.open())); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	answer, err := l.exchange.Recv()
	if err != nil {
		return err
	}
	opened := answer.GetOpened()
	if opened == nil {
		return fmt.Errorf("%w: open was not answered by opened", errBroken)
	}
	l.interval = l.core.options.Heartbeat
	if l.interval == 0 {
		l.interval = opened.GetHeartbeatInterval().AsDuration()
	}
	if l.interval <= 0 {
		l.interval = defaultHeartbeat
	}
	l.mark(&l.heard)
	l.mark(&l.wrote)
	l.mark(&l.beat)
	l.core.opened(opened)
	return nil
}

func (l *link) mark(when *atomic.Int64) { when.Store(int64(time.Since(l.start))) }

func (l *link) talk(ctx context.Context, cancel context.CancelCauseFunc) error {
	quiet := make(chan struct{})
	go func() {
		defer close(quiet)
		l.watchSilence(ctx, cancel)
	}()
	silent := make(chan struct{})
	go func() {
		defer close(silent)
		if err := l.write(ctx); err != nil {
			// The status of the call, which the reader learns, says more than that it could not be written to.
			time.AfterFunc(lastWord, func() { cancel(fmt.Errorf("%w: %w", errBroken, err)) })
		}
	}()
	err := l.read(ctx)
	if err == nil {
		// Let the server close the call: time for its status, which says nothing more.
		patience := time.AfterFunc(lastWord, func() { cancel(nil) })
		_, _ = l.exchange.Recv()
		patience.Stop()
	} else {
		err = broken(ctx, err)
	}
	cancel(nil)
	<-silent
	<-quiet
	return err
}

// read returns nil at `finished`.
func (l *link) read(ctx context.Context) error {
	for {
		answer, err := l.exchange.Recv()
		if errors.Is(err, io.EOF) {
			// A clean end looks the same when the server was stopped; only `finished` counts.
			return fmt.Errorf("%w: the stream ended without finished", errBroken)
		}
		if err != nil {
			return err
		}
		l.mark(&l.heard)
		last, err := l.core.hear(answer)
		l.core.report()
		if last || err != nil {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// write returns nil when `finish` was sent, or the context has ended.
func (l *link) write(ctx context.Context) error {
	timer := time.NewTimer(l.interval)
	defer timer.Stop()
	for !l.core.saidAll() {
		next := l.core.nextFrame(time.Now())
		if next == nil && l.due() <= 0 {
			l.mark(&l.beat)
			next = heartbeatFrame
		}
		if next != nil {
			if err := l.exchange.Send(next); err != nil {
				return err
			}
			l.mark(&l.wrote)
			continue
		}
		pause := l.due()
		if hold := l.core.hold(time.Now()); hold > 0 {
			pause = min(pause, hold)
		}
		timer.Reset(pause)
		select {
		case <-ctx.Done():
			return nil
		case <-l.core.wake:
		case <-timer.C:
		}
	}
	return nil
}

// due returns the time until a heart-beat: when nothing was written, or nothing heard, for an interval.
func (l *link) due() time.Duration {
	last := max(min(l.wrote.Load(), l.heard.Load()), l.beat.Load())
	return max(time.Duration(last)+l.interval-time.Since(l.start), 0)
}

// watchSilence cancels the call when nothing was heard for three intervals.
func (l *link) watchSilence(ctx context.Context, cancel context.CancelCauseFunc) {
	for {
		left := time.Duration(l.heard.Load()) + 3*l.interval - time.Since(l.start)
		if left <= 0 {
			cancel(fmt.Errorf("%w: nothing was heard for %s", errSilent, 3*l.interval))
			return
		}
		if sleep(ctx, left) != nil {
			return
		}
	}
}

// broken returns why the link itself cancelled the call, where it did; else what grpc says.
func broken(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil && errors.Is(cause, errBroken) {
		return cause
	}
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: the call ended", errBroken)
	}
	return err
}
