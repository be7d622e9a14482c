"""Streams that live: publishing with offsets and acks, watching with tokens, draining."""
