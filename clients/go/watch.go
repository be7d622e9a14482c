package interplay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	interplayv1 "interplay.example/go/interplay/v1"
)

const watchHeartbeat = 15 * time.Second

// WatchOption changes how a watch is given to its reader.
type WatchOption func(*watchSettings)

type watchSettings struct{ heartbeats bool }

// Heartbeats yields heart-beats too: the first says that the watch has begun, and each has a resume token.
func Heartbeats() WatchOption { return func(s *watchSettings) { s.heartbeats = true } }

// WatchInteractions follows what is published, annotated and deleted, without end, across lost connections. The
// resume_token of an answer is from where a later watch goes on. It ends with an error that calling again cannot mend,
// or the context's.
func (c *Client) WatchInteractions(
	ctx context.Context, request *interplayv1.WatchInteractionsRequest, options ...WatchOption,
) iter.Seq2[*interplayv1.WatchInteractionsResponse, error] {
	return watch(ctx, c, request, options,
		func(ctx context.Context, conn *grpc.ClientConn, request *interplayv1.WatchInteractionsRequest) (
			receiver[*interplayv1.WatchInteractionsResponse], error,
		) {
			return interplayv1.NewInteractionServiceClient(conn).WatchInteractions(ctx, request)
		},
		func(answer *interplayv1.WatchInteractionsResponse) bool { return answer.GetHeartbeat() != nil },
	)
}

// WatchProfiles follows changes of profiles as [Client.WatchInteractions] does.
func (c *Client) WatchProfiles(
	ctx context.Context, request *interplayv1.WatchProfilesRequest, options ...WatchOption,
) iter.Seq2[*interplayv1.WatchProfilesResponse, error] {
	return watch(ctx, c, request, options,
		func(ctx context.Context, conn *grpc.ClientConn, request *interplayv1.WatchProfilesRequest) (
			receiver[*interplayv1.WatchProfilesResponse], error,
		) {
			return interplayv1.NewProfileServiceClient(conn).WatchProfiles(ctx, request)
		},
		func(answer *interplayv1.WatchProfilesResponse) bool { return answer.GetChange() == nil },
	)
}

// WatchPlaybooks follows changes of playbooks as [Client.WatchInteractions] does.
func (c *Client) WatchPlaybooks(
	ctx context.Context, request *interplayv1.WatchPlaybooksRequest, options ...WatchOption,
) iter.Seq2[*interplayv1.WatchPlaybooksResponse, error] {
	return watch(ctx, c, request, options,
		func(ctx context.Context, conn *grpc.ClientConn, request *interplayv1.WatchPlaybooksRequest) (
			receiver[*interplayv1.WatchPlaybooksResponse], error,
		) {
			return interplayv1.NewPlaybookServiceClient(conn).WatchPlaybooks(ctx, request)
		},
		func(answer *interplayv1.WatchPlaybooksResponse) bool { return answer.GetChange() == nil },
	)
}

// WatchInteractionFeatures follows features of pairs as [Client.WatchInteractions] does.
func (c *Client) WatchInteractionFeatures(
	ctx context.Context, request *interplayv1.WatchInteractionFeaturesRequest, options ...WatchOption,
) iter.Seq2[*interplayv1.WatchInteractionFeaturesResponse, error] {
	return watch(ctx, c, request, options,
		func(ctx context.Context, conn *grpc.ClientConn, request *interplayv1.WatchInteractionFeaturesRequest) (
			receiver[*interplayv1.WatchInteractionFeaturesResponse], error,
		) {
			return interplayv1.NewFeatureServiceClient(conn).WatchInteractionFeatures(ctx, request)
		},
		func(answer *interplayv1.WatchInteractionFeaturesResponse) bool {
			return len(answer.GetRows()) == 0 && len(answer.GetRemoved()) == 0
		},
	)
}

// WatchPatterns follows patterns of use as [Client.WatchInteractions] does.
func (c *Client) WatchPatterns(
	ctx context.Context, request *interplayv1.WatchPatternsRequest, options ...WatchOption,
) iter.Seq2[*interplayv1.WatchPatternsResponse, error] {
	return watch(ctx, c, request, options,
		func(ctx context.Context, conn *grpc.ClientConn, request *interplayv1.WatchPatternsRequest) (
			receiver[*interplayv1.WatchPatternsResponse], error,
		) {
			return interplayv1.NewMonitorServiceClient(conn).WatchPatterns(ctx, request)
		},
		func(answer *interplayv1.WatchPatternsResponse) bool {
			return answer.GetPattern() == nil && answer.GetGonePatternId() == ""
		},
	)
}

