package interplay_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	interplay "interplay.example/go"
	interplayv1 "interplay.example/go/interplay/v1"
)

func ExampleConnect() {
	_, err := interplay.Connect(interplay.Config{Target: "memory.example:50051", APIKey: "ipk_secret"})
	fmt.Println(err)
	// Output:
	// INVALID_ARGUMENT: refusing to send the API key in plaintext to memory.example:50051: set TLS, or AllowInsecure if the network itself is trusted
}

func ExampleConfig() {
	fmt.Println(interplay.Config{Target: "localhost:50051", APIKey: "ipk_secret"})
	// Output:
	// interplay.Config{Target: "localhost:50051", Tenant: "", APIKey: hidden, TLS: false}
}

func ExampleError() {
	client, err := interplay.Connect(interplay.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	_, err = client.Publisher(interplay.PublisherOptions{})
	var refused *interplay.Error
	if errors.As(err, &refused) {
		fmt.Println(refused.Code, refused.Message)
	}
	// Output:
	// InvalidArgument a publisher needs a StreamID
}

func ExampleClient_Publisher() {
	ctx := context.Background()
	client, err := interplay.Connect(interplay.FromEnvironment())
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	publisher, err := client.Publisher(interplay.PublisherOptions{StreamID: "till-4", UserID: "ada", SessionID: "visit-8"})
	if err != nil {
		log.Fatal(err)
	}
	receipt, err := publisher.Append(ctx, &interplayv1.InteractionData{Role: "User", Content: "Is it waterproof?"})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := receipt.Wait(ctx); err != nil {
		log.Fatal(err)
	}
	if err := publisher.Close(ctx); err != nil {
		log.Fatal(err)
	}
}

func ExampleClient_WatchInteractions() {
	client, err := interplay.Connect(interplay.FromEnvironment())
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	request := &interplayv1.WatchInteractionsRequest{FromBeginning: true}
	for change, err := range client.WatchInteractions(context.Background(), request) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(change.ResumeToken, len(change.GetPublished().GetInteractions()))
	}
}

func ExamplePages() {
	client, err := interplay.Connect(interplay.FromEnvironment())
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	request := &interplayv1.ListSessionsRequest{UserId: "ada"}
	for page, err := range interplay.Pages(context.Background(), client.Interactions.ListSessions, request) {
		if err != nil {
			log.Fatal(err)
		}
		for _, session := range page.Sessions {
			fmt.Println(session.SessionId)
		}
	}
}
