package interplay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	interplayv1 "interplay.example/go/interplay/v1"
)

// counting is a watch that never ends: its token is the number that comes next, and it breaks after every third.
func counting(calls *int) func(*interplayv1.WatchInteractionsRequest, interplayv1.InteractionService_WatchInteractionsServer) error {
	return func(request *interplayv1.WatchInteractionsRequest, stream interplayv1.InteractionService_WatchInteractionsServer) error {
		*calls++
		next, _ := strconv.Atoi(request.ResumeToken)
		if request.FromBeginning && request.ResumeToken != "" {
			return status.Error(codes.InvalidArgument, "one of both")
		}
		if err := stream.Send(&interplayv1.WatchInteractionsResponse{
			ResumeToken: strconv.Itoa(next),
			Event:       &interplayv1.WatchInteractionsResponse_Heartbeat{Heartbeat: &interplayv1.WatchHeartbeat{}},
		}); err != nil {
			return err
		}
		for range 3 {
			if err := stream.Send(&interplayv1.WatchInteractionsResponse{
				ResumeToken: strconv.Itoa(next + 1),
				Event: &interplayv1.WatchInteractionsResponse_Published{Published: &interplayv1.InteractionsPublished{
					Interactions: []*interplayv1.Interaction{{InteractionId: strconv.Itoa(next)}},
				}},
			}); err != nil {
				return err
			}
			next++
		}
		if *calls%2 == 0 {
			return nil
		}
		return status.Error(codes.Unavailable, "cut")
	}
}

func TestWatchGoesOnFromItsToken(t *testing.T) {
	calls := 0
	client := (&ledger{watch: counting(&calls)}).dialed(t, Config{})
	request := &interplayv1.WatchInteractionsRequest{FromBeginning: true}
	var heard []string
	for change, err := range client.WatchInteractions(within(t), request) {
		if err != nil {
			t.Fatal(err)
		}
		heard = append(heard, change.GetPublished().Interactions[0].InteractionId)
		if len(heard) == 10 {
			break
		}
	}
	if want := []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}; !slices.Equal(heard, want) || calls != 4 {
		t.Fatalf("heard %v in %d calls", heard, calls)
	}
	if request.ResumeToken != "" || !request.FromBeginning {
		t.Fatal("the caller's request was changed")
	}
	for change, err := range client.WatchInteractions(within(t), request, Heartbeats()) {
		if err != nil || change.GetHeartbeat() == nil {
			t.Fatalf("the first is %v, %v", change, err)
		}
		break
	}
}

func TestWatchEndsWithWhatCannotBeMended(t *testing.T) {
	client := (&ledger{watch: func(*interplayv1.WatchInteractionsRequest, interplayv1.InteractionService_WatchInteractionsServer) error {
		return reasoned(codes.PermissionDenied, "RIGHT_MISSING").Err()
	}}).dialed(t, Config{})
	times := 0
	for _, err := range client.WatchInteractions(within(t), &interplayv1.WatchInteractionsRequest{}) {
		times++
		wantCode(t, err, codes.PermissionDenied, "RIGHT_MISSING")
	}
	if times != 1 {
		t.Fatalf("it said so %d times", times)
	}
}

func TestWatchEndsWithItsContextAndItsClient(t *testing.T) {
	client := (&ledger{watch: func(_ *interplayv1.WatchInteractionsRequest, stream interplayv1.InteractionService_WatchInteractionsServer) error {
		<-stream.Context().Done()
		return nil
	}}).dialed(t, Config{})
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	for _, err := range client.WatchInteractions(ctx, &interplayv1.WatchInteractionsRequest{}) {
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("got %v", err)
		}
	}
	ended := make(chan error, 1)
	go func() {
		for _, err := range client.WatchInteractions(context.Background(), &interplayv1.WatchInteractionsRequest{}) {
			ended <- err
		}
	}()
	if err := client.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; !errors.Is(err, ErrClosed) {
		t.Fatalf("got %v", err)
	}
}

func TestPages(t *testing.T) {
	list := func(_ context.Context, request *interplayv1.ListSessionsRequest, _ ...grpc.CallOption) (*interplayv1.ListSessionsResponse, error) {
		if request.UserId != "ada" {
			return nil, errors.New("another query")
		}
		number, _ := strconv.Atoi(request.PageToken)
		answer := &interplayv1.ListSessionsResponse{NextPageToken: strconv.Itoa(number + 1)}
		if number == 2 {
			answer.NextPageToken = ""
		}
		return answer, nil
	}
	request, pages := &interplayv1.ListSessionsRequest{UserId: "ada"}, 0
	for _, err := range Pages(context.Background(), list, request) {
		if err != nil {
			t.Fatal(err)
		}
		pages++
	}
	if pages != 3 || request.PageToken != "" {
		t.Fatalf("%d pages, %v", pages, request)
	}
	for _, err := range Pages(context.Background(), list, &interplayv1.ListSessionsRequest{}) {
		if err == nil {
			t.Fatal("the error is lost")
		}
	}
}

// stage has a dialogue of two turns; a call breaks whenever a need was told, and whenever it was answered.
type stage struct {
	turns  []*interplayv1.DialogueTurn
	calls  int
	breaks int
}

