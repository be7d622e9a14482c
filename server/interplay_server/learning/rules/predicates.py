"""Who a clause speaks of, and how: subject, auxiliaries, negation, adverbs, verb."""

import re
from typing import NamedTuple

from interplay_server.learning.rules import lexicon
from interplay_server.learning.rules.clauses import Clause
from interplay_server.learning.rules.facts import base
from interplay_server.learning.rules.lexicon import word_set

USER = "user"
BE, HAVE, PRESENT, PERFECT, MODAL, PAST = "be", "have", "present", "perfect", "modal", "past"

_ADVERBS = word_set(
    """always usually often really just also still currently only mostly mainly generally normally typically now
    already actually absolutely strongly definitely particularly especially truly both all personally
    recently never not rarely seldom hardly regularly sometimes occasionally strictly totally completely
    fully officially probably simply deeply genuinely quite so very happily newly even kind of mostly
    primarily exclusively finally do primarily almost basically greatly highly much longer no tend to partly
    slightly largely long"""
) - word_set("do to no tend not of")
_MODALS = word_set("will would can could may might should must shall")
_BES = word_set("am is are was were be")
_PARTICIPLES = word_set(
    """been got had moved lived worked switched stopped quit given gone changed loved liked hated preferred become
    started retired played studied used owned cancelled canceled upgraded downgraded adopted broken lost
    decided signed graduated tried wanted learned learnt eaten seen received bought ordered done made taken
    driven spoken taught run known found read written sent paid enjoyed wished avoided struggled suffered
    finished forgotten"""
)
_RELATIVE_NAMES = re.compile(
    r"(?:(?:my|our) (?P<adj>(?:\d+ (?:year|month|week)s? old |oldest |eldest |youngest |younger |older |little |big |"
    r"late |new |elderly |baby |twin |rescue |eldest |middle |other |two |three |both |teenage |step |lovely |dear |"
    r"\d )*)(?P<kin>[a-zé]+)(?P<law> in law)?)(?= |$)"
)
_YOUNGEST = re.compile(
    r"my (?P<adj>)(?P<kin>youngest|oldest|eldest)(?P<law>)(?= (?:is|was|has|had|loves|hates|likes|can|"
    r"does|eats|just|will|,|[^\W\d_]+ ,))"
)
_GROUPS = word_set("family household parent grandparent")
_KIN_ALONE = word_set("youngest oldest eldest")
_SUBJECT_DROP = re.compile(
    r"(?:(?:also|still|just|currently|usually|only|really|always) )*(?:grew up in|turned \d|"
    r"live in|work (?:as|at|in|for|"
    r"from)|working (?:as|at|for|from|nights|part|full)|"
    r"living in|studying|training for|learning|saving (?:up )?for|can not (?:eat|have|drink|stand)|do not (?:eat|drink|"
    r"like|smoke|drive|speak)|never (?:eat|drink|fly|smoke)|love|hate|prefer|allergic to|based in|originally from|"
    r"vegan|vegetarian|veggie|pescatarian|lactose intolerant|gluten intolerant|coeliac|celiac|diabetic|married|"
    r"(?:not )?a (?:big |huge |massive )?fan of|not (?:a |into |keen )|mum of|mom of|dad of|mother of|father of|"
    r"single (?:mum|mom|dad|parent)|retired|planning to (?:move|retire|run)|moving to|pregnant|big fan of|huge fan of|"
    r"expecting|fluent in|into|new to|terrified of|scared of|afraid of|tend to|got (?:a|an|two|three|four|five|no) |"
    r"have (?:a|an|two|three|four|five|no) (?:dog|cat|kid|son|daughter|baby|toddler|nut|severe)|speak |"
    r"mostly (?:eat|drink|use|work|play|code)|switched (?:from|to) |moved |trying to (?:lose|quit|learn|eat|go|cut))"
)
_BE_DROP = re.compile(
    r"(?:(?:also|still|just|currently|usually|only|really|always) )*(?:working|living|studying|"
    r"training|learning|saving|"
    r"allergic|based|originally|vegan|"
    r"vegetarian|veggie|pescatarian|lactose|gluten|coeliac|celiac|diabetic|married|a |not |mum|mom|dad|mother|father|"
    r"single|retired|planning|moving|pregnant|big|huge|expecting|fluent|into|new to|terrified|scared|afraid|trying|"
    r"asthmatic|intolerant|on a|divorced|unemployed)\b"
)
_HERE = re.compile(r"(?P<v>(?:[a-z]+ ){1,4})here$")


_PAIR = re.compile(r"(?P<name>[^\W\d_]+) and i ")
_NO_NAME = word_set("i we he she they you it this that my our both everyone so")


class Subject(NamedTuple):
    """`label` stands before the content ("Daughter"), "" for the user; `key` names the subject in a slot."""

    label: str
    key: str
    plural: bool
    at: int
    """Where the predicate begins in the clause."""
    name: str = ""
    """A name given in apposition, canonical; its offsets are `name_span`."""
    name_span: tuple[int, int] = (0, 0)
    kin: str = ""
    person: int = 1
    companion: str = ""
    """In "Marco and I split up": the other one."""
    kin_label: str = ""
    """In "my wife Ana and I": what Ana is."""


