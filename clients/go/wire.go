package interplay

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/grpc/encoding"
	grpcproto "google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	interplayv1 "interplay.example/go/interplay/v1"
)

// The requests and answers of the three methods that take appends are the same on the wire: the fields of
// StreamPublishRequest, StreamPublishAppend's offset and StreamPublishResponse. So one publisher serves them all, and an
// append is encoded once, when it is handed over: its caller may change it afterwards, it is known to be encodable, and
// sending it again costs nothing.
const (
	appendField protowire.Number = 2
	offsetField protowire.Number = 1
	// envelopeBytes bounds what surrounds an append on the wire.
	envelopeBytes = 32
)

// frame is a request: either an append, encoded without its offset, or any other message.
type frame struct {
	append []byte
	offset int64
	other  *interplayv1.StreamPublishRequest
}

func openFrame(open *interplayv1.StreamOpen) *frame {
	return &frame{other: &interplayv1.StreamPublishRequest{Message: &interplayv1.StreamPublishRequest_Open{Open: open}}}
}

var (
	flushFrame = &frame{other: &interplayv1.StreamPublishRequest{
		Message: &interplayv1.StreamPublishRequest_Flush{Flush: &interplayv1.StreamFlush{}},
	}}
	heartbeatFrame = &frame{other: &interplayv1.StreamPublishRequest{
		Message: &interplayv1.StreamPublishRequest_Heartbeat{Heartbeat: &interplayv1.StreamHeartbeat{}},
	}}
	finishFrame = &frame{other: &interplayv1.StreamPublishRequest{
		Message: &interplayv1.StreamPublishRequest_Finish{Finish: &interplayv1.StreamFinish{}},
	}}
)

// head returns the bytes before the encoded append.
func (f *frame) head() []byte {
	head := make([]byte, 0, envelopeBytes)
	head = protowire.AppendTag(head, appendField, protowire.BytesType)
	offset := protowire.SizeTag(offsetField) + protowire.SizeVarint(uint64(f.offset))
	head = protowire.AppendVarint(head, uint64(offset+len(f.append)))
	head = protowire.AppendTag(head, offsetField, protowire.VarintType)
	return protowire.AppendVarint(head, uint64(f.offset))
}

// frameCodec encodes frames, and decodes answers as usual.
type frameCodec struct{ messages encoding.CodecV2 }

func newFrameCodec() frameCodec { return frameCodec{encoding.GetCodecV2(grpcproto.Name)} }

func (c frameCodec) Name() string { return grpcproto.Name }

func (c frameCodec) Marshal(v any) (mem.BufferSlice, error) {
	f, ok := v.(*frame)
	if !ok {
		return c.messages.Marshal(v)
	}
	if f.other != nil {
		return c.messages.Marshal(f.other)
	}
	return mem.BufferSlice{mem.SliceBuffer(f.head()), mem.SliceBuffer(f.append)}, nil
}

func (c frameCodec) Unmarshal(data mem.BufferSlice, v any) error {
	return c.messages.Unmarshal(data, v)
}

// exchange is one call of a method that takes appends.
type exchange interface {
	Send(*frame) error
	Recv() (*interplayv1.StreamPublishResponse, error)
}

type call struct{ stream grpc.ClientStream }

func (c call) Send(f *frame) error { return c.stream.SendMsg(f) }

func (c call) Recv() (*interplayv1.StreamPublishResponse, error) {
	answer := new(interplayv1.StreamPublishResponse)
	return answer, c.stream.RecvMsg(answer)
}

// openCall begins a call of a method that takes appends.
func openCall(ctx context.Context, conn *grpc.ClientConn, method string) (exchange, error) {
	desc := &grpc.StreamDesc{ServerStreams: true, ClientStreams: true}
	stream, err := conn.NewStream(ctx, desc, method, grpc.ForceCodecV2(newFrameCodec()))
	if err != nil {
		return nil, err
	}
	return call{stream}, nil
}

// appendMessage is what [Stream.AppendMessage] takes: interplayv1.StreamAppend, StreamEventsAppend or
// StreamMonitorEventsAppend.
type appendMessage interface {
	proto.Message
	GetOffset() int64
}
