"""Rows of a tenant's vault: what leads from people to their aliases. None is readable without the master key."""

import msgspec

EVENT_KEY, CONSENT_KEY = "event", "consent"


class StoredKey(msgspec.Struct, frozen=True):
    """`wrapped` is the material under the master key, empty once it is destroyed. Times are microseconds."""

    key_id: str
    purpose: str
    wrapped: bytes
    create_time: int
    destroy_time: int | None = None


class StoredPerson(msgspec.Struct, frozen=True):
    """A person as one event key knows them. A person has a row for each event key under which they were seen."""

    lookup: bytes
    """HMAC of the identity under the event key."""
    key_id: str
    alias: str
    subject: bytes
    """HMAC of the identity under the consent key."""
    wrapped: bytes
    """Data key under the event key."""


class StoredConsent(msgspec.Struct, frozen=True):
    """`opted_in` as the person said it, `time` when."""

    subject: bytes
    opted_in: bool
    time: int


class StoredContentKey(msgspec.Struct, frozen=True):
    """A key that seals texts of a person; `person` and `wrapped` are empty once it is destroyed."""

    key_id: bytes
    person: bytes
    """Keyed digest of the user id, or what stands for nobody's."""
    wrapped: bytes
    """Material under the master key."""
    create_time: int
