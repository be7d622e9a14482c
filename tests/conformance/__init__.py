"""The suite that every client must pass."""
