package interplay

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/durationpb"

	interplayv1 "interplay.example/go/interplay/v1"
)

func wantTexts(t *testing.T, l *ledger, want []string) {
	t.Helper()
	if got := l.texts(); !slices.Equal(got, want) {
		t.Fatalf("the server holds %q, not %q", got, want)
	}
}

func wantCode(t *testing.T, err error, code codes.Code, reason string) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) || e.Code != code || e.Reason != reason {
		t.Fatalf("got %v, not %s (%s)", err, CodeName(code), reason)
	}
}

func TestPublisherLosesAndDoublesNothingOverBrokenCalls(t *testing.T) {
	ends := []error{
		status.Error(codes.Unavailable, "cut"), status.Error(codes.Unknown, "a proxy"), nil,
		status.Error(codes.Canceled, "reset"), status.Error(codes.ResourceExhausted, "busy"),
	}
	seen := 0
	l := &ledger{harm: func(l *ledger, _ ledgerStream, append *interplayv1.StreamAppend) (bool, error) {
		seen++
		if seen%23 != 0 {
			return false, nil
		}
		// Half of the time what broke was committed, and nobody was told.
		if seen%2 == 0 && append.GetOffset() == int64(len(l.committed)) {
			l.commit(append)
		}
		if end := ends[seen/23%len(ends)]; end != nil {
			return true, end
		}
		return true, status.Error(codes.Internal, "passes")
	}}
	publisher := started(t, l.dialed(t, Config{}), PublisherOptions{Buffer: 20})
	var receipts []*Receipt
	for n := range 150 {
		receipts = append(receipts, say(t, publisher, number(n)))
	}
	if err := publisher.Flush(within(t)); err != nil {
		t.Fatal(err)
	}
	if err := publisher.Close(within(t)); err != nil {
		t.Fatal(err)
	}
	wantTexts(t, l, numbers(150))
	for n, receipt := range receipts {
		if ack, err := receipt.Wait(within(t)); err != nil || ack.Offset != int64(n) {
			t.Fatalf("receipt %d: %v, %v", n, ack, err)
		}
	}
	stats := publisher.Stats()
	if stats.Connections < 3 || stats.CommittedOffset != 150 || stats.Pending != 0 || !stats.Stopped {
		t.Fatalf("stats are %+v", stats)
	}
	if _, err := publisher.Append(within(t)); !errors.Is(err, ErrClosed) {
		t.Fatalf("a closed publisher says %v", err)
	}
	if err := publisher.Close(within(t)); err != nil {
		t.Fatalf("closing again: %v", err)
	}
}

func TestPublisherRefusedAppendFailsAlone(t *testing.T) {
	violation := protoadapt.MessageV1Of(&errdetails.BadRequest{
		FieldViolations: []*errdetails.BadRequest_FieldViolation{{Field: "interactions[0].role", Description: "is bad"}},
	})
	l := &ledger{harm: func(_ *ledger, stream ledgerStream, append *interplayv1.StreamAppend) (bool, error) {
		if strings.HasPrefix(append.Interactions[0].Content, "bad") {
			return true, stream.Send(refusal(append.GetOffset(), codes.InvalidArgument, "VALIDATION_FAILED", violation))
		}
		return false, nil
	}}
	var told []error
	publisher := started(t, l.dialed(t, Config{}), PublisherOptions{
		OnError: func(err error, receipt *Receipt) {
			if receipt != nil {
				told = append(told, err)
			}
		},
	})
	first, refused, last := say(t, publisher, "a"), say(t, publisher, "bad"), say(t, publisher, "b")
	if _, err := first.Wait(within(t)); err != nil {
		t.Fatal(err)
	}
	_, err := refused.Wait(within(t))
	wantCode(t, err, codes.InvalidArgument, "VALIDATION_FAILED")
	var e *Error
	if errors.As(err, &e); len(e.Violations) != 1 || e.Violations[0].Field != "interactions[0].role" {
		t.Fatalf("violations are %v", e.Violations)
	}
	if ack, err := last.Wait(within(t)); err != nil || ack.Offset != 1 {
		t.Fatalf("the append behind: %v, %v", ack, err)
	}
	if err := publisher.Close(within(t)); err != nil {
		t.Fatal(err)
	}
	if len(told) != 1 {
		t.Fatalf("OnError was told of %v", told)
	}
	wantTexts(t, l, []string{"a", "b"})
}

