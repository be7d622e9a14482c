package interplay

import (
	"context"
	"iter"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// Pages yields the answers of a method that lists, page after page, each asked for when the one before was read. It ends
// after the last page or the first error.
//
//	for page, err := range interplay.Pages(ctx, client.Interactions.ListInteractions, request) {
func Pages[Q proto.Message, R interface{ GetNextPageToken() string }](
	ctx context.Context, list func(context.Context, Q, ...grpc.CallOption) (R, error), request Q,
) iter.Seq2[R, error] {
	return func(yield func(R, error) bool) {
		request := proto.Clone(request).(Q)
		token := request.ProtoReflect().Descriptor().Fields().ByName("page_token")
		for {
			page, err := list(ctx, request)
			if !yield(page, err) || err != nil || page.GetNextPageToken() == "" || token == nil {
				return
			}
			request.ProtoReflect().Set(token, protoreflect.ValueOfString(page.GetNextPageToken()))
		}
	}
}
