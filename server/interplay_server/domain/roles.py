"""Side of the conversation that a free-text role stands for."""

from collections.abc import Iterable
from functools import lru_cache

USER, AGENT, SYSTEM = "user", "agent", "system"
DEFAULT_ROLE = "User"

_USER_WORDS = frozenset({"user", "customer", "client", "human", "end_user", "visitor"})
_SYSTEM_WORDS = frozenset({"system", "tool", "admin", "developer"})


@lru_cache(maxsize=4096)
def role_class(role: str) -> str:
    """USER, SYSTEM or AGENT: whatever is not known to be a user or the system is an agent (semantics 2.2)."""
    word = role.strip().lower()
    if not word or word in _USER_WORDS:
        return USER
    return SYSTEM if word in _SYSTEM_WORDS else AGENT


def strip_speaker_prefix(text: str, names: Iterable[str]) -> str:
    """Turn "Caroline: hi" into "hi" where Caroline is among the names (role, speaker)."""
    head, colon, _ = text[:80].replace("\uff1a", ":").partition(":")
    label = head.strip(" \t\r\n*_[]()").casefold()
    if colon and label and any(label == name.strip().casefold() for name in names):
        return text[len(head) + 1 :].lstrip(" \t*_") or text
    return text
