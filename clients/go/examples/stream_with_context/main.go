// Command stream_with_context publishes over a stream that survives lost connections, and is briefed after a user's turn.
package main

import (
	"context"
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

	session := fmt.Sprintf("visit-%d", time.Now().UnixNano())
	publisher, err := client.Publisher(interplay.PublisherOptions{
		StreamID: "till-" + session, UserID: "grace", SessionID: session, Context: &interplayv1.ContextRequest{},
	})
	if err != nil {
		return err
	}
	for _, turn := range []*interplayv1.InteractionData{
		{Role: "User", Content: "My boat is called Nautilus"},
		{Role: "Agent", Content: "A fine name."},
		{Role: "User", Content: "What is my boat called?"},
	} {
		receipt, err := publisher.Append(ctx, turn)
		if err != nil {
			return err
		}
		ack, err := receipt.Wait(ctx)
		if err != nil {
			return err
		}
		fmt.Printf("append %d is durable\n", ack.Offset)
		briefing, err := receipt.Context(ctx)
		if err != nil {
			return err
		}
		if briefing != nil {
			fmt.Printf("briefed with %d past interactions\n", len(briefing.Interactions))
			for _, past := range briefing.Interactions {
				fmt.Printf("  %s\n", past.Interaction.Data.Content)
			}
		}
	}
	if err := publisher.Close(ctx); err != nil {
		return err
	}
	fmt.Printf("closed after %d appends\n", publisher.Stats().CommittedOffset)
	return nil
}
