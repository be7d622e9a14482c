"""Measures the server against the bare work that it cannot avoid: `make bench`."""
