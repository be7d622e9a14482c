// Command pair_features records what a customer did with a product and asks for the features of the pair.
package main

import (
	"context"
	"fmt"
	"log"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

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

	noon := time.Date(2026, time.January, 26, 12, 0, 0, 0, time.UTC)
	publisher, err := client.EventPublisher(interplay.PublisherOptions{
		StreamID: fmt.Sprintf("shop-%d", time.Now().UnixNano()),
	})
	if err != nil {
		return err
	}
	if _, err := publisher.Append(ctx,
		&interplayv1.FeatureEvent{
			EventId: "e1", CustomerId: "ada", ProductId: "kettle", EventType: "product_viewed",
			CreatedAt: timestamppb.New(noon), ViewDuration: proto.Float64(45.5),
		},
		&interplayv1.FeatureEvent{
			EventId: "e2", CustomerId: "ada", ProductId: "kettle", EventType: "add_to_cart",
			CreatedAt: timestamppb.New(noon.Add(time.Minute)),
		},
	); err != nil {
		return err
	}
	if err := publisher.Close(ctx); err != nil {
		return err
	}

	answer, err := client.Features.GetInteractionFeatures(ctx, &interplayv1.GetInteractionFeaturesRequest{
		CustomerId: "ada", ProductId: "kettle", AsOf: timestamppb.New(noon.Add(24 * time.Hour)),
	})
	if err != nil {
		return err
	}
	features := answer.Row.Features
	fmt.Printf("total views %d, cart adds %d\n", features.GetTotalViews(), features.GetCartAdds())
	return nil
}
