// Command monitor_event records a use of a tool and asks for the counters.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	interplay "interplay.example/go"
	interplayv1 "interplay.example/go/interplay/v1"
)

func main() {
	log.SetFlags(0)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := run(ctx); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	client, err := interplay.Connect(interplay.FromEnvironment())
	if err != nil {
		return err
	}
	defer client.Close()

	recorded, err := client.Monitor.RecordEvent(ctx, &interplayv1.RecordEventRequest{Event: &interplayv1.MonitorEvent{
		InteractionType: interplayv1.MonitorEventType_MONITOR_EVENT_TYPE_CLI_COMMAND,
		Command:         "git push origin main",
		Status:          interplayv1.MonitorStatus_MONITOR_STATUS_TIMEOUT,
		DurationMs:      30_000,
		UserId:          "ada",
		Client:          "interplay-go/" + interplay.Version,
	}})
	if err != nil {
		return err
	}
	fmt.Printf("recorded %s\n", recorded.EventId)

	counters, err := client.Monitor.GetStatistics(ctx, &interplayv1.GetStatisticsRequest{})
	if err != nil {
		return err
	}
	fmt.Printf("%d events, %d failed\n", counters.TotalInteractions, counters.FailedInteractions)

	// A bad event is refused with every broken rule at once.
	_, err = client.Monitor.RecordEvent(ctx, &interplayv1.RecordEventRequest{Event: &interplayv1.MonitorEvent{DurationMs: -1}})
	var refused *interplay.Error
	if !errors.As(err, &refused) {
		return fmt.Errorf("a bad event was taken: %w", err)
	}
	for _, violation := range refused.Violations {
		fmt.Printf("refused: %s %s\n", violation.Field, violation.Description)
	}
	return nil
}
