package interplay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	interplayv1 "interplay.example/go/interplay/v1"
)

const (
	userSide        = "user"
	assistantSide   = "assistant"
	defaultPatience = time.Minute
)

// Conversation is one dialogue, turn by turn. Steer and Cancel may be called while another goroutine runs it.
type Conversation struct {
	client  *Client
	options ConverseOptions
	start   *interplayv1.ConverseStart
	sides   map[string]Side
	// known: somebody said that the server knows it; before, it may or may not.
	known, tried, triedAgain bool
	dialogue                 *interplayv1.Dialogue
	turns                    []*interplayv1.DialogueTurn
	said                     map[string]answered
	completed                bool

	mu sync.Mutex
	// stream is the call that is open; told is what a later one is told again, as nobody knows what the server took of it.
	stream interplayv1.DialogueService_ConverseClient
	told   []*interplayv1.ConverseRequest
}

// answered is the last need of a side that was answered, what it was about, and the answer.
type answered struct {
	sequence int32
	message  string
	request  *interplayv1.ConverseRequest
}

// sideError is what a side returned, which must not be taken for a broken connection.
type sideError struct{ err error }

func (e sideError) Error() string { return e.err.Error() }

// DialogueID returns its id, with which another Converse can go on for 24 hours.
func (t *Conversation) DialogueID() string { return t.start.DialogueId }

// Steer tells model sides what to do from their next turn on.
func (t *Conversation) Steer(change *interplayv1.SteerDialogue) {
	t.tell(&interplayv1.ConverseRequest{Message: &interplayv1.ConverseRequest_Steer{Steer: change}})
}

// Cancel ends the dialogue between turns; Run then returns it.
func (t *Conversation) Cancel() {
	t.tell(&interplayv1.ConverseRequest{
		Message: &interplayv1.ConverseRequest_Cancel{Cancel: &interplayv1.CancelDialogue{}},
	})
}

// Run has the dialogue to its end and returns it, with its stop reason. It goes on by itself after a lost connection or a
// restart of the server, and asks no side twice for what was answered. It fails with the error of a side, the context's,
// or an [Error]; the dialogue stays as it is then, and Run again goes on with it.
func (t *Conversation) Run(ctx context.Context) (*interplayv1.Dialogue, error) {
	var pauses pauses
	since := time.Now()
	for !t.completed {
		// Whether a first call that broke has begun the dialogue is not known: going on with it tells.
		resuming := t.known || t.tried
		t.tried = true
		heard, err := t.call(ctx, resuming)
		if t.completed {
			break
		}
		if heard {
			since = time.Now()
			pauses.reset()
		}
		var fault sideError
		switch {
		case errors.As(err, &fault):
			return nil, fault.err
		case ctx.Err() != nil:
			return nil, cancelled(ctx)
		case t.client.ctx.Err() != nil:
			return nil, errClientClosed()
		}
		again, err := t.mend(ctx, err, resuming)
		if err != nil {
			return nil, err
		}
		if again == nil {
			continue
		}
		pause := pauses.next(retryAfter(again))
		if time.Since(since)+pause > t.options.Patience || !mayReconnect(again) {
			return nil, again
		}
		if sleep(ctx, pause) != nil {
			return nil, cancelled(ctx)
		}
		t.triedAgain = true
	}
	return t.dialogue, nil
}

// mend says what to do before another call: nothing, for nil; or wait, as `again` broke. It completes the dialogue where
// it has ended while nobody listened, or by what was told, which an answer may have crossed on its way.
func (t *Conversation) mend(ctx context.Context, broke error, resuming bool) (again, err error) {
	var status *Error
	if !errors.As(broke, &status) {
		return nil, broke
	}
	if status.Code == codes.NotFound && resuming && !t.known {
		t.tried = false
		return nil, nil
	}
	crossed := status.Code == codes.InvalidArgument && t.toldAny(func(*interplayv1.ConverseRequest) bool { return true })
	if t.known && (crossed || t.triedAgain && status.Code == codes.FailedPrecondition) {
		answer, err := t.client.Dialogues.GetDialogue(ctx, &interplayv1.GetDialogueRequest{DialogueId: t.DialogueID()})
		if err != nil {
			return nil, err
		}
		switch answer.Dialogue.GetStatus() {
		case interplayv1.DialogueStatus_DIALOGUE_STATUS_UNSPECIFIED, interplayv1.DialogueStatus_DIALOGUE_STATUS_RUNNING:
			if crossed {
				status = ended(broke, codes.Unavailable, status.Error())
			}
		default:
			t.dialogue, t.completed = answer.Dialogue, true
			for _, turn := range answer.Dialogue.GetTurns() {
				t.take(turn, 2*turn.GetNumber())
			}
			return nil, nil
		}
	}
	return status, nil
}

