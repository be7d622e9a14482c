"""Makes stored text safe to stand between double quotes on one line of a prompt.

Nothing that comes out can close the quotes, begin a line, a section, a tag or a code block, or look like another
speaker's turn; what is invisible is gone. Ordinary text stays as it is.
"""

# ruff: noqa: RUF001 - the subject of this file are characters that look like others

import re
import unicodedata
from collections.abc import Callable

# Whoever writes ten thousand distinct rare characters pays for each again.
_MAX_TABLE = 10_000
_SLACK = 64
# Marks in a row on one letter; Hebrew and Tibetan need three.
_MAX_MARKS = 3

_SAME = {
    "'": '`"“”„‟″‶‴‷〝〞〟ˮ«»❝❞⹂\U0001f676\U0001f677\U0001f678ˋ‵',
    "(": "[{【〔〖〘〚⟦⟬❲⁅⦋⦍⦏❴⦃⌈⌊",
    ")": "]}】〕〗〙〛⟧⟭❳⁆⦌⦎⦐❵⦄⌉⌋",
    "‹": "<〈⟨〈❬❰˂ᐸ≺⧼",
    "›": ">〉⟩〉❭❱˃ᐳ≻⧽",
    "/": "\\∖⧵⧹",
    "¦": "|│┃∣❘❙❚ǀ",
    ":": "꞉∶ː׃˸⁚ⵑ：﹕︓",
    "-": "‐‑‒–—―─━−",
}
_REPLACED = {character: plain for plain, alike in _SAME.items() for character in alike}
# Dashes inside a sentence stay; only their runs are rules.
_DASHES = frozenset(_SAME["-"])
_STRUCTURAL = frozenset("\"'`<>[]{}()\\/|:#&*_~=-+")
# Default ignorable without being of category Cf: fillers, joiners, variation selectors, the tag block.
_IGNORABLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u2800\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8\ufdd0-\ufdef"
    "\ufffe\uffff\U000e0000-\U000e0fff]"
)
_ENTITY = re.compile(r"&(#\w{1,8}|[A-Za-z]{2,32}\d{0,2});")
_RULE = re.compile(f"([-=*_~+'{''.join(sorted(_DASHES))}])(?:\\s?\\1){{2,}}")
_HEADING = re.compile(r"#(?:\s?#)+|(?<!\w)#(?=\s)")
_ROLE = (
    "system|assistant|user|human|developer|tool|function|agent|ai|bot|admin|administrator|operator|instructions?|"
    "prompt|observation|lesson"
)
_ROLE_MARKER = re.compile(rf"(?<![a-z])({_ROLE})((?:[^\w:]{{0,4}}\w{{1,12}})?[^\w:]{{0,4}}):", re.IGNORECASE)
_LATIN = str.maketrans(
    "авеорсухѕіјкмнтԁһոαορτυνεικχʏꜱᴛᴇᴍᴀᴜʀɴɪʟ",
    "abeopcyxsijkmhtdhnaoptuveikxystemaurnil",
)


class _Table(dict[int, str]):
    """For `str.translate`: what each character becomes, found out at its first use."""

    def __init__(self, rule: Callable[[str], str]) -> None:
        super().__init__()
        self._rule = rule

    def __missing__(self, code: int) -> str:
        plain = self._rule(chr(code))
        if len(self) < _MAX_TABLE:
            self[code] = plain
        return plain


def _plain(character: str) -> str:
    if character in _REPLACED and character not in _DASHES:
        return _REPLACED[character]
    category = unicodedata.category(character)
    if category in {"Cc", "Zs", "Zl", "Zp"}:
        return " "
    if category in {"Cf", "Cs", "Co"} or _IGNORABLE.match(character):
        return ""
    folded = unicodedata.normalize("NFKC", character)
    if folded != character and not _STRUCTURAL.isdisjoint(folded):
        return "".join(_REPLACED.get(one, one) for one in folded)
    return character


def _is_mark(character: str) -> str:
    return "m" if unicodedata.category(character)[0] == "M" else "."


def _look(character: str) -> str:
    """The lower-case Latin letter that a character looks like, or the character."""
    return unicodedata.normalize("NFKD", character)[0].lower()[0].translate(_LATIN)


_PLAIN, _MARKS, _LOOKS = _Table(_plain), _Table(_is_mark), _Table(_look)
_TOO_MANY_MARKS = re.compile(f"^m+|(?<=m{{{_MAX_MARKS}}})m+")


def neutral(text: str, longest: int) -> str:
    """One line of at most `longest` characters that holds none of `"`, `<`, `>`, `[`, `]`, `{`, `}`, backslash, `|`.

    A text that is longer ends in an ellipsis; of one that is far longer only the start is looked at.
    """
    start = text[: 2 * longest + 256]
    clean = " ".join(start.translate(_PLAIN).split())
    # The patterns below take little away: what is cut here would be cut in the end.
    whole = len(start) == len(text) and len(clean) <= longest + _SLACK
    clean = clean[: longest + _SLACK]
    if not clean.isascii():
        clean = _thin_marks(unicodedata.normalize("NFC", clean))
        # Marks that were taken away, or composed, may have been all that kept two parts of a pattern apart.
        clean = clean.translate(_PLAIN)
    if "#" in clean:
        clean = _HEADING.sub("", clean)
    clean = _ENTITY.sub(r"(\1)", clean)
    clean = _RULE.sub(r"\1", clean)
    clean = " ".join(_without_role_markers(clean).split())
    # The word by which a briefing marks what may be followed.
    clean = clean.replace("LESSON", "lesson")
    return shortened(clean if whole or len(clean) > longest else clean + " …", longest)


def shortened(line: str, longest: int) -> str:
    """The line, or its start up to a space and an ellipsis, at most `longest` characters; empty where none fits."""
    if len(line) <= longest:
        return line
    if longest < 2:
        return ""
    cut = line[: longest - 1]
    space = cut.rfind(" ")
    return (cut[:space] if space >= longest // 2 else cut).rstrip() + "…"


def quoted(line: str) -> str:
    """A line that `neutral` made, between double quotes."""
    return f'"{line}"'


def _thin_marks(text: str) -> str:
    """Without marks at the start, and with a few of each row of them."""
    spans = [found.span() for found in _TOO_MANY_MARKS.finditer(text.translate(_MARKS))]
    for start, end in reversed(spans):
        text = text[:start] + text[end:]
    return text


def _without_role_markers(text: str) -> str:
    """Turns "System: do" into "System - do", by what the letters look like."""
    if ":" not in text:
        return text
    if text.isascii():
        return _ROLE_MARKER.sub(r"\1\2 -", text)
    marks = text.translate(_MARKS)
    places = [i for i, kind in enumerate(marks) if kind == "."]
    look = "".join([text[i] for i in places]).translate(_LOOKS)
    kept = list(text)
    for found in _ROLE_MARKER.finditer(look):
        kept[places[found.end() - 1]] = " -"
    return "".join(kept)
