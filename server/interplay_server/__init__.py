"""The Interplay server: a gRPC service over LanceDB that remembers interactions."""

__version__ = "0.1.0"
