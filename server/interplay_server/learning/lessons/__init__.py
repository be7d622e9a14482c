"""Lessons for the agent from what users and reviewers say of its replies, by rules."""

from interplay_server.learning.lessons.extract import lessons, ordinary_lessons

__all__ = ["ENGINE_VERSION", "lessons", "ordinary_lessons"]

ENGINE_VERSION = "rules-lessons-2"
"""Changes whenever the same window may give other lessons."""