func TestPublisherSendsAgainWhatTheServerCouldNotTake(t *testing.T) {
	soon := protoadapt.MessageV1Of(&errdetails.RetryInfo{RetryDelay: durationpb.New(time.Millisecond)})
	times := 0
	l := &ledger{harm: func(_ *ledger, stream ledgerStream, append *interplayv1.StreamAppend) (bool, error) {
		if times++; times <= 2 {
			return true, stream.Send(refusal(append.GetOffset(), codes.ResourceExhausted, "STORAGE_FULL", soon))
		}
		return false, nil
	}}
	publisher := started(t, l.dialed(t, Config{}), PublisherOptions{})
	for n := range 5 {
		say(t, publisher, number(n))
	}
	if err := publisher.Close(within(t)); err != nil {
		t.Fatal(err)
	}
	wantTexts(t, l, numbers(5))
}

func TestPublisherFindsOutWhichAppendWasMeant(t *testing.T) {
	l := &ledger{}
	l.harm = func(l *ledger, stream ledgerStream, append *interplayv1.StreamAppend) (bool, error) {
		if append.Interactions[0].Content != number(2) {
			return false, nil
		}
		answer := refusal(0, codes.InvalidArgument, "VALIDATION_FAILED")
		answer.GetAppendError().Offset = nil
		return true, stream.Send(answer)
	}
	publisher := started(t, l.dialed(t, Config{}), PublisherOptions{})
	var receipts []*Receipt
	for n := range 6 {
		receipts = append(receipts, say(t, publisher, number(n)))
	}
	if err := publisher.Close(within(t)); err != nil {
		t.Fatal(err)
	}
	wantTexts(t, l, slices.Delete(numbers(6), 2, 3))
	for n, receipt := range receipts {
		if _, err := receipt.Result(); (err != nil) != (n == 2) {
			t.Fatalf("receipt %d: %v", n, err)
		}
	}
}

func TestPublisherStopsWhenItIsSuperseded(t *testing.T) {
	l := &ledger{harm: func(*ledger, ledgerStream, *interplayv1.StreamAppend) (bool, error) {
		return true, reasoned(codes.Aborted, "STREAM_SUPERSEDED").Err()
	}}
	stopped := make(chan error, 1)
	publisher := started(t, l.dialed(t, Config{}), PublisherOptions{
		OnError: func(err error, receipt *Receipt) {
			if receipt == nil {
				stopped <- err
			}
		},
	})
	receipt := say(t, publisher, "a")
	_, err := receipt.Wait(within(t))
	wantCode(t, err, codes.Aborted, "STREAM_SUPERSEDED")
	wantCode(t, <-stopped, codes.Aborted, "STREAM_SUPERSEDED")
	_, err = publisher.Append(within(t))
	wantCode(t, err, codes.Aborted, "STREAM_SUPERSEDED")
	wantCode(t, publisher.Flush(within(t)), codes.Aborted, "STREAM_SUPERSEDED")
	wantCode(t, publisher.Close(within(t)), codes.Aborted, "STREAM_SUPERSEDED")
}

func TestPublisherGivesUpAfterTenFaultsWithoutProgress(t *testing.T) {
	l := &ledger{greet: func(*ledger, ledgerStream, *interplayv1.StreamOpen) (bool, error) {
		soon := protoadapt.MessageV1Of(&errdetails.RetryInfo{RetryDelay: durationpb.New(time.Millisecond)})
		return true, reasoned(codes.Internal, "INTERNAL", soon).Err()
	}}
	publisher := started(t, l.dialed(t, Config{}), PublisherOptions{})
	say(t, publisher, "a")
	wantCode(t, publisher.Close(within(t)), codes.Internal, "INTERNAL")
	if l.opens != maxInternalFaults+1 {
		t.Fatalf("it opened %d times", l.opens)
	}
}

// deaf takes appends and answers nothing.
func deaf(*ledger, ledgerStream, *interplayv1.StreamAppend) (bool, error) { return true, nil }