class Predicate(NamedTuple):
    mode: str
    verb: str
    negated: bool
    ended: bool
    adverbs: frozenset[str]
    at: int
    """Where the complement begins in the clause."""
    verb_at: int


def subject(clause: Clause, raw: str) -> Subject | None:
    """The user, their household or a close relative or pet; None for everybody else."""
    text = clause.text
    first = text.split(" ", 1)[0]
    if first == "i":
        return Subject("", USER, plural=False, at=2)
    if first == "we" and not text.startswith("we are (a)"):
        at = 3 + (len("both ") if text.startswith("we both ") else 0)
        return Subject("", USER, plural=False, at=at, person=2)
    if first in {"my", "our"} or _ALL_OF.match(text):
        return _all_of(clause, raw) or _relative(clause, raw)
    pair = _PAIR.match(text)
    if pair is not None and first not in _NO_NAME:
        start, end = clause.span(0, pair.end("name"))
        if raw[start:end][:1].isupper():
            return Subject("", USER, plural=False, at=pair.end(), person=2, companion=raw[start:end])
    if text.startswith(("me and my ", "the wife and i ")):
        found = re.match(r"(?:me and my \w+|the wife and i)(?: and i)? ", text)
        return Subject("", USER, plural=False, at=found.end(), person=2) if found else None
    if first == "the" and re.match(r"the (?:kids|children|dog|cat|wife|husband|missus|baby|twins|puppy) ", text):
        return _relative(clause, raw, article=True)
    if clause.inherits:
        return Subject("", USER, plural=False, at=0)
    if clause.link in {"", "-"} and _SUBJECT_DROP.match(text):
        return Subject("", USER, plural=False, at=0)
    return None


_ALL_OF = re.compile(r"(?:both|all|two|three|one|neither|none)(?: of)? (?=(?:my|our) )")


def _all_of(clause: Clause, raw: str) -> Subject | None:
    """All of several relatives or pets: "both my kids", "all of our cats"."""
    hit = _ALL_OF.match(clause.text)
    if hit is None:
        return None
    cut = hit.end()
    starts = tuple(start - cut for start in clause.starts if start >= cut)
    inner = clause._replace(text=clause.text[cut:], tokens=clause.tokens[-len(starts) :], starts=starts)
    who = _relative(inner, raw)
    if who is None or not clause.text.startswith(("both", "all")):
        return None
    first = hit[0].split(maxsplit=1)[0]
    return who._replace(label=f"{first.capitalize()} {who.label.lower()}", at=who.at + cut)


def _relative(clause: Clause, raw: str, *, article: bool = False) -> Subject | None:
    text = "my " + clause.text[4:] if article else clause.text
    found = _YOUNGEST.match(text) or _RELATIVE_NAMES.match(text)
    if found is None:
        return None
    kin = found["kin"]
    at = found.end() + (1 if article else 0)
    single = lexicon.PLURAL_KIN.get(kin, kin)
    bare = single.removesuffix("s") if single.removesuffix("s") in lexicon.PETS else single
    contracted = kin.endswith("'s") and kin[:-2] in lexicon.KIN | lexicon.PETS
    if contracted or not (
        bare in lexicon.KIN or bare in lexicon.PETS or kin in _KIN_ALONE or single in _GROUPS
        or (found["law"] and kin in lexicon.KIN)
    ):  # fmt: skip
        return None
    if text[found.end() :].startswith(" and i "):
        return Subject("", USER, plural=False, at=at + 7, person=2)
    plural = (kin in lexicon.PLURAL_KIN and single != "family") or (kin.endswith("s") and bare != kin)
    adjective = found["adj"].strip()
    label = (adjective + " " if adjective else "") + kin + (found["law"] or "").replace(" ", "-")
    name, span = _apposition(clause, at, raw)
    if name:
        at = span[1]
    if clause.text[at:].startswith(" and i "):
        return Subject(
            "", USER, plural=False, at=at + 7, name=name, name_span=span, kin=bare, person=2, kin_label=label
        )
    rest = clause.text[at:]
    skipped = len(rest) - len(rest.lstrip(" ,"))
    key = f"{adjective} {bare}" if adjective in {"oldest", "eldest", "youngest"} else bare
    return Subject(label[:1].upper() + label[1:], key,
                   plural, at + skipped, name, span, bare, 3)  # fmt: skip


