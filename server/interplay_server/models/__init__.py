"""Adapters for the models that Interplay calls: text embedders and language models."""
