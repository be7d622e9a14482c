package interplay

import (
	"context"
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/durationpb"

	interplayv1 "interplay.example/go/interplay/v1"
)

// patience is more than any test needs on a loaded machine.
const patience = 60 * time.Second

// ledger is a server of StreamPublish that keeps what it commits, over a real connection; `harm` may change its mind
// before it takes an append.
type ledger struct {
	interplayv1.UnimplementedInteractionServiceServer
	interplayv1.UnimplementedDialogueServiceServer

	mu        sync.Mutex
	committed []string
	opens     int
	requests  []*interplayv1.StreamPublishRequest
	// harm is asked for each append in the order of arrival; it may answer itself, or end the call with an error.
	harm func(l *ledger, stream ledgerStream, append *interplayv1.StreamAppend) (answered bool, err error)
	// greet answers `open` instead of the ledger.
	greet func(l *ledger, stream ledgerStream, open *interplayv1.StreamOpen) (answered bool, err error)

	watch    func(*interplayv1.WatchInteractionsRequest, interplayv1.InteractionService_WatchInteractionsServer) error
	converse func(interplayv1.DialogueService_ConverseServer) error
	publish  func(*interplayv1.PublishInteractionsRequest) (*interplayv1.PublishInteractionsResponse, error)
}

type ledgerStream = interplayv1.InteractionService_StreamPublishServer

func (l *ledger) PublishInteractions(
	_ context.Context, request *interplayv1.PublishInteractionsRequest,
) (*interplayv1.PublishInteractionsResponse, error) {
	return l.publish(request)
}

func (l *ledger) WatchInteractions(
	request *interplayv1.WatchInteractionsRequest, stream interplayv1.InteractionService_WatchInteractionsServer,
) error {
	return l.watch(request, stream)
}

func (l *ledger) Converse(stream interplayv1.DialogueService_ConverseServer) error {
	return l.converse(stream)
}

func (l *ledger) StreamPublish(stream ledgerStream) error {
	for {
		request, err := stream.Recv()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		done, err := l.take(stream, request)
		if done || err != nil {
			return err
		}
	}
}

func (l *ledger) take(stream ledgerStream, request *interplayv1.StreamPublishRequest) (done bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.requests = append(l.requests, request)
	switch message := request.Message.(type) {
	case *interplayv1.StreamPublishRequest_Open:
		l.opens++
		if l.greet != nil {
			if answered, err := l.greet(l, stream, message.Open); answered || err != nil {
				return false, err
			}
		}
		return false, stream.Send(l.opened())
	case *interplayv1.StreamPublishRequest_Append:
		if l.harm != nil {
			if answered, err := l.harm(l, stream, message.Append); answered || err != nil {
				return false, err
			}
		}
		if offset := message.Append.GetOffset(); offset != int64(len(l.committed)) {
			return false, stream.Send(refusal(offset, codes.OutOfRange, "OFFSET_OUT_OF_RANGE"))
		}
		l.commit(message.Append)
		return false, stream.Send(l.ack())
	case *interplayv1.StreamPublishRequest_Flush:
		ack := l.ack()
		ack.GetAck().Flushed = true
		return false, stream.Send(ack)
	case *interplayv1.StreamPublishRequest_Heartbeat:
		return false, stream.Send(&interplayv1.StreamPublishResponse{
			Message: &interplayv1.StreamPublishResponse_Heartbeat{Heartbeat: &interplayv1.StreamHeartbeat{}},
		})
	case *interplayv1.StreamPublishRequest_Finish:
		return true, stream.Send(&interplayv1.StreamPublishResponse{
			Message: &interplayv1.StreamPublishResponse_Finished{
				Finished: &interplayv1.StreamFinished{CommittedOffset: int64(len(l.committed))},
			},
		})
	}
	return false, status.Error(codes.InvalidArgument, "no message")
}

func (l *ledger) commit(append_ *interplayv1.StreamAppend) {
	for _, row := range append_.Interactions {
		l.committed = append(l.committed, row.Content)
	}
}

func (l *ledger) opened() *interplayv1.StreamPublishResponse {
	return &interplayv1.StreamPublishResponse{Message: &interplayv1.StreamPublishResponse_Opened{
		Opened: &interplayv1.StreamOpened{
			NextOffset: int64(len(l.committed)), Limits: &interplayv1.StreamLimits{MaxOutstanding: 8},
			HeartbeatInterval: durationpb.New(15 * time.Second),
		},
	}}
}

func (l *ledger) ack() *interplayv1.StreamPublishResponse {
	return &interplayv1.StreamPublishResponse{Message: &interplayv1.StreamPublishResponse_Ack{
		Ack: &interplayv1.StreamAck{CommittedOffset: int64(len(l.committed))},
	}}
}

func refusal(offset int64, code codes.Code, reason string, more ...protoadapt.MessageV1) *interplayv1.StreamPublishResponse {
	return &interplayv1.StreamPublishResponse{Message: &interplayv1.StreamPublishResponse_AppendError{
		AppendError: &interplayv1.StreamAppendError{
			Offset: proto.Int64(offset), Status: reasoned(code, reason, more...).Proto(),
		},
	}}
}

func reasoned(code codes.Code, reason string, more ...protoadapt.MessageV1) *status.Status {
	details := append([]protoadapt.MessageV1{
		protoadapt.MessageV1Of(&errdetails.ErrorInfo{Reason: reason, Domain: "interplay"}),
	}, more...)
	s, err := status.New(code, "as told").WithDetails(details...)
	if err != nil {
		panic(err)
	}
	return s
}

// texts returns what is committed.
func (l *ledger) texts() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]string(nil), l.committed...)
}

// dialed serves the ledger and returns a client of it; both end with the test, which fails if a goroutine of this
// package is left.
func (l *ledger) dialed(t *testing.T, config Config) *Client {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	interplayv1.RegisterInteractionServiceServer(server, l)
	interplayv1.RegisterDialogueServiceServer(server, l)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	config.Target = listener.Addr().String()
	client, err := Connect(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := client.Close(); err != nil {
			t.Error(err)
		}
		if left := ownGoroutines(); left != "" {
			t.Errorf("goroutines are left:\n%s", left)
		}
	})
	return client
}

// ownGoroutines returns the stacks of the goroutines that publishers started.
func ownGoroutines() string {
	stacks := make([]byte, 1<<20)
	var left []string
	for _, stack := range strings.Split(string(stacks[:runtime.Stack(stacks, true)]), "\n\n") {
		if strings.Contains(stack, "(*link)") || strings.Contains(stack, "interplay.(*Stream[") {
			left = append(left, stack)
		}
	}
	return strings.Join(left, "\n\n")
}

func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

func started(t *testing.T, client *Client, options PublisherOptions) *Publisher {
	t.Helper()
	if options.StreamID == "" {
		options.StreamID = "till-4"
	}
	publisher, err := client.Publisher(options)
	if err != nil {
		t.Fatal(err)
	}
	return publisher
}

func say(t *testing.T, publisher *Publisher, text string) *Receipt {
	t.Helper()
	receipt, err := publisher.Append(within(t), &interplayv1.InteractionData{Content: text})
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return receipt
}

func number(n int) string { return fmt.Sprintf("turn %d", n) }

func numbers(n int) (texts []string) {
	for i := range n {
		texts = append(texts, number(i))
	}
	return texts
}
