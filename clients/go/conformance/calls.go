package main

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	interplay "interplay.example/go"
	interplayv1 "interplay.example/go/interplay/v1"
)

var errNotConnected = errors.New("connect comes first")

func seconds(value float64) time.Duration { return time.Duration(value * float64(time.Second)) }

func (d *driver) connect(_ context.Context, line []byte) (answer, error) {
	var asked struct {
		Target, Tenant, CA, Certificate, Key string
		APIKey                               string `json:"api_key"`
		Timeout                              float64
		AllowInsecure                        bool `json:"allow_insecure"`
	}
	if err := json.Unmarshal(line, &asked); err != nil {
		return nil, err
	}
	config := interplay.Config{
		Target: asked.Target, APIKey: asked.APIKey, Tenant: asked.Tenant, Timeout: seconds(asked.Timeout),
		AllowInsecure: asked.AllowInsecure,
	}
	if asked.CA != "" || asked.Certificate != "" || asked.Key != "" {
		tls, err := interplay.LoadTLS(asked.CA, asked.Certificate, asked.Key)
		if err != nil {
			return nil, err
		}
		config.TLS = tls
	}
	client, err := interplay.Connect(config)
	if err != nil {
		return nil, err
	}
	d.end()
	d.client = client
	return nil, nil
}

// call makes a unary call by name, over the client's own connection with all that it does for a call.
func (d *driver) call(ctx context.Context, line []byte) (answer, error) {
	var asked struct {
		Service, Method, Request string
		Timeout                  float64
	}
	if err := json.Unmarshal(line, &asked); err != nil {
		return nil, err
	}
	if d.client == nil {
		return nil, errNotConnected
	}
	found, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName("interplay.v1." + asked.Service))
	if err != nil {
		return nil, err
	}
	service, ok := found.(protoreflect.ServiceDescriptor)
	if !ok {
		return nil, fmt.Errorf("%s is no service", asked.Service)
	}
	method := service.Methods().ByName(protoreflect.Name(asked.Method))
	if method == nil || method.IsStreamingClient() || method.IsStreamingServer() {
		return nil, fmt.Errorf("%s has no unary method %s", asked.Service, asked.Method)
	}
	request, err := made(string(method.Input().FullName()))
	if err != nil {
		return nil, err
	}
	if err := decode(asked.Request, request); err != nil {
		return nil, err
	}
	response, err := made(string(method.Output().FullName()))
	if err != nil {
		return nil, err
	}
	if asked.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, seconds(asked.Timeout))
		defer cancel()
	}
	path := fmt.Sprintf("/%s/%s", service.FullName(), method.Name())
	if err := d.client.Conn().Invoke(ctx, path, request, response); err != nil {
		return nil, err
	}
	return encoded("response", response)
}

// watch collects interactions that are published, over broken connections.
func (d *driver) watch(ctx context.Context, line []byte) (answer, error) {
	var asked struct {
		Count int
		Token string
	}
	if err := json.Unmarshal(line, &asked); err != nil {
		return nil, err
	}
	if d.client == nil {
		return nil, errNotConnected
	}
	token, err := hex.DecodeString(asked.Token)
	if err != nil {
		return nil, err
	}
	request := &interplayv1.WatchInteractionsRequest{ResumeToken: string(token)}
	ids, last := []string{}, string(token)
	for change, err := range d.client.WatchInteractions(ctx, request) {
		if err != nil {
			return nil, err
		}
		last = change.GetResumeToken()
		for _, interaction := range change.GetPublished().GetInteractions() {
			ids = append(ids, interaction.GetInteractionId())
		}
		if len(ids) >= asked.Count {
			break
		}
	}
	return answer{"interaction_ids": ids, "token": hex.EncodeToString([]byte(last))}, nil
}

// converse plays the agent of a dialogue.
func (d *driver) converse(ctx context.Context, line []byte) (answer, error) {
	var asked struct {
		Start   string
		Replies json.RawMessage
		FailAt  int `json:"fail_at"`
	}
	if err := json.Unmarshal(line, &asked); err != nil {
		return nil, err
	}
	if d.client == nil {
		return nil, errNotConnected
	}
	start := &interplayv1.ConverseStart{}
	if err := decode(asked.Start, start); err != nil {
		return nil, err
	}
	var replies []string
	if string(asked.Replies) != `"echo"` {
		if err := json.Unmarshal(asked.Replies, &replies); err != nil {
			return nil, err
		}
	}
	times := 0
	agent := func(_ context.Context, prompt interplay.Prompt) (interplay.Reply, error) {
		times++
		switch {
		case times == asked.FailAt:
			return interplay.Reply{}, fmt.Errorf("the agent fails at call %d", times)
		case replies == nil:
			return interplay.Reply{Content: "You said: " + prompt.Message}, nil
		case times <= len(replies):
			return interplay.Reply{Content: replies[times-1]}, nil
		default:
			return interplay.Reply{}, errors.New("no reply is left")
		}
	}
	talk, err := d.client.Converse(interplay.ConverseOptions{
		Assistant: agent, Persona: start.Persona, Query: start.Query, Config: start.Config,
		AgentVersion: start.AgentVersion, DialogueID: start.DialogueId, Resume: start.Resume,
		LastSequence: start.LastSequence,
	})
	if err != nil {
		return nil, err
	}
	dialogue, err := talk.Run(ctx)
	if err != nil {
		return nil, err
	}
	turns := []answer{}
	for _, turn := range dialogue.GetTurns() {
		turns = append(turns,
			answer{"role": "user", "content": turn.GetUser().GetContent()},
			answer{"role": "assistant", "content": turn.GetAssistant().GetContent()})
	}
	return answer{"turns": turns, "stop_reason": dialogue.GetStopReason().String(), "asked": times}, nil
}
