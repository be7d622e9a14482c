"""Tables in an object store, and the ledger that is shipped there."""
