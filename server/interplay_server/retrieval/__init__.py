"""Ranks the turns of a dialogue for a query: text analysis, columnar corpus, weighted score."""
