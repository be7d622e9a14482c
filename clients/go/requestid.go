package interplay

import (
	"crypto/rand"
	"encoding/hex"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	interplayv1 "interplay.example/go/interplay/v1"
)

// randomID returns 32 hexadecimal digits.
func randomID() string {
	var id [16]byte
	// crypto/rand ends the program rather than fail.
	_, _ = rand.Read(id[:])
	return hex.EncodeToString(id[:])
}

// identified returns a request whose idempotency key is set; a copy where the caller left it empty.
func identified(request any) any {
	switch request := request.(type) {
	case *interplayv1.PublishInteractionsRequest, *interplayv1.AnnotateInteractionRequest,
		*interplayv1.RecordEventsRequest, *interplayv1.UpsertProductsRequest, *interplayv1.UpsertCustomersRequest,
		*interplayv1.UpsertOrdersRequest, *interplayv1.UpsertIdentityLinksRequest,
		*interplayv1.CreateProfileRequest, *interplayv1.CreateUserPlaybookRequest,
		*interplayv1.CreateAgentPlaybookRequest, *interplayv1.AggregatePlaybooksRequest,
		*interplayv1.RerunLearningRequest, *interplayv1.ReportSessionOutcomeRequest,
		*interplayv1.EvaluateSessionsRequest, *interplayv1.CreateExperimentRequest:
		return withID(request.(proto.Message), "request_id")
	case *interplayv1.RecordEventRequest:
		if event := request.GetEvent(); event != nil && event.EventId == "" {
			return &interplayv1.RecordEventRequest{Event: withID(event, "event_id").(*interplayv1.MonitorEvent)}
		}
	}
	return request
}

// withID returns a copy, which shares everything but its id, of a message whose text field `name` is empty.
func withID(message proto.Message, name protoreflect.Name) proto.Message {
	given := message.ProtoReflect()
	if !given.IsValid() {
		return message
	}
	field := given.Descriptor().Fields().ByName(name)
	if given.Get(field).String() != "" {
		return message
	}
	copied := given.New()
	given.Range(func(one protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		copied.Set(one, value)
		return true
	})
	copied.SetUnknown(given.GetUnknown())
	copied.Set(field, protoreflect.ValueOfString(randomID()))
	return copied.Interface()
}
