"""Learning: windows, extraction, merging, aggregation, generations; what is published becomes what is known."""
