"""Reads the tables of a shop, as CSV or JSON lines, piece by piece into records."""
