package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	interplay "interplay.example/go"
	interplayv1 "interplay.example/go/interplay/v1"
)

var errNoPublisher = errors.New("publisher comes first")

func (d *driver) publisher(_ context.Context, line []byte) (answer, error) {
	var asked struct {
		StreamID       string `json:"stream_id"`
		UserID         string `json:"user_id"`
		SessionID      string `json:"session_id"`
		Source         string
		AgentVersion   string `json:"agent_version"`
		Capacity       int
		Heartbeat      float64
		Context        bool
		MaxOutstanding int `json:"max_outstanding"`
	}
	if err := json.Unmarshal(line, &asked); err != nil {
		return nil, err
	}
	if d.client == nil {
		return nil, errNotConnected
	}
	options := interplay.PublisherOptions{
		StreamID: asked.StreamID, UserID: asked.UserID, SessionID: asked.SessionID, Source: asked.Source,
		AgentVersion: asked.AgentVersion, Buffer: asked.Capacity, Heartbeat: seconds(asked.Heartbeat),
		MaxOutstanding: asked.MaxOutstanding,
	}
	if asked.Context {
		options.Context = &interplayv1.ContextRequest{}
	}
	publisher, err := d.client.Publisher(options)
	if err != nil {
		return nil, err
	}
	d.stream, d.receipts = publisher, nil
	return nil, nil
}

func (d *driver) append(ctx context.Context, line []byte) (answer, error) {
	var asked struct {
		Interactions    []string
		SessionFinished bool `json:"session_finished"`
		PartialSuccess  bool `json:"partial_success"`
	}
	if err := json.Unmarshal(line, &asked); err != nil {
		return nil, err
	}
	if d.stream == nil {
		return nil, errNoPublisher
	}
	rows, err := decodeAll(asked.Interactions, func() *interplayv1.InteractionData { return &interplayv1.InteractionData{} })
	if err != nil {
		return nil, err
	}
	receipt, err := d.stream.AppendMessage(ctx, &interplayv1.StreamAppend{
		Interactions: rows, SessionFinished: asked.SessionFinished, PartialSuccess: asked.PartialSuccess,
	})
	if err != nil {
		return nil, err
	}
	d.receipts = append(d.receipts, receipt)
	return answer{"number": len(d.receipts) - 1}, nil
}

// results waits until every append so far is acked or refused.
func (d *driver) results(ctx context.Context, _ []byte) (answer, error) {
	if d.stream == nil {
		return nil, errNoPublisher
	}
	found := []answer{}
	for _, receipt := range d.receipts {
		if ack, err := receipt.Wait(ctx); err != nil {
			found = append(found, answer{"error": describe(err)})
		} else {
			said := answer{"offset": ack.Offset, "duplicate": ack.Duplicate}
			if len(ack.Rejected) > 0 {
				rejected := []answer{}
				for _, row := range ack.Rejected {
					rejected = append(rejected, answer{"index": row.Index, "error": describe(row.Err)})
				}
				said["rejected"] = rejected
			}
			found = append(found, said)
		}
	}
	return answer{"receipts": found}, nil
}

func (d *driver) flush(ctx context.Context, _ []byte) (answer, error) {
	if d.stream == nil {
		return nil, errNoPublisher
	}
	return nil, d.stream.Flush(ctx)
}

func (d *driver) contexts(_ context.Context, line []byte) (answer, error) {
	var asked struct{ Count int }
	if err := json.Unmarshal(line, &asked); err != nil {
		return nil, err
	}
	if d.stream == nil {
		return nil, errNoPublisher
	}
	rendered := []string{}
	for len(rendered) < asked.Count {
		briefing, open := <-d.stream.Contexts()
		if !open {
			return nil, fmt.Errorf("the publisher ended after %d of %d briefings", len(rendered), asked.Count)
		}
		rendered = append(rendered, briefing.GetRendered())
	}
	return answer{"rendered": rendered}, nil
}

func (d *driver) close(ctx context.Context, line []byte) (answer, error) {
	var asked struct{ Timeout float64 }
	if err := json.Unmarshal(line, &asked); err != nil {
		return nil, err
	}
	if d.stream == nil {
		return nil, errNoPublisher
	}
	if asked.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, seconds(asked.Timeout))
		defer cancel()
	}
	if err := d.stream.Close(ctx); err != nil {
		return nil, err
	}
	return answer{"committed_offset": d.stream.Stats().CommittedOffset}, nil
}

func (d *driver) abort(context.Context, []byte) (answer, error) {
	if d.stream == nil {
		return nil, errNoPublisher
	}
	d.stream.Abort()
	return nil, nil
}

func (d *driver) stats(context.Context, []byte) (answer, error) {
	if d.stream == nil {
		return nil, errNoPublisher
	}
	stats := d.stream.Stats()
	return answer{"pending": stats.Pending, "connections": stats.Connections, "stopped": stats.Stopped}, nil
}

// record publishes events of a shop or of the monitor, one append an event.
func (d *driver) record(ctx context.Context, line []byte) (answer, error) {
	var asked struct {
		Stream   string
		StreamID string `json:"stream_id"`
		Events   []string
	}
	if err := json.Unmarshal(line, &asked); err != nil {
		return nil, err
	}
	if d.client == nil {
		return nil, errNotConnected
	}
	options := interplay.PublisherOptions{StreamID: asked.StreamID}
	switch asked.Stream {
	case "shop":
		events, err := decodeAll(asked.Events, func() *interplayv1.FeatureEvent { return &interplayv1.FeatureEvent{} })
		if err != nil {
			return nil, err
		}
		publisher, err := d.client.EventPublisher(options)
		if err != nil {
			return nil, err
		}
		return recorded(ctx, publisher.Stream, events)
	case "monitor":
		events, err := decodeAll(asked.Events, func() *interplayv1.MonitorEvent { return &interplayv1.MonitorEvent{} })
		if err != nil {
			return nil, err
		}
		publisher, err := d.client.MonitorPublisher(options)
		if err != nil {
			return nil, err
		}
		return recorded(ctx, publisher.Stream, events)
	default:
		return nil, errUnsupported
	}
}

// recorder is what the publishers of events have in common.
type recorder[Row any] interface {
	Append(context.Context, ...Row) (*interplay.Receipt, error)
	Close(context.Context) error
	Stats() interplay.Stats
}

func recorded[Row any](ctx context.Context, publisher recorder[Row], events []Row) (answer, error) {
	var receipts []*interplay.Receipt
	for _, event := range events {
		receipt, err := publisher.Append(ctx, event)
		if err != nil {
			return nil, err
		}
		receipts = append(receipts, receipt)
	}
	if err := publisher.Close(ctx); err != nil {
		return nil, err
	}
	for _, receipt := range receipts {
		if _, err := receipt.Wait(ctx); err != nil {
			return nil, err
		}
	}
	return answer{"committed_offset": publisher.Stats().CommittedOffset}, nil
}
