"""The demo: twelve people's conversations, streamed to a real server that is killed half-way."""
