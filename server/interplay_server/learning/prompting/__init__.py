"""Extraction by a language model: what it is asked, what it may answer and what of its answer is kept."""