func (s *stage) converse(stream interplayv1.DialogueService_ConverseServer) error {
	s.calls++
	request, err := stream.Recv()
	if err != nil {
		return err
	}
	start := request.GetStart()
	if start.Resume && s.calls == 1 {
		return status.Error(codes.NotFound, "no dialogue")
	}
	dialogue := &interplayv1.Dialogue{DialogueId: start.DialogueId, Turns: s.turns}
	if err := stream.Send(&interplayv1.ConverseResponse{
		Message: &interplayv1.ConverseResponse_Started{Started: &interplayv1.ConverseStarted{Dialogue: dialogue}},
	}); err != nil {
		return err
	}
	for _, turn := range s.turns {
		if err := s.tell(stream, turn, start.LastSequence); err != nil {
			return err
		}
	}
	for len(s.turns) < 2 {
		number := int32(len(s.turns) + 1)
		asked := fmt.Sprintf("question %d", number)
		if err := stream.Send(&interplayv1.ConverseResponse{Message: &interplayv1.ConverseResponse_NeedAssistantTurn{
			NeedAssistantTurn: &interplayv1.NeedAssistantTurn{Sequence: 2 * number, UserMessage: asked, SystemPrompt: "be kind"},
		}}); err != nil {
			return err
		}
		answer, err := stream.Recv()
		if err == io.EOF || err != nil {
			return err
		}
		if s.breaks++; s.breaks%2 == 1 {
			return status.Error(codes.Unavailable, "cut before it is saved")
		}
		turn := &interplayv1.DialogueTurn{
			Number: number, User: &interplayv1.DialogueMessage{Content: asked},
			Assistant: &interplayv1.DialogueMessage{Content: answer.GetAssistantTurn().GetContent()},
		}
		s.turns = append(s.turns, turn)
		if number == 1 {
			return status.Error(codes.Unavailable, "cut before it is told")
		}
		if err := s.tell(stream, turn, start.LastSequence); err != nil {
			return err
		}
	}
	return stream.Send(&interplayv1.ConverseResponse{Message: &interplayv1.ConverseResponse_Completed{
		Completed: &interplayv1.ConverseCompleted{Dialogue: &interplayv1.Dialogue{
			DialogueId: start.DialogueId, Turns: s.turns, NumTurns: 2, StopReason: interplayv1.StopReason_STOP_REASON_MAX_TURNS,
		}},
	}})
}

func (s *stage) tell(stream interplayv1.DialogueService_ConverseServer, turn *interplayv1.DialogueTurn, after int32) error {
	if 2*turn.Number <= after {
		return nil
	}
	return stream.Send(&interplayv1.ConverseResponse{Message: &interplayv1.ConverseResponse_Turn{
		Turn: &interplayv1.ConverseTurn{Sequence: 2 * turn.Number, Turn: turn},
	}})
}

func TestConverseAsksNobodyTwice(t *testing.T) {
	s := &stage{}
	client := (&ledger{converse: s.converse}).dialed(t, Config{})
	var prompts []Prompt
	var told []int32
	talk, err := client.Converse(ConverseOptions{
		Assistant: func(_ context.Context, prompt Prompt) (Reply, error) {
			prompts = append(prompts, prompt)
			return Reply{Content: "You said: " + prompt.Message}, nil
		},
		OnTurn: func(turn *interplayv1.DialogueTurn) { told = append(told, turn.Number) },
	})
	if err != nil {
		t.Fatal(err)
	}
	dialogue, err := talk.Run(within(t))
	if err != nil {
		t.Fatal(err)
	}
	if dialogue.NumTurns != 2 || dialogue.Turns[1].Assistant.Content != "You said: question 2" || s.calls != 4 {
		t.Fatalf("after %d calls it is %v", s.calls, dialogue)
	}
	if len(prompts) != 2 || !slices.Equal(told, []int32{1, 2}) {
		t.Fatalf("asked %v, told of %v", prompts, told)
	}
	want := []Message{{"system", "be kind"}, {"user", "question 1"}, {"assistant", "You said: question 1"}}
	if !slices.Equal(prompts[1].History, want) {
		t.Fatalf("the history is %v", prompts[1].History)
	}
}

func TestConverseEndsWithTheErrorOfASideAndGoesOn(t *testing.T) {
	s := &stage{}
	client := (&ledger{converse: s.converse}).dialed(t, Config{})
	fault, times := status.Error(codes.Unavailable, "the agent's own"), 0
	talk, err := client.Converse(ConverseOptions{Assistant: func(context.Context, Prompt) (Reply, error) {
		if times++; times == 1 {
			return Reply{}, fault
		}
		return Reply{Content: "fine"}, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := talk.Run(within(t)); err != fault {
		t.Fatalf("got %v", err)
	}
	if dialogue, err := talk.Run(within(t)); err != nil || dialogue.NumTurns != 2 {
		t.Fatalf("got %v, %v", dialogue, err)
	}
	_, err = client.Converse(ConverseOptions{Resume: true})
	wantCode(t, err, codes.InvalidArgument, "")
}
