// Command converse puts an agent under test: the server plays the user, a function of this program the agent.
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

// agent is the agent under test.
func agent(_ context.Context, prompt interplay.Prompt) (interplay.Reply, error) {
	return interplay.Reply{
		Content: fmt.Sprintf("After %d messages you say: %s", len(prompt.History), prompt.Message),
	}, nil
}

func run(ctx context.Context) error {
	client, err := interplay.Connect(interplay.FromEnvironment())
	if err != nil {
		return err
	}
	defer client.Close()

	talk, err := client.Converse(interplay.ConverseOptions{
		Assistant: agent,
		Query:     &interplayv1.DialogueQuery{OriginalQuery: "Which laptop survives salt water?"},
		Config:    &interplayv1.DialogueConfig{Limits: &interplayv1.DialogueLimits{MinTurns: 2, MaxTurns: 3}, Seed: 7},
		OnTurn: func(turn *interplayv1.DialogueTurn) {
			fmt.Printf("%d user:  %s\n", turn.Number, turn.User.Content)
			fmt.Printf("%d agent: %s\n", turn.Number, turn.Assistant.Content)
		},
	})
	if err != nil {
		return err
	}
	dialogue, err := talk.Run(ctx)
	if err != nil {
		return err
	}
	fmt.Printf("%d turns, %s\n", dialogue.NumTurns, dialogue.StopReason)
	return nil
}