def _apposition(clause: Clause, at: int, raw: str) -> tuple[str, tuple[int, int]]:
    """Name in "my wife Ana is", "my son, Leo, is": words written with a capital."""
    found = re.match(r" ?,? ?(?P<name>[^\W\d_]+(?: [^\W\d_]+)?)", clause.text[at:])
    if found is None:
        return "", (0, 0)
    begin, _end = at + found.start("name"), at + found.end("name")
    words = found["name"].split()
    for count in (2, 1):
        if len(words) < count:
            continue
        stop = begin + len(" ".join(words[:count]))
        start_raw, end_raw = clause.span(begin, stop)
        written = raw[start_raw:end_raw]
        if (
            all(w[:1].isupper() and w[1:] == w[1:].lower() for w in written.split())
            and words[0] != "i"
            and len(written.split()) == count
        ):
            return " ".join(words[:count]), (begin, stop)
    return "", (0, 0)


class _Group:
    """The words before the main verb, read one by one."""

    def __init__(self, words: list[str], at: int, mode: str) -> None:
        """`words` are those from the code point `at` of the clause on."""
        self.words, self.i, self.at = words, 0, at
        self.mode, self.verb = mode, ""
        self.negated = self.ended = False
        self.adverbs: set[str] = set()

    def word(self, ahead: int = 0) -> str:
        return self.words[self.i + ahead] if self.i + ahead < len(self.words) else ""

    def skip(self, count: int) -> bool:
        self.at += sum(len(word) + 1 for word in self.words[self.i : self.i + count])
        self.i += count
        return True

    def take(self) -> bool:
        """Take one word, or two that belong together; False at the main verb."""
        word, pair = self.word(), (self.word(), self.word(1))
        if pair == ("no", "longer"):
            self.negated = self.ended = True
            return self.skip(2)
        if pair == ("kind", "of"):
            return self.skip(2)
        if pair in {("tend", "to"), ("try", "to"), ("seem", "to"), ("happen", "to")} and not self.mode:
            self.adverbs.add("tend")
            return self.skip(2)
        if word in {"not", "never"}:
            self.negated = True
            self.adverbs |= {word} - {"not"}
            return self.skip(1)
        return self._auxiliary(word) or self._adverb(word)

    def _auxiliary(self, word: str) -> bool:
        if word in _AUXILIARIES and (not self.mode or (self.mode == MODAL and word in _BES)):
            self.mode, self.verb = _AUXILIARIES[word]
        elif word == "be" and self.mode == MODAL:
            self.verb = "be"
        elif word in {"do", "does"} and not self.mode and self.word(1) in _AFTER_DO:
            self.mode = PRESENT
        elif word in _MODALS and not self.mode:
            self.mode, self.verb = MODAL, word
        else:
            return False
        return self.skip(1)

    def _adverb(self, word: str) -> bool:
        if word not in _ADVERBS:
            return False
        self.adverbs.add(word)
        return self.skip(1)


_AUXILIARIES = {
    "am": (BE, "be"), "is": (BE, "be"), "are": (BE, "be"), "was": (PAST, "be"), "were": (PAST, "be"),
    "have": (HAVE, ""), "has": (HAVE, ""), "had": (PAST, "had"),
}  # fmt: skip
_AFTER_DO = word_set("not really like love have prefer enjoy need eat drink")
_ANY_MORE = re.compile(r" any ?(?:more|longer)\b")


def predicate(clause: Clause, who: Subject) -> Predicate | None:
    """The verb group that follows the subject; None for a past negation ("did not") and where no verb is left."""
    text = clause.text
    if who.at == 0 and text.startswith("got "):
        return Predicate(HAVE, "have", negated=False, ended=False, adverbs=frozenset(), at=4, verb_at=0)
    rest = text[who.at :].split(" ")
    group = _Group(rest, who.at, BE if who.at == 0 and _BE_DROP.match(text) else "")
    while group.i < len(rest) and group.take():
        continue
    word = group.word()
    if not word or (word == "did" and group.word(1) == "not"):
        return None
    ended = group.ended or (group.negated and _ANY_MORE.search(text[group.at :]) is not None)
    done = Predicate(group.mode, group.verb, group.negated, ended, frozenset(group.adverbs), group.at, group.at)
    if group.mode == HAVE:
        return _after_have(done, word, text)
    if group.mode in {BE, PAST, MODAL}:
        return done._replace(verb=group.verb or "be")
    verb = base(word) if who.person == 3 and not who.plural else word
    mode = group.mode or PRESENT
    if word in {"have", "has"}:
        mode, verb = HAVE, "have"
    return done._replace(mode=mode, verb=verb, at=min(group.at + len(word) + 1, len(text)))


def _after_have(done: Predicate, word: str, text: str) -> Predicate:
    """Possession, perfect or duty: "have a dog", "have moved", "have to be home"."""
    after = min(done.at + len(word) + 1, len(text))
    if word == "got" and text[after:].startswith("to "):
        return done._replace(mode=MODAL, verb="have to", at=after + 3, verb_at=after + 3)
    if word == "got":
        return done._replace(verb="have", at=after)
    if word == "to":
        return done._replace(mode=MODAL, verb="have to", at=after, verb_at=after)
    if word in _PARTICIPLES or (word.endswith("ed") and word != "red"):
        return done._replace(mode=PERFECT, verb=word, at=after)
    return done._replace(verb="have")
