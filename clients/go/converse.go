package interplay

import (
	"context"
	"time"

	"google.golang.org/protobuf/types/known/structpb"

	interplayv1 "interplay.example/go/interplay/v1"
)

// Message is what was said before.
type Message struct {
	// Role is system, user or assistant.
	Role string
	// Content is the text.
	Content string
}

// Prompt is what a side is asked.
type Prompt struct {
	// Message is what the other side said; empty for a user who begins.
	Message string
	// History is what was said before Message; it begins with a system message where there is a system prompt.
	History []Message
}

// Reply is what a side says. A user's empty Content ends the dialogue.
type Reply struct {
	// Content is the text.
	Content string
	// Metadata is anything else, for example tools called; of the assistant only.
	Metadata *structpb.Struct
	// InputTokens and OutputTokens are what it took, where that is known; of the assistant only.
	InputTokens, OutputTokens int64
}

// Side plays a side of a dialogue. Its context is that of [Conversation.Run]; its error ends Run and leaves the dialogue
// as it is.
type Side func(ctx context.Context, prompt Prompt) (Reply, error)

// ConverseOptions are the arguments of [Client.Converse]. All may be left out.
type ConverseOptions struct {
	// Assistant is the agent under test; nil means the server's model.
	Assistant Side
	// User plays the user; nil means the server, who plays Persona.
	User Side
	// Human says that the function of a side asks a human: user or assistant.
	Human string
	// Persona is whom the server plays, and Query what is asked first; it draws what is not given.
	Persona *interplayv1.Persona
	Query   *interplayv1.DialogueQuery
	// Config says how long the dialogue goes on, and more.
	Config *interplayv1.DialogueConfig
	// AgentVersion is kept with the dialogue.
	AgentVersion string
	// DialogueID names it; a random one where empty. With Resume it is gone on with: of the rest only LastSequence counts
	// then, and the functions of the sides that were the program's.
	DialogueID   string
	Resume       bool
	LastSequence int32
	// Patience is how long it tries without a connection; default one minute.
	Patience time.Duration
	// OnTurn is told of each turn that is saved, OnDelta of each piece of a text that is being made, OnWarning of what
	// there is to know.
	OnTurn    func(*interplayv1.DialogueTurn)
	OnDelta   func(*interplayv1.ConverseDelta)
	OnWarning func(string)
}

// Converse prepares a dialogue; [Conversation.Run] has it.
func (c *Client) Converse(options ConverseOptions) (*Conversation, error) {
	sides := map[string]Side{}
	if options.User != nil {
		sides[userSide] = options.User
	}
	if options.Assistant != nil {
		sides[assistantSide] = options.Assistant
	}
	if options.Human != "" && sides[options.Human] == nil {
		return nil, invalid("Human needs the function that asks this human")
	}
	if options.Resume && options.DialogueID == "" {
		return nil, invalid("Resume needs the DialogueID")
	}
	if options.Patience == 0 {
		options.Patience = defaultPatience
	}
	played := func(side string) interplayv1.DialogueSide {
		switch {
		case sides[side] == nil:
			return interplayv1.DialogueSide_DIALOGUE_SIDE_MODEL
		case side == options.Human:
			return interplayv1.DialogueSide_DIALOGUE_SIDE_HUMAN
		default:
			return interplayv1.DialogueSide_DIALOGUE_SIDE_CLIENT
		}
	}
	id := options.DialogueID
	if id == "" {
		id = "dialogue_" + randomID()
	}
	return &Conversation{
		client: c, options: options, sides: sides, known: options.Resume, said: map[string]answered{},
		dialogue: &interplayv1.Dialogue{DialogueId: id},
		start: &interplayv1.ConverseStart{
			DialogueId: id, Resume: options.Resume, LastSequence: options.LastSequence,
			User: played(userSide), Assistant: played(assistantSide), Persona: options.Persona, Query: options.Query,
			Config: options.Config, AgentVersion: options.AgentVersion,
		},
	}, nil
}
