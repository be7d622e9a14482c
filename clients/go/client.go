package interplay

import (
	"context"
	"io"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	interplayv1 "interplay.example/go/interplay/v1"
)

// Version of this client.
const Version = "0.1.0"

// Client is a connection to a server, safe for many goroutines. Its fields are the generated clients of the services:
// their calls carry the key and the tenant, are retried by the service config, get [Config.Timeout] where their context
// has no deadline, and fail with an [Error].
//
// A call that writes and has no request_id is given one, so that a retry never doubles anything.
type Client struct {
	Interactions interplayv1.InteractionServiceClient
	Operations   interplayv1.OperationServiceClient
	Admin        interplayv1.AdminServiceClient
	Profiles     interplayv1.ProfileServiceClient
	Playbooks    interplayv1.PlaybookServiceClient
	Learning     interplayv1.LearningServiceClient
	Contexts     interplayv1.ContextServiceClient
	Evaluations  interplayv1.EvaluationServiceClient
	Features     interplayv1.FeatureServiceClient
	Monitor      interplayv1.MonitorServiceClient
	Dialogues    interplayv1.DialogueServiceClient

	config Config
	conn   *grpc.ClientConn
	ctx    context.Context
	cancel context.CancelFunc

	mu         sync.Mutex
	closed     bool
	publishers sync.WaitGroup
}

// Connect returns a client. It does not wait for the server: the first call connects, and fails with UNAVAILABLE where
// nobody listens. Connect refuses to send an API key in plaintext to another machine, unless AllowInsecure is set.
func Connect(config Config) (*Client, error) {
	config, err := config.withDefaults()
	if err != nil {
		return nil, err
	}
	c := &Client{config: config}
	if c.conn, err = c.newConn(); err != nil {
		return nil, err
	}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	c.Interactions = interplayv1.NewInteractionServiceClient(c.conn)
	c.Operations = interplayv1.NewOperationServiceClient(c.conn)
	c.Admin = interplayv1.NewAdminServiceClient(c.conn)
	c.Profiles = interplayv1.NewProfileServiceClient(c.conn)
	c.Playbooks = interplayv1.NewPlaybookServiceClient(c.conn)
	c.Learning = interplayv1.NewLearningServiceClient(c.conn)
	c.Contexts = interplayv1.NewContextServiceClient(c.conn)
	c.Evaluations = interplayv1.NewEvaluationServiceClient(c.conn)
	c.Features = interplayv1.NewFeatureServiceClient(c.conn)
	c.Monitor = interplayv1.NewMonitorServiceClient(c.conn)
	c.Dialogues = interplayv1.NewDialogueServiceClient(c.conn)
	return c, nil
}

// Conn returns the connection, for calls that need no typed client.
func (c *Client) Conn() *grpc.ClientConn { return c.conn }

// Close aborts the publishers that are still open, waits for their goroutines, and ends the connection and every call.
// Closing again does nothing.
func (c *Client) Close() error {
	c.mu.Lock()
	first := !c.closed
	c.closed = true
	c.mu.Unlock()
	c.cancel()
	c.publishers.Wait()
	if !first {
		return nil
	}
	return c.conn.Close()
}

// enter counts a publisher that Close must wait for.
func (c *Client) enter() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return errClientClosed()
	}
	c.publishers.Add(1)
	return nil
}

// newConn makes another connection to the same server; whoever asks must close it.
func (c *Client) newConn() (*grpc.ClientConn, error) {
	options := append([]grpc.DialOption{
		grpc.WithChainUnaryInterceptor(c.unary),
		grpc.WithChainStreamInterceptor(c.stream),
	}, c.config.dialOptions()...)
	return grpc.NewClient(c.config.Target, options...)
}

func (c *Client) outgoing(ctx context.Context) context.Context {
	if c.config.APIKey != "" {
		ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+c.config.APIKey)
	}
	if c.config.Tenant != "" {
		ctx = metadata.AppendToOutgoingContext(ctx, "interplay-tenant", c.config.Tenant)
	}
	return ctx
}

func (c *Client) unary(
	ctx context.Context, method string, request, reply any, conn *grpc.ClientConn, invoke grpc.UnaryInvoker,
	options ...grpc.CallOption,
) error {
	if _, has := ctx.Deadline(); !has {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.config.Timeout)
		defer cancel()
	}
	return asError(ctx, invoke(c.outgoing(ctx), method, identified(request), reply, conn, options...))
}

func (c *Client) stream(
	ctx context.Context, desc *grpc.StreamDesc, conn *grpc.ClientConn, method string, open grpc.Streamer,
	options ...grpc.CallOption,
) (grpc.ClientStream, error) {
	stream, err := open(c.outgoing(ctx), desc, conn, method, options...)
	if err != nil {
		return nil, asError(ctx, err)
	}
	return &typedStream{stream}, nil
}

// typedStream fails with *Error.
type typedStream struct{ grpc.ClientStream }

func (s *typedStream) Header() (metadata.MD, error) {
	header, err := s.ClientStream.Header()
	return header, asError(s.Context(), err)
}

func (s *typedStream) SendMsg(message any) error {
	if err := s.ClientStream.SendMsg(message); err != io.EOF {
		return asError(s.Context(), err)
	}
	return io.EOF
}

func (s *typedStream) RecvMsg(message any) error {
	if err := s.ClientStream.RecvMsg(message); err != io.EOF {
		return asError(s.Context(), err)
	}
	return io.EOF
}
