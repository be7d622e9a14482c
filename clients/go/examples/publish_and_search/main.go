// Command publish_and_search publishes a conversation and finds it again.
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

	published, err := client.Interactions.PublishInteractions(ctx, &interplayv1.PublishInteractionsRequest{
		UserId: "ada", SessionId: "visit-7",
		Interactions: []*interplayv1.InteractionData{
			{Role: "User", Content: "I need a laptop for sailing"},
			{Role: "Agent", Content: "Then it should be waterproof."},
		},
	})
	if err != nil {
		return err
	}
	fmt.Printf("published %d interactions\n", len(published.InteractionIds))

	found, err := client.Interactions.SearchInteractions(ctx, &interplayv1.SearchInteractionsRequest{
		Query: "boat computer", UserId: "ada",
	})
	if err != nil {
		return err
	}
	fmt.Printf("found %d interactions\n", len(found.Hits))
	for _, hit := range found.Hits {
		fmt.Printf("%.2f %s\n", hit.Score, hit.Interaction.Data.Content)
	}
	return nil
}
