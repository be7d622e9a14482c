package interplay

import (
	"log/slog"
	"strings"
	"time"

	interplayv1 "interplay.example/go/interplay/v1"
)

const (
	defaultBuffer      = 10_000
	defaultBufferBytes = 64 << 20
	maxInternalFaults  = 10
)

// PublisherOptions are the arguments of [Client.Publisher], [Client.EventPublisher] and [Client.MonitorPublisher]. All
// but StreamID may be left out.
type PublisherOptions struct {
	// StreamID is the publisher's stable identity, unique in the tenant. A second publisher that opens it stops the first.
	StreamID string
	// UserID, SessionID, Source, AgentVersion and AgentID are defaults of the appends; of interactions only.
	UserID, SessionID, Source, AgentVersion, AgentID string
	// Context asks to be briefed after each append that holds a user turn; of interactions only.
	Context *interplayv1.ContextRequest
	// ReturnIDs puts the ids of the rows into the acks.
	ReturnIDs bool
	// Buffer is how many interactions or events may wait to be acked; default 10,000.
	Buffer int
	// BufferBytes is how many bytes of them; default 64 MiB.
	BufferBytes int
	// RejectWhenFull makes Append fail with [ErrBufferFull] instead of waiting for room.
	RejectWhenFull bool
	// MaxOutstanding is how many appends may await an answer, 1 to 4,096; the server's default is 256.
	MaxOutstanding int
	// Heartbeat is the interval of heart-beats instead of the server's; after three of them in silence the connection
	// counts as dead.
	Heartbeat time.Duration
	// OnError is told of each refused append, and with a nil Receipt of what stopped the publisher for good. It runs on
	// the publisher's own goroutine and must not wait for the publisher.
	OnError func(error, *Receipt)
	// Logger hears of lost connections and of appends that are tried again; default none.
	Logger *slog.Logger
}

func (o PublisherOptions) withDefaults() (PublisherOptions, error) {
	if o.StreamID == "" {
		return o, invalid("a publisher needs a StreamID")
	}
	if o.Buffer < 0 || o.BufferBytes < 0 || o.MaxOutstanding < 0 || o.Heartbeat < 0 {
		return o, invalid("the limits of a publisher must not be negative")
	}
	o.Buffer, o.BufferBytes = or(o.Buffer, defaultBuffer), or(o.BufferBytes, defaultBufferBytes)
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o, nil
}

func (o PublisherOptions) open() *interplayv1.StreamOpen {
	return &interplayv1.StreamOpen{
		StreamId: o.StreamID, UserId: o.UserID, SessionId: o.SessionID, Source: o.Source,
		AgentVersion: o.AgentVersion, AgentId: o.AgentID, MaxOutstanding: int32(o.MaxOutstanding),
		Context: o.Context, ReturnInteractionIds: o.ReturnIDs,
	}
}

// Publisher publishes interactions.
type Publisher struct {
	*Stream[*interplayv1.InteractionData, *interplayv1.StreamAppend]
}

// Contexts returns the briefings as they come; it is closed when the publisher has ended. The latest 1,024 are kept.
func (p *Publisher) Contexts() <-chan *interplayv1.AgentContext { return p.core.contexts }

// EventPublisher records a shop's events.
type EventPublisher struct {
	*Stream[*interplayv1.FeatureEvent, *interplayv1.StreamEventsAppend]
}

// MonitorPublisher records monitored events.
type MonitorPublisher struct {
	*Stream[*interplayv1.MonitorEvent, *interplayv1.StreamMonitorEventsAppend]
}

// Publisher starts to publish interactions over InteractionService.StreamPublish. It connects in the background.
func (c *Client) Publisher(options PublisherOptions) (*Publisher, error) {
	stream, err := newStream(c, options, dialect[*interplayv1.InteractionData, *interplayv1.StreamAppend]{
		method: interplayv1.InteractionService_StreamPublish_FullMethodName,
		wrap: func(rows []*interplayv1.InteractionData) *interplayv1.StreamAppend {
			return &interplayv1.StreamAppend{Interactions: rows}
		},
		rows:   (*interplayv1.StreamAppend).GetInteractions,
		briefs: holdsUserTurn,
		noun:   "interactions",
	})
	if err != nil {
		return nil, err
	}
	return &Publisher{stream}, nil
}

// EventPublisher starts to record events of a shop over FeatureService.StreamEvents.
func (c *Client) EventPublisher(options PublisherOptions) (*EventPublisher, error) {
	options.Context = nil
	stream, err := newStream(c, options, dialect[*interplayv1.FeatureEvent, *interplayv1.StreamEventsAppend]{
		method: interplayv1.FeatureService_StreamEvents_FullMethodName,
		wrap: func(rows []*interplayv1.FeatureEvent) *interplayv1.StreamEventsAppend {
			return &interplayv1.StreamEventsAppend{Events: rows}
		},
		rows: (*interplayv1.StreamEventsAppend).GetEvents,
		noun: "events",
	})
	if err != nil {
		return nil, err
	}
	return &EventPublisher{stream}, nil
}

// MonitorPublisher starts to record events over MonitorService.StreamMonitorEvents. Bad events are named in the ack and
// the others taken, unless an append says all_or_nothing.
func (c *Client) MonitorPublisher(options PublisherOptions) (*MonitorPublisher, error) {
	options.Context = nil
	stream, err := newStream(c, options, dialect[*interplayv1.MonitorEvent, *interplayv1.StreamMonitorEventsAppend]{
		method: interplayv1.MonitorService_StreamMonitorEvents_FullMethodName,
		wrap: func(rows []*interplayv1.MonitorEvent) *interplayv1.StreamMonitorEventsAppend {
			return &interplayv1.StreamMonitorEventsAppend{Events: rows}
		},
		rows: (*interplayv1.StreamMonitorEventsAppend).GetEvents,
		noun: "events",
	})
	if err != nil {
		return nil, err
	}
	return &MonitorPublisher{stream}, nil
}

// holdsUserTurn reports whether the server will brief: the same words that it takes for a user's role.
func holdsUserTurn(message *interplayv1.StreamAppend) bool {
	for _, data := range message.GetInteractions() {
		switch strings.ToLower(strings.TrimSpace(data.GetRole())) {
		case "", "user", "customer", "client", "human", "end_user", "visitor":
			return true
		}
	}
	return false
}
