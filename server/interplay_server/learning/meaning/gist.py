"""What a statement says whatever the order of its words: content, attributes, quantities, and what is denied.

Where the parts of two statements differ in their verbs and frames, their gists may still be one: "Browser: Firefox" and
"Uses Firefox for browsing". Names, quantities and negation must agree as they must everywhere.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from interplay_server.learning.meaning import lexicon
from interplay_server.learning.meaning.attributes import CITIES, COUNTRIES
from interplay_server.learning.meaning.draft import BE, CONTEXT, HAVE, MERE
from interplay_server.learning.meaning.families import NAMING, VALUED, Family
from interplay_server.learning.meaning.normal import Token, canonical, key, keys
from interplay_server.learning.meaning.quantity import Quantity
from interplay_server.learning.meaning.statement import parse

_PERSONS = keys(lexicon.RELATIONS) - keys(lexicon.PETS + " team")
_EMPTY = (
    CONTEXT | MERE | {BE, HAVE, "@use", "is"}
    | keys(
        "do go get make take use keep hold give put let need must should can will would may shall might other such "
        "method way mean means kind type choice people person someone something thing things nobody anyone "
        "always usually often sometimes ever even once moment time main mainly most mostly much many "
        "more only just fully quite well good really other else work out up down off back there here when if "
        "because nobody's question these days since now from long"
    )
)  # fmt: skip
_MODES = {
    "@like": "like", "@dislike": "like", "@prefer": "prefer", "@want": "want", "need": "want",
    "@learn": "learn", "@afraid": "afraid",
    "@allergy": "ill", "@intolerance": "ill", key("intolerant"): "ill",
    **dict.fromkeys(keys("supporter fan support"), "like"),
}  # fmt: skip
_WORDLESS = _EMPTY | _MODES.keys() | {"~"}
_CODE = re.compile(r"(?=.*\d)(?=.*[a-z])[\w-]+")
_CHANGED = re.compile(
    r"\b(?:now|nowadays|these days|instead|from now on|any ?more|no longer|switched|changed|moved|went back|gone back"
    r"|has become|became|after all|again|upgraded|replaced|postponed|rescheduled|swapped|turned into|since last"
    r"|promoted|raised|lowered|went (?:up|down|over)|has grown|downgraded|increased|relocated|called off|lately|by now"
    r"|at present|this time|since (?:january|february|march|april|may|june|july|august|september|october|november"
    r"|december|christmas|easter|spring|summer|autumn|winter|monday)|back (?:on|to|in)|as of|any longer|took up"
    r"|taken up|recently|just|meanwhile|in the meantime|newly|has been|have been)\b"
)
_ADDED = re.compile(r"\b(?:also|too|as well|another|second|in addition|besides|additional)\b")
_EVENT = re.compile(
    r"^(?:the |their |his |her |my |user |she |he |they |i )?(?:has |have |had |was |were |got )?(?:been )?"
    r"(?:\w+ed|sold|quit|left|lost|took|taken|got|gave|given|broke|broken|became|went|gone|had|paid|bought|met|began"
    r"|made|cut|sent|found|learnt|grown|won|put|built|chosen|died|stolen)\b"
    r"|\b(?:has|have|was|were) (?:now )?(?:been )?\w+(?:ed|sold|lost|gone|given|broken"
    r"|stolen|paid|cut|found|learnt|grown|taken|died|left)\b"
)
"""Something happened, told as an event."""
_PAST = re.compile(r"\b(?:was|were|had|went|visited|took|used to|in (?:19|20)\d\d|last (?:year|week|month|summer))\b")
_QUALIFIERS = keys(
    "work private personal business joint holiday summer winter weekend second spare former client outbound return "
    "savings current health dental travel home car house bedroom kitchen bathroom living left right upper lower front "
    "back new old morning evening daughter son wife husband brother sister mother father parent first last next"
)
_ENDINGS = keys(
    "cancel sell die divorce retire end expire quit leave close lose drop delete remove separate finish graduate "
    "outgrow deceased lose-job resign stop cease abandon donate discard discontinue disband steal fell demolish scrap"
) | {"@break-up", "@retired", "@unemployed"}
_PRESENT = frozenset({"sell", "sells", "leaves", "closes", "returns", "ends", "finishes", "loses", "close", "return"})
"""Said of what goes on."""
_SOLVED = keys("repaired solve resolve paid-off pass arrive recover complete settle heal cure fix find done finish pay")
_PROBLEMS = keys("broken leak owe waiting fail lose miss ill sick unpaid lost late pending open trouble treat")
GENERIC = keys(
    "eat drink wear play read watch listen ride drive own food meal item activity cook pay attend live work spend "
    "time day book travel sit buy product brand tool platform device machine system thing area place local resident "
    "member hobby habit user home house name number amount total level regular main first new old current former "
    "big small good long high low little young free common special different same next early late full whole own "
    "call say tell ask show try help start begin happen turn come see look find think know feel bring carry leave "
    "currently handle provide include involve spare favourite usual per each every own type version model kind"
)
"""Words that add little to what is said."""
_NEGATIONS = frozenset({"not", "no", "none", "without", "instead", "nobody", "neither", "nor"})
_FORMER = re.compile(
    r"\b(?:used to|formerly|previously|grew up|studied|was (?:a|an|once|born)|were once|as a child|years ago|once lived"
    r"|as a (?:student|teenager|kid|boy|girl)|(?:^|user )lived in|in the past|before that|did (?:a|an|his|her|their)"
    r"|had (?:a|an))\b"
)
_STOPS = frozenset({",", "but", "and", "because", "so", "although"})


class Gist(NamedTuple):
    """The content of one statement; token sets hold canonical words."""

    text: str
    holder: str
    stated: frozenset[str]
    denied: frozenset[str]
    names: frozenset[str]
    families: frozenset[Family]
    naming: frozenset[str]
    """Words that only name an attribute."""
    modes: frozenset[str]
    quantities: tuple[tuple[Quantity, str], ...]
    ended: bool
    ending: bool
    """A word says that something ended: sold, cancelled, left."""
    changed: bool
    added: bool
    past: bool
    solved: bool
    """Something is repaired, paid, passed or there."""
    problem: bool
    """Something is broken, owed, failed or awaited."""
    event: bool
    former: bool
    """What was once, not what is."""
    qualifiers: frozenset[str]
    noun: frozenset[str]
    predicate: str
    heads: frozenset[str]
    spelled: dict[str, str]
    """Canonical word to the word as written."""

    @property
    def words(self) -> frozenset[str]:
        return self.stated | self.denied


@lru_cache(maxsize=16_384)
def gist(text: str, subject: str = "user") -> Gist:
    """The gist of a statement; any text gives one."""
    parsed = parse(text, subject)
    low = text.lower()
    tokens = canonical(text)
    stated, denied, modes, ended = _content(tokens)
    holder = parsed.holder if parsed.holder in _PERSONS else "user"
    stated -= {holder}
    found = stated | denied
    every = {token.key for token in tokens}
    families = frozenset().union(*(NAMING.get(w, frozenset()) | VALUED.get(w, frozenset()) for w in every))
    naming = frozenset(w for w in every if w in NAMING and w not in VALUED)
    names = frozenset(t.key for t in tokens if t.name or _CODE.fullmatch(t.key)) | (found & (CITIES | COUNTRIES.keys()))
    return Gist(
        text, holder, stated, denied, names, families, naming, modes, parsed.quantities,
        ended or parsed.ended, any(t.key in _ENDINGS and t.raw not in _PRESENT for t in tokens),
        bool(_CHANGED.search(low)), bool(_ADDED.search(low)), bool(_PAST.search(low)),
        bool(every & _SOLVED), bool(every & _PROBLEMS),
        bool(_EVENT.search(low)), bool(_FORMER.search(low)), found & _QUALIFIERS, parsed.noun, parsed.predicate,
        parsed.heads | parsed.noun, {token.key: token.raw for token in tokens},
    )  # fmt: skip


def _content(tokens: Sequence[Token]) -> tuple[frozenset[str], frozenset[str], frozenset[str], bool]:
    """(words stated, words denied, modes, whether something ended).

    A negation holds up to the end of its clause; where nothing follows it denies what stands before. What makes
    somebody ill is denied to them: "allergic to eggs" and "cannot eat eggs" say the same.
    """
    stated: list[str] = []
    denied: list[str] = []
    negated = trailing = False
    for token in tokens:
        if token.key in _NEGATIONS and not token.name:
            negated = trailing = token.key == "without" or not negated
        elif token.key == "@dislike":
            negated = not negated
        elif token.key in _STOPS:
            negated = False
        elif token.quantity is not None:
            trailing = False
        elif token.name or token.key not in _WORDLESS:
            trailing = False
            (denied if negated or token.key.startswith("!") else stated).append(token.key.removeprefix("!"))
    modes = {_MODES[token.key] for token in tokens if token.key in _MODES and not token.name}
    ended = any(token.key == "~" for token in tokens)
    if trailing and not denied:
        stated, denied = denied, stated
    if "afraid" in modes:
        stated, denied = stated + denied, []
    if "ill" in modes:
        modes.discard("want")
        healthy = ended or any(t.key == "not" and after.key in _MODES for t, after in pairwise(tokens))
        stated, denied = (denied + stated, []) if denied and healthy else ([], stated + denied)
    return frozenset(stated), frozenset(denied), frozenset(modes), ended