// WatchAlerts follows alerts as [Client.WatchInteractions] does.
func (c *Client) WatchAlerts(
	ctx context.Context, request *interplayv1.WatchAlertsRequest, options ...WatchOption,
) iter.Seq2[*interplayv1.WatchAlertsResponse, error] {
	return watch(ctx, c, request, options,
		func(ctx context.Context, conn *grpc.ClientConn, request *interplayv1.WatchAlertsRequest) (
			receiver[*interplayv1.WatchAlertsResponse], error,
		) {
			return interplayv1.NewMonitorServiceClient(conn).WatchAlerts(ctx, request)
		},
		func(answer *interplayv1.WatchAlertsResponse) bool { return answer.GetAlert() == nil },
	)
}

type receiver[R any] interface{ Recv() (R, error) }

// watch yields the answers of a watch, and calls it again from the token of the last one whenever it breaks. After three
// heart-beats in silence the connection counts as dead.
func watch[Q interface {
	proto.Message
	GetHeartbeatSeconds() int32
}, R interface{ GetResumeToken() string }](
	ctx context.Context, c *Client, given Q, options []WatchOption,
	open func(context.Context, *grpc.ClientConn, Q) (receiver[R], error), isHeartbeat func(R) bool,
) iter.Seq2[R, error] {
	return func(yield func(R, error) bool) {
		var settings watchSettings
		for _, option := range options {
			option(&settings)
		}
		request := proto.Clone(given).(Q)
		silence := 3 * watchHeartbeat
		if seconds := request.GetHeartbeatSeconds(); seconds > 0 {
			silence = 3 * time.Duration(seconds) * time.Second
		}
		var pauses pauses
		var own *grpc.ClientConn
		defer func() {
			if own != nil {
				_ = own.Close()
			}
		}()
		left := false
		take := func(answer R) bool {
			pauses.reset()
			goOnFrom(request, answer.GetResumeToken())
			left = (settings.heartbeats || !isHeartbeat(answer)) && !yield(answer, nil)
			return !left
		}
		var none R
		for {
			conn := c.conn
			if own != nil {
				conn = own
			}
			err := watchOnce(ctx, c, silence, func(ctx context.Context) (receiver[R], error) {
				return open(ctx, conn, request)
			}, take)
			switch {
			case left:
				return
			case ctx.Err() != nil:
				yield(none, cancelled(ctx))
				return
			case c.ctx.Err() != nil:
				yield(none, errClientClosed())
				return
			case errors.Is(err, errSilent):
				if fresh, failed := c.newConn(); failed == nil {
					if own != nil {
						_ = own.Close()
					}
					own = fresh
				}
			case err != nil && !mayReconnect(err):
				yield(none, err)
				return
			}
			// The next turn of the loop finds out why sleep ended early.
			_ = sleep(ctx, pauses.next(retryAfter(err)))
		}
	}
}

// watchOnce runs one call until it ends, `take` wants no more, or nothing was heard for `silence`.
func watchOnce[R any](
	ctx context.Context, c *Client, silence time.Duration, open func(context.Context) (receiver[R], error),
	take func(R) bool,
) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(c.ctx, func() { cancel(nil) })()
	timer := time.AfterFunc(silence, func() {
		cancel(fmt.Errorf("%w: nothing was heard for %s", errSilent, silence))
	})
	defer timer.Stop()
	stream, err := open(ctx)
	if err != nil {
		return broken(ctx, err)
	}
	for {
		answer, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return broken(ctx, err)
		}
		// However long the reader takes, that is not the server's silence.
		timer.Stop()
		if !take(answer) {
			return nil
		}
		timer.Reset(silence)
	}
}

func goOnFrom(request proto.Message, token string) {
	message := request.ProtoReflect()
	fields := message.Descriptor().Fields()
	message.Set(fields.ByName("resume_token"), protoreflect.ValueOfString(token))
	if first := fields.ByName("from_beginning"); first != nil {
		message.Clear(first)
	}
}
