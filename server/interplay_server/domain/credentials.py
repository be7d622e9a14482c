"""Who calls and what they may do."""

import msgspec

READ, WRITE, ADMIN, OPERATOR = "READ", "WRITE", "ADMIN", "OPERATOR"
RIGHTS = frozenset({READ, WRITE, ADMIN, OPERATOR})
DEFAULT_TENANT = "default"


class Credential(msgspec.Struct, frozen=True):
    """`principal` is for logs; `tenant` is "" where the caller may name it (no authentication)."""

    principal: str
    tenant: str
    rights: frozenset[str]


ANONYMOUS = Credential("anonymous", "", RIGHTS)


class ApiKeyRecord(msgspec.Struct, frozen=True):
    """An API key without its secret. Times are microseconds."""

    api_key_id: str
    tenant: str
    display_name: str
    rights: frozenset[str]
    create_time: int
    expire_time: int | None = None
    revoke_time: int | None = None


def check_rights(rights: frozenset[str]) -> None:
    """Raises ValueError for a right that does not exist, or none at all."""
    if not rights or rights - RIGHTS:
        raise ValueError(f"rights must be some of {', '.join(sorted(RIGHTS))}")
