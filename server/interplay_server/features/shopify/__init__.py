"""Reads raw documents of a Shopify shop, from its Admin API, web pixels and webhooks, piece by piece into records."""
