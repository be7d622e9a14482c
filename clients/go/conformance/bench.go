package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"syscall"
	"time"

	"google.golang.org/protobuf/proto"

	interplay "interplay.example/go"
	interplayv1 "interplay.example/go/interplay/v1"
)

type workload struct {
	Kind         string
	StreamID     string `json:"stream_id"`
	Appends      int
	Interactions int
	Content      string
}

func (w workload) rows() []*interplayv1.InteractionData {
	rows := make([]*interplayv1.InteractionData, w.Interactions)
	for i := range rows {
		rows[i] = &interplayv1.InteractionData{Role: "User", Content: w.Content}
	}
	return rows
}

func (d *driver) bench(ctx context.Context, line []byte) (answer, error) {
	var asked workload
	if err := json.Unmarshal(line, &asked); err != nil {
		return nil, err
	}
	if d.client == nil {
		return nil, errNotConnected
	}
	switch asked.Kind {
	case "publisher":
		return d.benchPublisher(ctx, asked)
	case "bare":
		return d.benchBare(ctx, asked)
	default:
		return nil, errUnsupported
	}
}

func (d *driver) benchPublisher(ctx context.Context, asked workload) (answer, error) {
	publisher, err := d.client.Publisher(interplay.PublisherOptions{
		StreamID: asked.StreamID, UserID: "bench", SessionID: asked.StreamID,
	})
	if err != nil {
		return nil, err
	}
	defer publisher.Abort()
	// The connection is no part of the measurement.
	if err := publisher.Flush(ctx); err != nil {
		return nil, err
	}
	clock := begin()
	for range asked.Appends {
		if _, err := publisher.Append(ctx, asked.rows()...); err != nil {
			return nil, err
		}
	}
	if err := publisher.Drain(ctx); err != nil {
		return nil, err
	}
	measured := clock.end()
	if committed := publisher.Stats().CommittedOffset; committed != int64(asked.Appends) {
		return nil, fmt.Errorf("%d of %d appends were committed", committed, asked.Appends)
	}
	return measured, publisher.Close(ctx)
}

func (d *driver) benchBare(ctx context.Context, asked workload) (answer, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := d.client.Interactions.StreamPublish(ctx)
	if err != nil {
		return nil, err
	}
	if err := stream.Send(&interplayv1.StreamPublishRequest{Message: &interplayv1.StreamPublishRequest_Open{
		Open: &interplayv1.StreamOpen{StreamId: asked.StreamID, UserId: "bench", SessionId: asked.StreamID},
	}}); err != nil {
		return nil, err
	}
	first, err := stream.Recv()
	if err != nil {
		return nil, err
	}
	outstanding := make(chan struct{}, max(first.GetOpened().GetLimits().GetMaxOutstanding(), 1))
	last := make(chan error, 1)
	clock := begin()
	go func() {
		last <- heardAll(stream, outstanding, int64(asked.Appends))
		cancel()
	}()
	for offset := range asked.Appends {
		select {
		case outstanding <- struct{}{}:
		case <-ctx.Done():
			return nil, <-last
		}
		if err := stream.Send(&interplayv1.StreamPublishRequest{Message: &interplayv1.StreamPublishRequest_Append{
			Append: &interplayv1.StreamAppend{Offset: proto.Int64(int64(offset)), Interactions: asked.rows()},
		}}); err != nil {
			return nil, errors.Join(err, <-last)
		}
	}
	if err := <-last; err != nil {
		return nil, err
	}
	return clock.end(), nil
}

// heardAll returns when everything is acked.
func heardAll(stream interplayv1.InteractionService_StreamPublishClient, outstanding <-chan struct{}, appends int64) error {
	for committed := int64(0); committed < appends; {
		answer, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return errors.New("the stream ended early")
		}
		if err != nil {
			return err
		}
		if refusal := answer.GetAppendError(); refusal != nil {
			return interplay.StatusError(refusal.GetStatus())
		}
		if ack := answer.GetAck(); ack != nil {
			for ; committed < ack.GetCommittedOffset(); committed++ {
				<-outstanding
			}
		}
	}
	return nil
}

type stopwatch struct {
	at  time.Time
	cpu time.Duration
}

func begin() stopwatch { return stopwatch{time.Now(), cpuTime()} }

func (s stopwatch) end() answer {
	return answer{"seconds": time.Since(s.at).Seconds(), "cpu_seconds": (cpuTime() - s.cpu).Seconds()}
}

// cpuTime is what this process has used of the processors.
func cpuTime() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
