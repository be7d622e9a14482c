package interplay

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"google.golang.org/grpc/codes"
)

const firstPause = 100 * time.Millisecond

// lastPause is a variable because tests have less time.
var lastPause = 10 * time.Second

// pauses are the times to wait before the next try: doubling, of which a random half to all. The zero value is ready.
type pauses struct{ tries int }

func (p *pauses) reset() { p.tries = 0 }

func (p *pauses) next(atLeast time.Duration) time.Duration {
	ceiling := lastPause
	if p.tries < 7 {
		ceiling = min(lastPause, firstPause<<p.tries)
	}
	p.tries++
	return max(ceiling/2+rand.N(ceiling/2+1), atLeast)
}

// sleep waits, and returns the context's error when that ends first.
func sleep(ctx context.Context, pause time.Duration) error {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// mayReconnect reports whether a stream that ended so is worth opening again: the connection broke, or the server cannot
// just now. Errors of the server carry a reason; what grpc itself says of a broken connection has none.
func mayReconnect(err error) bool {
	var e *Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Code {
	case codes.Unavailable, codes.ResourceExhausted:
		return true
	case codes.Unknown, codes.Internal, codes.Canceled, codes.DeadlineExceeded:
		return e.Reason == ""
	default:
		return false
	}
}

func retryAfter(err error) time.Duration {
	var e *Error
	if errors.As(err, &e) {
		return e.RetryAfter
	}
	return 0
}
