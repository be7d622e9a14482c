"""The command line `interplay`: serves, and talks to a server through the Python client."""

from interplay_server.cli.root import main

__all__ = ["main"]
