"""All finders over a text, until nothing more is found."""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

import msgspec

from interplay_server.monitoring.redaction import numbers, people, places, secrets
from interplay_server.monitoring.redaction.cleaning import clean
from interplay_server.monitoring.redaction.tally import Counts, add

_PASSES = 6
_WORTH_A_LOOK = re.compile(
    r"[@/\\~0-9\"'=:+`\u2018\u201c\u00ab]|[A-Za-z0-9_-]{12}|\b(?:at\]|at\))|-p|-----|\bfor |\bas |"
    r"(?i:user |customer |account |member |token |key |secret |password |passwd |code |phrase )"
)
_DIGIT = re.compile(r"[0-9]")
_NONE: Mapping[str, int] = MappingProxyType({})

_Finder = Callable[[str, Counts], str]
_FIRST: tuple[_Finder, ...] = (places.urls, secrets.keys, secrets.assignments, people.emails, people.accounts)
_FIRST_SAID = tuple(find for find in _FIRST if find is not people.accounts)
_NUMBERS: tuple[_Finder, ...] = (numbers.identifiers, numbers.payments, numbers.networks, numbers.hexadecimals)
_PLACES: tuple[_Finder, ...] = (people.phones, people.addresses)


class Redacted(msgspec.Struct, frozen=True):
    """`counts` holds replacements by placeholder, without those of which there were none."""

    text: str
    counts: Mapping[str, int] = _NONE

    @property
    def total(self) -> int:
        return sum(self.counts.values())


def redact(text: str, *, said: bool = False) -> Redacted:
    """`text` with placeholders where it told who somebody is or opened what is theirs: {email} {phone} {ip} {mac}
    {card} {iban} {user} {jwt} {key} {secret} {url} {path} {value} {uuid} {hex} {id} {address} {quoted}.

    Any string will do and none is read in more than linear time; redacting again changes nothing. What keeps on
    revealing more, which only hostile text does, becomes `{text}` whole. Finds forms, not meaning: names of people and
    what is said about them stay. In what was `said` in a conversation, quotations and what follows `user:` are left,
    and a text in which nothing is found stays as it is.
    """
    given, text = text, clean(text)
    counts: Counts = {}
    for _ in range(_PASSES):
        made = _once(text, counts, said=said)
        if made == text:
            if counts:
                return Redacted(text, MappingProxyType(counts))
            return Redacted(given if said else text)
        text = made
    add(counts, "text")
    return Redacted("{text}", MappingProxyType(counts))


def _once(text: str, counts: Counts, *, said: bool) -> str:
    if not _WORTH_A_LOOK.search(text):
        return text
    for find in _FIRST_SAID if said else _FIRST:
        text = find(text, counts)
    figures = _DIGIT.search(text)
    if figures:
        for find in _NUMBERS:
            text = find(text, counts)
    text = places.paths(text, counts)
    if figures:
        for find in _PLACES:
            text = find(text, counts)
    text = secrets.random_looking(text, counts)
    text = secrets.attached(text, counts)
    return text if said else places.quotations(text, counts)