// call runs one call, to the end of the dialogue where nothing breaks. It reports whether anything came of it.
func (t *Conversation) call(ctx context.Context, resuming bool) (heard bool, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(t.client.ctx, cancel)()
	stream, err := t.client.Dialogues.Converse(ctx)
	if err != nil {
		return false, err
	}
	defer t.listen(nil)
	start := t.start
	if resuming {
		start = &interplayv1.ConverseStart{
			DialogueId: t.DialogueID(), Resume: true, LastSequence: t.start.LastSequence,
		}
	}
	// A call that has ended cannot be written to; reading from it tells its status.
	_ = stream.Send(&interplayv1.ConverseRequest{Message: &interplayv1.ConverseRequest_Start{Start: start}})
	for {
		answer, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return heard, ended(nil, codes.Unavailable, "the server ended the stream before its last message")
		}
		if err != nil {
			return heard, err
		}
		switch message := answer.GetMessage().(type) {
		case *interplayv1.ConverseResponse_Started:
			t.begin(message.Started)
			t.listen(stream)
		case *interplayv1.ConverseResponse_Turn:
			heard = t.take(message.Turn.GetTurn(), message.Turn.GetSequence()) || heard
		case *interplayv1.ConverseResponse_Delta:
			heard = true
			if t.options.OnDelta != nil {
				t.options.OnDelta(message.Delta)
			}
		case *interplayv1.ConverseResponse_Warning:
			heard = true
			if t.options.OnWarning != nil {
				t.options.OnWarning(message.Warning.GetMessage())
			}
		case *interplayv1.ConverseResponse_NeedAssistantTurn:
			need := message.NeedAssistantTurn
			asked, err := t.answer(ctx, assistantSide, need.GetSequence(), need.GetUserMessage(), need.GetSystemPrompt())
			if heard = asked || heard; err != nil {
				return heard, err
			}
		case *interplayv1.ConverseResponse_NeedUserTurn:
			need := message.NeedUserTurn
			asked, err := t.answer(ctx, userSide, need.GetSequence(), need.GetAssistantMessage(), "")
			if heard = asked || heard; err != nil {
				return heard, err
			}
		case *interplayv1.ConverseResponse_Completed:
			t.dialogue, t.completed = message.Completed.GetDialogue(), true
			return true, nil
		}
	}
}

func (t *Conversation) begin(started *interplayv1.ConverseStarted) {
	t.known = true
	t.dialogue = proto.Clone(started.GetDialogue()).(*interplayv1.Dialogue)
	t.turns = nil
	for _, turn := range started.GetDialogue().GetTurns() {
		if turn.GetNumber() <= t.start.LastSequence/2 {
			t.turns = append(t.turns, turn)
		}
	}
}

// take keeps a turn and reports whether it is new.
func (t *Conversation) take(turn *interplayv1.DialogueTurn, sequence int32) bool {
	if sequence <= t.start.LastSequence {
		return false
	}
	t.start.LastSequence = sequence
	t.turns = append(t.turns, turn)
	if t.options.OnTurn != nil {
		t.options.OnTurn(turn)
	}
	return true
}

// answer asks the side that is to speak, unless it was asked the same before, and sends what it says.
func (t *Conversation) answer(ctx context.Context, side string, sequence int32, message, system string) (asked bool, err error) {
	if t.cancelling() {
		return false, nil
	}
	play := t.sides[side]
	if play == nil {
		return false, sideError{fmt.Errorf("interplay: the %s of this dialogue is the program's: give its function", side)}
	}
	said, known := t.said[side]
	if !known || said.sequence != sequence || said.message != message {
		asked = true
		began := time.Now()
		reply, err := play(ctx, Prompt{Message: message, History: t.history(system, side == userSide && message != "")})
		if err != nil {
			return asked, sideError{err}
		}
		request, err := spoken(side, sequence, reply, time.Since(began))
		if err != nil {
			return asked, sideError{err}
		}
		said = answered{sequence, message, request}
		t.said[side] = said
	}
	if !t.cancelling() {
		t.write(said.request)
	}
	return asked, nil
}

func spoken(side string, sequence int32, reply Reply, took time.Duration) (*interplayv1.ConverseRequest, error) {
	blank := strings.TrimSpace(reply.Content) == ""
	if side == userSide {
		turn := &interplayv1.UserTurn{Sequence: sequence, Content: reply.Content}
		if blank {
			turn.Content, turn.Done = "", true
		}
		return &interplayv1.ConverseRequest{Message: &interplayv1.ConverseRequest_UserTurn{UserTurn: turn}}, nil
	}
	if blank {
		return nil, errors.New("interplay: the agent answered nothing")
	}
	return &interplayv1.ConverseRequest{Message: &interplayv1.ConverseRequest_AssistantTurn{
		AssistantTurn: &interplayv1.AssistantTurn{
			Sequence: sequence, Content: reply.Content, Metadata: reply.Metadata,
			Usage: &interplayv1.DialogueUsage{
				InputTokens: reply.InputTokens, OutputTokens: reply.OutputTokens,
				LatencyMs: float64(took) / float64(time.Millisecond),
			},
		},
	}}, nil
}

// history is what was said before the latest message, which a user is handed besides.
func (t *Conversation) history(system string, withoutLast bool) []Message {
	var said []Message
	if system != "" {
		said = append(said, Message{"system", system})
	}
	for _, turn := range t.turns {
		said = append(said, Message{userSide, turn.GetUser().GetContent()})
		said = append(said, Message{assistantSide, turn.GetAssistant().GetContent()})
	}
	if withoutLast && len(said) > 0 {
		said = said[:len(said)-1]
	}
	return said
}

// tell says something at once, or where nobody listens once somebody does.
func (t *Conversation) tell(request *interplayv1.ConverseRequest) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.told = append(t.told, request)
	if t.stream != nil {
		_ = t.stream.Send(request)
	}
}

// listen says to whom to talk from now on, and tells it what others were told; nil for nobody.
func (t *Conversation) listen(stream interplayv1.DialogueService_ConverseClient) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.stream = stream
	if stream != nil {
		for _, request := range t.told {
			_ = stream.Send(request)
		}
	}
}

func (t *Conversation) write(request *interplayv1.ConverseRequest) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.stream != nil {
		_ = t.stream.Send(request)
	}
}

func (t *Conversation) cancelling() bool {
	return t.toldAny(func(request *interplayv1.ConverseRequest) bool { return request.GetCancel() != nil })
}

func (t *Conversation) toldAny(is func(*interplayv1.ConverseRequest) bool) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, request := range t.told {
		if is(request) {
			return true
		}
	}
	return false
}
