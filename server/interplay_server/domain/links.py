"""Guests who were found to be accounts: which ids are one person, and since when."""

import asyncio
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple, TypeVar

import msgspec

from interplay_server.domain.learnt import ChangeFilter, LearntFilter
from interplay_server.domain.query import InteractionFilter

Where = TypeVar("Where", InteractionFilter, LearntFilter, ChangeFilter)


class UserLink(msgspec.Struct, frozen=True):
    """`link_time` in microseconds; `link_seq` is its place in the journal: what the guest publishes behind it is read
    as the account's.
    """

    guest_id: str
    account_id: str
    link_time: int
    link_seq: int


class LinkChange(msgspec.Struct, frozen=True, array_like=True):
    """A link that is made or, without `linked`, taken back; `since` is then the link's `link_seq`."""

    guest_id: str
    account_id: str
    linked: bool
    since: int = 0


class Person(NamedTuple):
    """All ids of one person, the account's first."""

    ids: tuple[str, ...]
    among: frozenset[str]


Members = tuple[tuple[str, int], ...]
"""(id, sequence number after which it counts) of everybody whom a pass of learning reads as one person."""


class Links:
    """Links of one tenant in memory. A guest has one account, an account is nobody's guest.

    `changing` is held by whoever looks at links in order to change them.
    """

    def __init__(self, links: Iterable[UserLink] = ()) -> None:
        self._links = {one.guest_id: one for one in links}
        self._guests: dict[str, dict[str, None]] = {}
        for one in self._links.values():
            self._guests.setdefault(one.account_id, {})[one.guest_id] = None
        self._people: dict[str, Person] = {}
        self.changing = asyncio.Lock()

    def __bool__(self) -> bool:
        return bool(self._links)

    def __iter__(self) -> Iterator[UserLink]:
        """In the order in which they were made."""
        return iter(tuple(self._links.values()))

    def page(self, user_id: str, *, limit: int, before: int | None) -> list[UserLink]:
        """The newest first, of a guest or account or, without one, of everybody; `before` is the link_seq of the last
        one seen.
        """
        found = (
            one
            for one in reversed(self._links.values())
            if (before is None or one.link_seq < before) and user_id in ("", one.guest_id, one.account_id)
        )
        return list(islice(found, limit))

    def get(self, guest_id: str) -> UserLink | None:
        return self._links.get(guest_id)

    def account(self, user_id: str) -> str:
        """The account of a guest, else the id itself."""
        found = self._links.get(user_id)
        return user_id if found is None else found.account_id

    def linked(self, user_id: str) -> tuple[str, ...]:
        """All ids of one person, the account's first."""
        found = self.person(user_id)
        return (user_id,) if found is None else found.ids

    def person(self, user_id: str) -> Person | None:
        """None for who has one id only."""
        account = self.account(user_id)
        if account not in self._guests:
            return None
        if (known := self._people.get(account)) is None:
            ids = (account, *sorted(self._guests[account]))
            known = self._people[account] = Person(ids, frozenset(ids))
        return known

    def members(self, user_id: str) -> Members:
        """Whose interactions learning reads together under the account's id."""
        return tuple((one, self._since(one)) for one in self.linked(user_id))

    def _since(self, user_id: str) -> int:
        found = self._links.get(user_id)
        return 0 if found is None else found.link_seq

    def conflict(self, guest_id: str, account_id: str) -> str:
        """Why two ids cannot be linked; empty where they can, or are."""
        if guest_id == account_id:
            return "they are the same id"
        if (link := self._links.get(guest_id)) is not None:
            return "" if link.account_id == account_id else "the guest is linked to another account"
        if account_id in self._links:
            made = "a circle" if self._links[account_id].account_id == guest_id else "a chain"
            return f"the account is a guest itself, which would make {made}"
        return "the guest is an account with guests, which would make a chain" if guest_id in self._guests else ""

    def of_person(self, where: Where) -> Where:
        """A filter that names one id of a person as one that names them all."""
        if not where.user_id or not self._links or (found := self.person(where.user_id)) is None:
            return where
        among = found.among & where.user_ids if where.user_ids else found.among
        return msgspec.structs.replace(where, user_id="", user_ids=among) if among else where

    def apply(self, change: LinkChange, seq: int, time: int) -> None:
        """What a committed change comes to."""
        self._people.pop(change.account_id, None)
        if change.linked:
            self._links[change.guest_id] = UserLink(change.guest_id, change.account_id, time, seq)
            self._guests.setdefault(change.account_id, {})[change.guest_id] = None
            return
        self._links.pop(change.guest_id, None)
        guests = self._guests.get(change.account_id, {})
        guests.pop(change.guest_id, None)
        if not guests:
            self._guests.pop(change.account_id, None)
