"""The services of the contract: parse, call, render. `convert` is the only place where messages meet domain types."""
