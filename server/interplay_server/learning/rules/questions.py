"""A short answer against the question of the turn before."""

import re

from interplay_server.learning.rules import checks
from interplay_server.learning.rules.answers import LEAD, LONGEST_ANSWER, NO, REFUSES, SLOTS, TAIL, YES, YES_NO, Slot
from interplay_server.learning.rules.facts import FACTUAL, PREFERENCE, rule, third
from interplay_server.learning.rules.found import Found
from interplay_server.learning.rules.lexicon import word_set
from interplay_server.learning.rules.replies import LONGEST, open_answer
from interplay_server.learning.rules.tokens import Token, tokenise
from interplay_server.learning.rules.values import money, third_person

_QUESTION_TAIL = 600
_LAST = re.compile(r"[^.!?\n]*\?[^?]*$")


def answered(question: str, text: str, found: list[Found]) -> Found | None:
    """The fact that the first words of a turn state as an answer; None where they do not."""
    asked = _asked(question)
    if not asked or not text.strip():
        return None
    tokens = _first_sentence(text)
    if not 0 < len(tokens) <= LONGEST:
        return None
    said = " ".join(t.word for t in tokens)
    start, end = tokens[0].start, tokens[-1].end
    known = _tabled(asked, said, tokens, text, found) if len(tokens) <= LONGEST_ANSWER else None
    if known is not None:
        return known
    later = min((one.start for one in found if start <= one.start < end), default=None)
    if later is not None:
        tokens = [token for token in tokens if token.end <= later]
        while tokens and tokens[-1].word in {",", "i", "we", "am", "are", "-", "and", "my", "so", "but"}:
            tokens.pop()
        if not tokens:
            return None
        said, end = " ".join(t.word for t in tokens), tokens[-1].end
        return open_answer(_canonical(asked), said, start, end, text)
    return open_answer(_canonical(asked), said, start, _turn_end(text, end), text)


def _canonical(asked: str) -> str:
    return " ".join(token.word for token in tokenise(asked, 0, len(asked)))


_ASKS_BACK = re.compile(r"[?]|\b(?:can|could|would|what|how|please) ", re.IGNORECASE)


def _turn_end(text: str, end: int) -> int:
    """The end of the turn where all of it is the answer: "Mushrooms. And anything with coriander."."""
    rest = text[end:]
    if len(rest) > 120 or _ASKS_BACK.search(rest):
        return end
    return end + len(rest.rstrip())


def _tabled(asked: str, said: str, tokens: list[Token], text: str, found: list[Found]) -> Found | None:
    both = YES_NO.search(asked)
    slot = next((s for s in SLOTS if s.asks.search(asked)), None)
    start, end = tokens[0].start, tokens[-1].end
    if both is not None and (YES.match(said) or NO.match(said)) and _closed(both):
        return _yes_no(both, said, start, end)
    if slot is None or (found and _covers(found, slot)):
        return None
    if NO.match(said) and slot.none:
        more = re.sub(NO, "", said).strip(" ,")
        if not more or NO.match(more) or re.match(r"(?:i do not|none|nothing|not that|no )", more):
            made = rule("", "", slot.attribute, slot.category, slot.ttl, slot.single)
            return Found(slot.none, made, "none", "user", start, end, confidence=0.85)
    return _filled(slot, said, tokens, text)


def _first_sentence(text: str) -> list[Token]:
    """Its tokens, and those of the next where it is but a yes or a no; none of a question."""
    first: list[Token] = []
    for token in tokenise(text, 0, min(len(text), 400)):
        if token.word == "?":
            return []
        if token.word in {".", "!", "\n", "…", ";"} or token.word.startswith(".."):
            if first and not (len(first) == 1 and first[0].word in _OPENERS):
                break
        elif token.word != "|":
            first.append(token)
    return first


_OPENERS = word_set("yes no yeah yep nope sure hi ok")


def _closed(both: re.Match[str]) -> bool:
    return both["be"] is not None or bool(both["object"]) or both["verb"] in {"smoke", "drink", "drive"}


def _asked(question: str) -> str:
    tail = question[-_QUESTION_TAIL:].lower().replace("\u2019", "'").rstrip()
    marks = tail.rfind("?")
    if marks < 0:
        return (
            tail if len(tail.split()) <= 12 and tail.startswith(("tell me", "please tell me", "name", "any ")) else ""
        )
    begin = max(tail.rfind(m, 0, marks) for m in ".!?\n")
    asked = tail[begin + 1 : marks].strip()
    return re.sub(
        r"\b(?:that )?(?:i|we) should (?:know|be aware)(?: about| of)?$|\bfor (?:this|the|your) \w+$|(?:, )?please$",
        "",
        asked,
    ).strip()


def _covers(found: list[Found], slot: Slot) -> bool:
    return any(f.rule.attribute == slot.attribute or f.rule.category == slot.category for f in found)


_TELLS = re.compile(r"(?:.{0,12} )?(?:i|we) (?:like|love|enjoy|prefer|speak|use|want|need)\b")
_TOLD = word_set("hobby like preference language reply_language device favourite contact")


def _filled(slot: Slot, said: str, tokens: list[Token], text: str) -> Found | None:
    if _TELLS.match(said) and slot.attribute not in _TOLD:
        return None
    lead = LEAD.match(said + " ")
    at = lead.end() if lead else 0
    body = said[at:]
    body = TAIL.sub("", body).rstrip(" ,")
    body = re.sub(r" ,.*$", "", body) if slot.attribute == "name" else body
    if not body or REFUSES.search(body) or len(body.split()) > LONGEST_ANSWER:
        return None
    if re.search(r"\b(?:i|we|he|she|it|they|you)\b", body) or re.match(
        r"(?:thanks|thank you|hey|hi)\b(?! ,? ?(?:i|it) )", said
    ):
        return None
    if slot.accepts is not None and not slot.accepts.search(body):
        return None
    starts, offset = [], 0
    for token in tokens:
        starts.append(offset)
        offset += len(token.word) + 1
    chosen = [t for t, s in zip(tokens, starts, strict=True) if at <= s < at + len(body)]
    if not chosen:
        return None
    raw = third_person(text[chosen[0].start : chosen[-1].end])
    if slot.attribute == "home" and not checks.place(body, raw):
        return None
    value = money(body) if slot.attribute == "budget" else raw
    head = slot.head
    if slot.attribute == "job" and not re.match(r"(?:an? )", raw):
        head = "Works as"
    made = rule("", "", slot.attribute, slot.category, slot.ttl, slot.single)
    return Found(f"{head} {raw}", made, value or raw, "user", tokens[0].start, chosen[-1].end, confidence=0.85)


def _yes_no(both: re.Match[str], said: str, start: int, end: int) -> Found:
    no = bool(NO.match(said))
    if both["be"] is not None:
        content, value, attribute = (
            f"Is{' not' if no else ''} {both['state']}",
            both["state"],
            "diet" if "veg" in both["state"] else "life",
        )
    else:
        phrase = f"{both['verb']} {both['object']}".strip()
        content = f"Does not {phrase}" if no else f"{third(both['verb'])} {both['object']}".strip()
        content, value, attribute = content[:1].upper() + content[1:], phrase, "habit"
    made = rule("", "", attribute, PREFERENCE if attribute != "life" else FACTUAL, "one_year")
    return Found(content, made, value if not no else f"not {value}", "user", start, end, confidence=0.85)
