package main

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	interplay "interplay.example/go"
)

func (d *driver) hello(context.Context, []byte) (answer, error) {
	return answer{"language": "go", "version": interplay.Version}, nil
}

// wire decodes a message and encodes it again.
func (d *driver) wire(_ context.Context, line []byte) (answer, error) {
	var asked struct{ Message, Hex string }
	if err := json.Unmarshal(line, &asked); err != nil {
		return nil, err
	}
	message, err := made(asked.Message)
	if err != nil {
		return nil, err
	}
	if err := decode(asked.Hex, message); err != nil {
		return nil, err
	}
	return encoded("hex", message)
}

// json reads a message in protobuf's JSON mapping.
func (d *driver) json(_ context.Context, line []byte) (answer, error) {
	var asked struct {
		Message string
		JSON    json.RawMessage
	}
	if err := json.Unmarshal(line, &asked); err != nil {
		return nil, err
	}
	message, err := made(asked.Message)
	if err != nil {
		return nil, err
	}
	if err := protojson.Unmarshal(asked.JSON, message); err != nil {
		return nil, err
	}
	return encoded("hex", message)
}

// made returns an empty message of a full name.
func made(name string) (proto.Message, error) {
	kind, err := protoregistry.GlobalTypes.FindMessageByName(protoreflect.FullName(name))
	if err != nil {
		return nil, fmt.Errorf("message %s: %w", name, err)
	}
	return kind.New().Interface(), nil
}

func decode(text string, message proto.Message) error {
	data, err := hex.DecodeString(text)
	if err != nil {
		return err
	}
	return proto.Unmarshal(data, message)
}

func encoded(field string, message proto.Message) (answer, error) {
	data, err := proto.MarshalOptions{Deterministic: true}.Marshal(message)
	if err != nil {
		return nil, err
	}
	return answer{field: hex.EncodeToString(data)}, nil
}

// decodeAll decodes a list of messages of one kind.
func decodeAll[M proto.Message](texts []string, empty func() M) ([]M, error) {
	found := make([]M, 0, len(texts))
	for _, text := range texts {
		message := empty()
		if err := decode(text, message); err != nil {
			return nil, err
		}
		found = append(found, message)
	}
	return found, nil
}
