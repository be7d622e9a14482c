package interplay

import (
	"context"
	"errors"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/code"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	statuspb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

var (
	// ErrBufferFull says that a publisher with RejectWhenFull has no room; nothing was sent.
	ErrBufferFull = errors.New("interplay: the publisher's buffer is full")
	// ErrClosed says that the publisher was closed or aborted, or the client was closed.
	ErrClosed = errors.New("interplay: closed")
)

// Error is what every failed call returns, found by [errors.As]. [status.FromError] and [status.Code] understand it too.
type Error struct {
	// Code is the gRPC status.
	Code codes.Code
	// Reason is a name of interplayv1.ErrorReason without its prefix, for example SESSION_NOT_FOUND; empty where the
	// failure is the transport's.
	Reason string
	// Message is one sentence for a person.
	Message string
	// Metadata is what the reason is about.
	Metadata map[string]string
	// Violations names every broken rule at once.
	Violations []Violation
	// RetryAfter is the time after which a retry makes sense; 0 where the server did not say.
	RetryAfter time.Duration
	// RequestID finds the call in the server's log; empty where it is not known.
	RequestID string
	// Resource is what was not found, or exists already.
	Resource Resource

	details *statuspb.Status
	cause   error
}

// Violation is one broken rule.
type Violation struct {
	// Field is its path, for example interactions[2].role.
	Field string
	// Description says what is wrong with it.
	Description string
}

// Resource is named by an error of NOT_FOUND or ALREADY_EXISTS.
type Resource struct {
	// Type is its kind, for example "session".
	Type string
	// Name is its id.
	Name string
}

// Error returns code, reason and message.
func (e *Error) Error() string {
	head := CodeName(e.Code)
	if e.Reason != "" {
		head += " (" + e.Reason + ")"
	}
	if e.Message == "" {
		return head
	}
	return head + ": " + e.Message
}

// GRPCStatus lets the functions of package status understand the error.
func (e *Error) GRPCStatus() *status.Status {
	if e.details != nil {
		return status.FromProto(e.details)
	}
	return status.New(e.Code, e.Message)
}

// Unwrap returns [context.Canceled], [context.DeadlineExceeded], [ErrClosed] or [ErrBufferFull] where that was the cause.
func (e *Error) Unwrap() error { return e.cause }

// CodeName returns a code as the protocol writes it, for example NOT_FOUND.
func CodeName(c codes.Code) string {
	if name, known := code.Code_name[int32(c)]; known {
		return name
	}
	return "UNKNOWN"
}

// StatusError returns the error that a status stands for, as it comes inside streams and operations; nil for OK.
func StatusError(s *statuspb.Status) error {
	if s.GetCode() == int32(codes.OK) {
		return nil
	}
	return newError(s)
}

func newError(s *statuspb.Status) *Error {
	e := &Error{Code: codes.Code(s.GetCode()), Message: s.GetMessage(), details: s}
	for _, detail := range s.GetDetails() {
		found, err := detail.UnmarshalNew()
		if err != nil {
			continue
		}
		switch found := found.(type) {
		case *errdetails.ErrorInfo:
			e.Reason, e.Metadata = strings.TrimPrefix(found.Reason, "ERROR_REASON_"), found.Metadata
		case *errdetails.BadRequest:
			for _, broken := range found.FieldViolations {
				e.Violations = append(e.Violations, Violation{broken.Field, broken.Description})
			}
		case *errdetails.PreconditionFailure:
			for _, broken := range found.Violations {
				e.Violations = append(e.Violations, Violation{broken.Subject, broken.Description})
			}
		case *errdetails.QuotaFailure:
			for _, broken := range found.Violations {
				e.Violations = append(e.Violations, Violation{broken.Subject, broken.Description})
			}
		case *errdetails.RetryInfo:
			e.RetryAfter = found.GetRetryDelay().AsDuration()
		case *errdetails.RequestInfo:
			e.RequestID = found.RequestId
		case *errdetails.ResourceInfo:
			e.Resource = Resource{found.ResourceType, found.ResourceName}
		}
	}
	return e
}

// asError turns what grpc returned into an *Error; anything else passes.
func asError(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if known := (*Error)(nil); errors.As(err, &known) {
		return err
	}
	s, ok := status.FromError(err)
	if !ok {
		if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
			s = status.FromContextError(err)
		} else {
			return err
		}
	}
	e := newError(s.Proto())
	if ctx != nil && e.Reason == "" && (e.Code == codes.Canceled || e.Code == codes.DeadlineExceeded) {
		e.cause = ctx.Err()
	}
	return e
}

// invalid is an error of arguments that were never sent.
func invalid(message string) *Error { return &Error{Code: codes.InvalidArgument, Message: message} }

func ended(cause error, c codes.Code, message string) *Error {
	return &Error{Code: c, Message: message, cause: cause}
}