func TestPublisherWithAFullBufferWaitsOrRejects(t *testing.T) {
	client := (&ledger{harm: deaf}).dialed(t, Config{})
	waiting := started(t, client, PublisherOptions{Buffer: 2})
	say(t, waiting, "a")
	say(t, waiting, "b")
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if _, err := waiting.Append(ctx, &interplayv1.InteractionData{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("got %v", err)
	}
	blocked := make(chan error, 1)
	go func() {
		_, err := waiting.Append(context.Background(), &interplayv1.InteractionData{})
		blocked <- err
	}()
	waiting.Abort()
	if err := <-blocked; !errors.Is(err, ErrClosed) {
		t.Fatalf("got %v", err)
	}

	rejecting := started(t, client, PublisherOptions{StreamID: "till-5", Buffer: 1, RejectWhenFull: true})
	say(t, rejecting, "a")
	_, err := rejecting.Append(within(t), &interplayv1.InteractionData{})
	if !errors.Is(err, ErrBufferFull) {
		t.Fatalf("got %v", err)
	}
	wantCode(t, err, codes.ResourceExhausted, "")
}

func TestPublisherCloseGivesUpInTimeAndSaysHowMuch(t *testing.T) {
	publisher := started(t, (&ledger{harm: deaf}).dialed(t, Config{}), PublisherOptions{})
	receipts := []*Receipt{say(t, publisher, "a"), say(t, publisher, "b")}
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	err := publisher.Close(ctx)
	wantCode(t, err, codes.DeadlineExceeded, "")
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "2 interactions") {
		t.Fatalf("got %v", err)
	}
	for _, receipt := range receipts {
		if _, err := receipt.Result(); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("a receipt says %v", err)
		}
	}
}

func TestPublisherEndsWithItsClient(t *testing.T) {
	client := (&ledger{harm: deaf}).dialed(t, Config{})
	publisher := started(t, client, PublisherOptions{})
	receipt := say(t, publisher, "a")
	if err := client.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := receipt.Result(); !errors.Is(err, ErrClosed) {
		t.Fatalf("got %v", err)
	}
	if _, err := client.Publisher(PublisherOptions{StreamID: "x"}); !errors.Is(err, ErrClosed) {
		t.Fatalf("got %v", err)
	}
}

func TestPublisherLeavesASilentConnection(t *testing.T) {
	l := &ledger{}
	release := make(chan struct{})
	defer close(release)
	l.harm = func(l *ledger, stream ledgerStream, _ *interplayv1.StreamAppend) (bool, error) {
		if l.opens > 1 {
			return false, nil
		}
		// As a connection of which only one end is left: it hears nothing and says nothing.
		l.mu.Unlock()
		defer l.mu.Lock()
		select {
		case <-release:
		case <-stream.Context().Done():
		}
		return true, status.Error(codes.Unavailable, "over")
	}
	publisher := started(t, l.dialed(t, Config{}), PublisherOptions{Heartbeat: 100 * time.Millisecond})
	for n := range 3 {
		say(t, publisher, number(n))
	}
	if err := publisher.Drain(within(t)); err != nil {
		t.Fatal(err)
	}
	if err := publisher.Close(within(t)); err != nil {
		t.Fatal(err)
	}
	wantTexts(t, l, numbers(3))
}

func TestPublisherLeavesAServerThatIsAboutToStop(t *testing.T) {
	l := &ledger{}
	l.greet = func(l *ledger, stream ledgerStream, _ *interplayv1.StreamOpen) (bool, error) {
		if l.opens > 1 {
			return false, nil
		}
		if err := stream.Send(l.opened()); err != nil {
			return true, err
		}
		return true, stream.Send(&interplayv1.StreamPublishResponse{
			Message: &interplayv1.StreamPublishResponse_GoAway{GoAway: &interplayv1.StreamGoAway{}},
		})
	}
	publisher := started(t, l.dialed(t, Config{}), PublisherOptions{})
	for n := range 20 {
		say(t, publisher, number(n))
	}
	if err := publisher.Flush(within(t)); err != nil {
		t.Fatal(err)
	}
	if err := publisher.Close(within(t)); err != nil {
		t.Fatal(err)
	}
	wantTexts(t, l, numbers(20))
	if connections := publisher.Stats().Connections; connections != 2 {
		t.Fatalf("it connected %d times", connections)
	}
}

