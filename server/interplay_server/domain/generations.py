"""Generations of learnt rows: a rerun writes a pending one, a promotion or a rollback moves one pointer.

`promoted` is a stack. A generation may cover some users only; a user's active generation is the topmost that covers
them, so that the others keep what they have. Every generation has cursors of its own: whichever is active goes on
learning where it stood.
"""

import msgspec

from interplay_server.domain.learnt import FIRST_GENERATION, PINNED

META_KEY = "generations"


class Generation(msgspec.Struct, frozen=True, omit_defaults=True):
    number: int
    create_time: int | None = None
    complete: bool = True
    users: tuple[str, ...] | None = None
    """None covers everybody."""
    operation_id: str = ""

    def covers(self, user_id: str) -> bool:
        return self.users is None or user_id in self.users


class Generations(msgspec.Struct, frozen=True, omit_defaults=True):
    """Of one kind of rows."""

    promoted: tuple[Generation, ...] = (Generation(FIRST_GENERATION),)
    pending: Generation | None = None
    last: int = FIRST_GENERATION

    @property
    def active(self) -> Generation:
        return self.promoted[-1]

    @property
    def previous(self) -> Generation | None:
        return self.promoted[-2] if len(self.promoted) > 1 else None

    def active_for(self, user_id: str) -> int:
        return next(one.number for one in reversed(self.promoted) if one.covers(user_id))

    def shows(self, generation: int, user_id: str) -> bool:
        """Whether reads see a user's rows of a generation."""
        return generation in (PINNED, self.active_for(user_id))

    def begin(self, operation_id: str, users: tuple[str, ...] | None, now: int) -> "Generations":
        made = Generation(self.last + 1, now, complete=False, users=users, operation_id=operation_id)
        return msgspec.structs.replace(self, pending=made, last=made.number)

    def completed(self) -> "Generations":
        assert self.pending is not None  # noqa: S101 - by its rerun
        return msgspec.structs.replace(self, pending=msgspec.structs.replace(self.pending, complete=True))

    def discarded(self) -> "Generations":
        return msgspec.structs.replace(self, pending=None)

    def promote(self) -> "Generations":
        """Raises ValueError where nothing is pending or its rerun is running."""
        if self.pending is None or not self.pending.complete:
            raise ValueError("nothing to promote")
        return msgspec.structs.replace(self, promoted=(*self.promoted, self.pending), pending=None)

    def roll_back(self) -> "Generations":
        """Raises ValueError where there is nothing before the active one."""
        if len(self.promoted) < 2:
            raise ValueError("nothing before the active generation")
        return msgspec.structs.replace(self, promoted=self.promoted[:-1])


class AllGenerations(msgspec.Struct, frozen=True, omit_defaults=True):
    """By kind of rows; one value of the ledger."""

    profiles: Generations = Generations()
    playbooks: Generations = Generations()

    def of(self, kind: str) -> Generations:
        found: Generations = getattr(self, kind)
        return found

    def with_(self, kind: str, value: Generations) -> "AllGenerations":
        return msgspec.structs.replace(self, **{kind: value})


_decode = msgspec.json.Decoder(AllGenerations).decode


def load(text: str | None) -> AllGenerations:
    return _decode(text) if text else AllGenerations()


def save(generations: AllGenerations) -> str:
    return msgspec.json.encode(generations).decode()
