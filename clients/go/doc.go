// Package interplay is the Go client of Interplay, the gRPC server that remembers what users and agents do together.
//
// [Connect] returns a [Client], whose fields are the generated clients of every service. On top of them it has typed
// errors ([Error]), retries of lost calls, publishers that survive lost connections and restarts of the server
// ([Client.Publisher], [Client.EventPublisher], [Client.MonitorPublisher]), watches that go on by themselves
// ([Client.WatchInteractions] and others), lists page by page ([Pages]), and dialogues in which a function of the caller
// is the agent ([Client.Converse]).
//
// The messages are those of interplay.example/go/interplay/v1.
package interplay
