package interplay

import (
	"bytes"
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/durationpb"
	"pgregory.net/rapid"

	interplayv1 "interplay.example/go/interplay/v1"
)

func TestMain(m *testing.M) {
	lastPause = 200 * time.Millisecond
	os.Exit(m.Run())
}

func TestServiceConfigIsThatOfAllClients(t *testing.T) {
	shared, err := os.ReadFile("../service_config.json")
	if errors.Is(err, os.ErrNotExist) {
		t.Skip("not in the repository of all clients")
	}
	if err != nil || !bytes.Equal(shared, []byte(serviceConfig)) {
		t.Fatalf("service_config.json differs from ../service_config.json (%v)", err)
	}
}

func TestLoopback(t *testing.T) {
	for target, want := range map[string]bool{
		"localhost:50051": true, "LOCALHOST": true, "127.0.0.1:50051": true, "127.9.9.9": true, "[::1]:50051": true,
		"::1": true, "unix:/run/interplay": true, "unix-abstract:interplay": true, "dns:///localhost:50051": true,
		"passthrough:///127.0.0.1:1": true, "dns:localhost:1": true,
		"example.com:50051": false, "10.0.0.1:50051": false, "dns:///example.com:1": false, "localhost.example.com:1": false,
		"dns://192.0.2.1/localhost:1": false, "[2001:db8::1]:1": false, "xds:///localhost": false, "": false,
	} {
		if got := isLoopback(target); got != want {
			t.Errorf("isLoopback(%q) = %t", target, got)
		}
	}
}

func TestConfig(t *testing.T) {
	const key = "ipk_secret"
	for name, config := range map[string]Config{
		"key in plaintext": {Target: "192.0.2.1:50051", APIKey: key},
		"timeout":          {Timeout: -1},
	} {
		_, err := Connect(config)
		wantCode(t, err, codes.InvalidArgument, "")
		if strings.Contains(err.Error(), key) {
			t.Errorf("%s: the error tells the key", name)
		}
	}
	for _, config := range []Config{
		{Target: "192.0.2.1:50051", APIKey: key, AllowInsecure: true}, {APIKey: key}, {Target: "192.0.2.1:50051"},
	} {
		client, err := Connect(config)
		if err != nil {
			t.Fatal(err)
		}
		if err := client.Close(); err != nil {
			t.Fatal(err)
		}
		if text := config.String() + config.GoString(); strings.Contains(text, key) {
			t.Fatalf("%s tells the key", text)
		}
	}
	t.Setenv("INTERPLAY_TARGET", "example.com:1")
	t.Setenv("INTERPLAY_API_KEY", key)
	t.Setenv("INTERPLAY_TENANT", "shop")
	if c := FromEnvironment(); c.Target != "example.com:1" || c.APIKey != key || c.Tenant != "shop" {
		t.Fatalf("got %v", c)
	}
	_, err := LoadTLS("", "only.pem", "")
	wantCode(t, err, codes.InvalidArgument, "")
	if _, err := LoadTLS("client_test.go", "", ""); err == nil {
		t.Fatal("a file without certificates was taken")
	}
}

func TestErrorSaysWhatTheServerSaid(t *testing.T) {
	s := reasoned(codes.FailedPrecondition, "USER_OPTED_OUT",
		protoadapt.MessageV1Of(&errdetails.PreconditionFailure{
			Violations: []*errdetails.PreconditionFailure_Violation{{Subject: "users/ada", Description: "opted out"}},
		}),
		protoadapt.MessageV1Of(&errdetails.RetryInfo{RetryDelay: durationpb.New(1500 * time.Millisecond)}),
		protoadapt.MessageV1Of(&errdetails.RequestInfo{RequestId: "r-1"}),
		protoadapt.MessageV1Of(&errdetails.ResourceInfo{ResourceType: "user", ResourceName: "ada"}),
	)
	e := asError(context.Background(), s.Err()).(*Error)
	if e.Reason != "USER_OPTED_OUT" || e.RetryAfter != 1500*time.Millisecond || e.RequestID != "r-1" ||
		e.Resource != (Resource{"user", "ada"}) || len(e.Violations) != 1 || e.Violations[0].Field != "users/ada" {
		t.Fatalf("got %+v", e)
	}
	if got := e.Error(); got != "FAILED_PRECONDITION (USER_OPTED_OUT): as told" {
		t.Fatalf("got %q", got)
	}
	if again, ok := status.FromError(e); !ok || !proto.Equal(again.Proto(), s.Proto()) {
		t.Fatalf("package status sees %v", again)
	}
	if StatusError(nil) != nil || asError(context.Background(), nil) != nil {
		t.Fatal("OK is no error")
	}
}

