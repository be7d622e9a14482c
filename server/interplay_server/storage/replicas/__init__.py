"""A server's data folder read by another process beside its writer."""
