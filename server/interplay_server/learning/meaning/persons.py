"""Whom statements are about: the same person, someone introduced before, and the states one person can be in."""

from interplay_server.learning.meaning import lexicon
from interplay_server.learning.meaning.attributes import GONE
from interplay_server.learning.meaning.likeness import with_wider
from interplay_server.learning.meaning.normal import key, keys
from interplay_server.learning.meaning.statement import Statement
from interplay_server.learning.meaning.verdict import Found, Verdict

_BROADER = frozenset(tuple(map(key, pair.split(":"))) for pair in lexicon.BROADER.split())
_STATES = {
    "@spouse": ("marital", "married"), "@married": ("marital", "married"),
    key("divorce"): ("marital", "divorced"), "single": ("marital", "single"), "singl": ("marital", "single"),
    key("widow"): ("marital", "widowed"), key("engage"): ("marital", "engaged"),
    "@vegetarian": ("diet", "vegetarian"), "@vegan": ("diet", "vegan"), key("pescatarian"): ("diet", "pescatarian"),
    key("omnivore"): ("diet", "omnivore"), key("carnivore"): ("diet", "carnivore"),
    "@employ": ("work", "works"), "@occupation": ("work", "works"), "@retired": ("work", "retired"),
    "@unemployed": ("work", "unemployed"), "@morning_person": ("rhythm", "early"), "@night_owl": ("rhythm", "late"),
}  # fmt: skip
_PARTNERS = keys("spouse wife husband partner boyfriend girlfriend fiance")
_SPOUSES = keys("spouse wife husband")
_TAKES_IN = frozenset({"eat", "drink", "@use", "take", "watch", "have", "buy"})
_BE = frozenset({"be", "is"})
_MEAT, _ANIMAL = keys(lexicon.MEAT), keys(lexicon.ANIMAL)


def same_holder(new: Statement, old: Statement) -> bool:
    """Whether both are about one person or animal, as far as the words tell."""
    kinds = {(new.holder, old.holder), (old.holder, new.holder)}
    if new.holder != old.holder and not kinds & _BROADER:
        return False
    return not (new.who and old.who) or new.who <= old.who or old.who <= new.who


def persons(new: Statement, old: Statement) -> Found | None:
    """What follows from who is meant alone; None where both are about the same."""
    mine, yours = _marital(new), _marital(old)
    if mine and yours and mine != yours and not new.negated and not old.negated:
        return Verdict.CONTRARY, f"{mine}, no longer {yours}"
    introduced = _introduced(new, old)
    if introduced:
        return introduced
    parted = new.value <= old.value | old.who or new.heads <= {old.holder}
    if new.predicate == "@break-up" and old.holder in _PARTNERS and parted:
        return Verdict.CONTRARY, "no longer together"
    if new.predicate in GONE and new.holder == old.holder and new.holder != "user" and old.indefinite:
        return Verdict.CONTRARY, "gone"
    if not same_holder(new, old):
        return Verdict.OTHER, f"about {new.holder} and about {old.holder}"
    return None


def _introduced(new: Statement, old: Statement) -> Found | None:
    """Verdict on "has a dog" beside what the dog is called or does."""
    for one, other, verdict in ((new, old, Verdict.MORE), (old, new, Verdict.LESS)):
        if other.holder == "user" and other.predicate == "have" and not other.negated and not other.quantities:
            kinds = with_wider(frozenset({one.holder}))
            if one is new and one.predicate in GONE and one.holder in other.value:
                return Verdict.CONTRARY, "gone"
            if one.holder != "user" and other.value <= kinds and not other.context and not one.ended:
                return verdict, "introduced before"
            if one.predicate == "@call" and one.indefinite and one.holder in other.value:
                return Verdict.OTHER, "perhaps another one"
    return None


def _marital(one: Statement) -> str:
    if one.predicate == "@call" and one.holder in _SPOUSES and not one.who:
        return "married"
    state = _state(one)
    return state[1] if state and state[0] == "marital" and one.holder == "user" else ""


def _state(one: Statement) -> tuple[str, str] | None:
    if one.predicate in _STATES:
        return _STATES[one.predicate]
    if one.predicate in _BE and not one.noun and len(one.value) == 1:
        return _STATES.get(next(iter(one.value)))
    return None


def states(new: Statement, old: Statement) -> Found | None:
    """Verdict on states that exclude each other: diets, marriage, work and retirement."""
    mine, yours = _state(new), _state(old)
    if mine and yours and mine[0] == yours[0]:
        if mine[1] != yours[1]:
            if new.negated or old.negated:
                return Verdict.OTHER, "one is denied"
            return Verdict.CONTRARY, f"{mine[1]}, no longer {yours[1]}"
        if new.predicate != old.predicate and mine[0] != "work":
            return (Verdict.SAME if new.negated == old.negated else Verdict.CONTRARY), mine[1]
    if _breaks_diet(mine, new, old) or _breaks_diet(yours, old, new):
        return Verdict.CONTRARY, "eats what the diet forbids"
    return None


def _breaks_diet(state: tuple[str, str] | None, one: Statement, other: Statement) -> bool:
    if not state or state[1] not in {"vegetarian", "vegan"} or one.negated or other.negated:
        return False
    forbidden = _MEAT | _ANIMAL if state[1] == "vegan" else _MEAT
    return other.predicate in {"eat", "@like", "drink", "@prefer"} and bool(other.heads & forbidden)
