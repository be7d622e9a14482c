"""Estimates with their intervals, tests that allow looking at any time, and the verdict that rests on them."""