func TestPublisherIsBriefed(t *testing.T) {
	l := &ledger{}
	l.harm = func(l *ledger, stream ledgerStream, append *interplayv1.StreamAppend) (bool, error) {
		l.commit(append)
		if err := stream.Send(l.ack()); err != nil || append.Interactions[0].Role != "" {
			return true, err
		}
		return true, stream.Send(&interplayv1.StreamPublishResponse{Message: &interplayv1.StreamPublishResponse_Context{
			Context: &interplayv1.AgentContext{Offset: append.GetOffset(), Rendered: append.Interactions[0].Content},
		}})
	}
	publisher := started(t, l.dialed(t, Config{}), PublisherOptions{Context: &interplayv1.ContextRequest{TopK: 3}})
	asked := say(t, publisher, "question")
	answered, err := publisher.Append(within(t), &interplayv1.InteractionData{Role: "Agent", Content: "answer"})
	if err != nil {
		t.Fatal(err)
	}
	if briefing, err := asked.Context(within(t)); err != nil || briefing.GetRendered() != "question" {
		t.Fatalf("got %v, %v", briefing, err)
	}
	if briefing, err := answered.Context(within(t)); err != nil || briefing != nil {
		t.Fatalf("an agent's turn got %v, %v", briefing, err)
	}
	if briefing := <-publisher.Contexts(); briefing.GetRendered() != "question" {
		t.Fatalf("got %v", briefing)
	}
	if err := publisher.Close(within(t)); err != nil {
		t.Fatal(err)
	}
	if _, open := <-publisher.Contexts(); open {
		t.Fatal("the channel is open after the end")
	}
	if l.requests[0].GetOpen().GetContext().GetTopK() != 3 {
		t.Fatalf("it opened with %v", l.requests[0])
	}
}

func TestPublisherRefusesByItselfWhatCannotBeSent(t *testing.T) {
	client := (&ledger{}).dialed(t, Config{})
	publisher := started(t, client, PublisherOptions{})
	_, err := publisher.Append(within(t), &interplayv1.InteractionData{Content: "\xff"})
	wantCode(t, err, codes.InvalidArgument, "")
	_, err = publisher.Append(within(t), &interplayv1.InteractionData{Content: strings.Repeat("x", MaxMessageBytes)})
	wantCode(t, err, codes.ResourceExhausted, "MESSAGE_TOO_LARGE")
	offset := int64(3)
	_, err = publisher.AppendMessage(within(t), &interplayv1.StreamAppend{Offset: &offset})
	wantCode(t, err, codes.InvalidArgument, "")
	for _, options := range []PublisherOptions{{}, {StreamID: "s", Buffer: -1}} {
		_, err := client.Publisher(options)
		wantCode(t, err, codes.InvalidArgument, "")
	}
	if err := publisher.Close(within(t)); err != nil {
		t.Fatal(err)
	}
}

func TestPublisherMayChangeRowsAfterAppend(t *testing.T) {
	l := &ledger{}
	publisher := started(t, l.dialed(t, Config{}), PublisherOptions{})
	row := &interplayv1.InteractionData{}
	for n := range 50 {
		row.Content = number(n)
		if _, err := publisher.Append(within(t), row); err != nil {
			t.Fatal(err)
		}
	}
	if err := publisher.Close(within(t)); err != nil {
		t.Fatal(err)
	}
	wantTexts(t, l, numbers(50))
}

func TestPublisherServesManyGoroutines(t *testing.T) {
	l := &ledger{}
	publisher := started(t, l.dialed(t, Config{}), PublisherOptions{Buffer: 10})
	done := make(chan error)
	for range 8 {
		go func() {
			for range 25 {
				if _, err := publisher.Append(context.Background(), &interplayv1.InteractionData{Content: "x"}); err != nil {
					done <- err
					return
				}
			}
			done <- publisher.Drain(context.Background())
		}()
	}
	for range 8 {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	if err := publisher.Close(within(t)); err != nil {
		t.Fatal(err)
	}
	if got := len(l.texts()); got != 200 {
		t.Fatalf("the server holds %d", got)
	}
}

func TestPublisherBufferIsThatOfEveryClient(t *testing.T) {
	publisher := started(t, (&ledger{harm: deaf}).dialed(t, Config{}), PublisherOptions{})
	window := publisher.core.window
	if window.capacity != 10_000 || window.capacityBytes != 64<<20 {
		t.Fatalf("%d interactions, %d bytes", window.capacity, window.capacityBytes)
	}
}