func TestCallsCarryKeyTenantAndRequestID(t *testing.T) {
	var seen []*interplayv1.PublishInteractionsRequest
	l := &ledger{publish: func(request *interplayv1.PublishInteractionsRequest) (*interplayv1.PublishInteractionsResponse, error) {
		if seen = append(seen, request); len(seen) == 1 {
			return nil, status.Error(codes.Unavailable, "once")
		}
		return &interplayv1.PublishInteractionsResponse{RequestId: request.RequestId}, nil
	}}
	client := l.dialed(t, Config{APIKey: "ipk_k", Tenant: "shop"})
	given := &interplayv1.PublishInteractionsRequest{
		UserId: "ada", Interactions: []*interplayv1.InteractionData{{Content: "x"}},
	}
	answer, err := client.Interactions.PublishInteractions(within(t), given)
	if err != nil {
		t.Fatal(err)
	}
	if len(seen) != 2 || !proto.Equal(seen[0], seen[1]) || len(answer.RequestId) != 32 || given.RequestId != "" {
		t.Fatalf("it sent %v", seen)
	}
	if seen[0].UserId != "ada" || seen[0].Interactions[0].Content != "x" {
		t.Fatalf("it sent %v", seen[0])
	}
	given.RequestId = "mine"
	if answer, err = client.Interactions.PublishInteractions(within(t), given); err != nil || answer.RequestId != "mine" {
		t.Fatalf("got %v, %v", answer, err)
	}
	sent, _ := metadata.FromOutgoingContext(client.outgoing(context.Background()))
	if sent.Get("authorization")[0] != "Bearer ipk_k" || sent.Get("interplay-tenant")[0] != "shop" {
		t.Fatalf("metadata is %v", sent)
	}
	event := identified(&interplayv1.RecordEventRequest{Event: &interplayv1.MonitorEvent{Command: "ls"}})
	if made := event.(*interplayv1.RecordEventRequest).Event; made.EventId == "" || made.Command != "ls" {
		t.Fatalf("got %v", made)
	}
	_, err = client.Interactions.GetInteraction(within(t), &interplayv1.GetInteractionRequest{})
	wantCode(t, err, codes.Unimplemented, "")
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	_, err = client.Interactions.GetInteraction(cancelled, &interplayv1.GetInteractionRequest{})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
}

// A frame is what the generated code would have sent.
func TestFramesAreWhatTheGeneratedCodeSends(t *testing.T) {
	codec := newFrameCodec()
	rapid.Check(t, func(t *rapid.T) {
		message := &interplayv1.StreamAppend{
			UserId: rapid.String().Draw(t, "user"), SessionFinished: rapid.Bool().Draw(t, "finished"),
		}
		for _, text := range rapid.SliceOf(rapid.String()).Draw(t, "texts") {
			message.Interactions = append(message.Interactions, &interplayv1.InteractionData{Content: text})
		}
		body, err := proto.Marshal(message)
		if err != nil {
			t.Fatal(err)
		}
		offset := rapid.Int64Min(0).Draw(t, "offset")
		sent, err := codec.Marshal(&frame{append: body, offset: offset})
		if err != nil {
			t.Fatal(err)
		}
		message.Offset = &offset
		want, err := proto.MarshalOptions{Deterministic: true}.Marshal(&interplayv1.StreamPublishRequest{
			Message: &interplayv1.StreamPublishRequest_Append{Append: message},
		})
		if err != nil || !bytes.Equal(sent.Materialize(), want) {
			t.Fatalf("sent %x, not %x (%v)", sent.Materialize(), want, err)
		}
	})
}

// What the publisher takes for granted of the three methods.
func TestMethodsThatTakeAppendsAreAlikeOnTheWire(t *testing.T) {
	for _, pair := range [][2]proto.Message{
		{&interplayv1.StreamEventsRequest{}, &interplayv1.StreamPublishRequest{}},
		{&interplayv1.StreamMonitorEventsRequest{}, &interplayv1.StreamPublishRequest{}},
		{&interplayv1.StreamEventsResponse{}, &interplayv1.StreamPublishResponse{}},
		{&interplayv1.StreamMonitorEventsResponse{}, &interplayv1.StreamPublishResponse{}},
	} {
		other, own := pair[0].ProtoReflect().Descriptor(), pair[1].ProtoReflect().Descriptor()
		for i := range other.Fields().Len() {
			field := other.Fields().Get(i)
			same := own.Fields().ByName(field.Name())
			if same == nil || same.Number() != field.Number() {
				t.Errorf("%s is not in %s", field.FullName(), own.Name())
			} else if field.Name() != "append" && field.Message() != same.Message() {
				t.Errorf("%s is of another kind in %s", field.FullName(), own.Name())
			}
		}
	}
	for _, message := range []proto.Message{
		&interplayv1.StreamAppend{}, &interplayv1.StreamEventsAppend{}, &interplayv1.StreamMonitorEventsAppend{},
	} {
		offset := message.ProtoReflect().Descriptor().Fields().ByName("offset")
		if offset.Number() != offsetField || offset.Kind() != protoreflect.Int64Kind || !offset.HasPresence() {
			t.Errorf("%s is not as expected", offset.FullName())
		}
	}
	var request *interplayv1.StreamPublishRequest
	if field := request.ProtoReflect().Descriptor().Fields().ByName("append"); field.Number() != appendField {
		t.Errorf("append is field %d", field.Number())
	}
}

func TestPausesDoubleAndObeyTheServer(t *testing.T) {
	var p pauses
	for tries := range 40 {
		ceiling := min(lastPause, firstPause<<min(tries, 20))
		if pause := p.next(0); pause < ceiling/2 || pause > ceiling {
			t.Fatalf("pause %d is %s", tries, pause)
		}
	}
	if pause := p.next(time.Hour); pause != time.Hour {
		t.Fatalf("the server asked for an hour, it is %s", pause)
	}
	p.reset()
	if pause := p.next(0); pause > firstPause {
		t.Fatalf("after progress it is %s", pause)
	}
}
