"""Clauses of a turn: foreign text masked, sentences cut, sentences cut into clauses that can stand for themselves."""

import re
from bisect import bisect_right
from typing import NamedTuple

from interplay_server.learning.rules.lexicon import KIN, PLURAL_KIN, word_set
from interplay_server.learning.rules.tokens import Token, tokenise

_MAX_CLAUSE = 60

_ABBREVIATIONS = word_set("mr mrs ms dr st prof e.g i.e vs approx jr sr inc ltd e.g. i.e. a.m p.m")
_HARD = word_set(
    """but so because although though while whereas which who unless if when whenever until therefore hence yet
    however except otherwise whom"""
)
_SUBJECTS = word_set("i we you he she they it this that there these those let everyone nobody someone people everybody")
_POSSESSIVES = word_set("my our his her their your")
_ASKING = word_set(
    """what where which who whom whose why how when do does did can could would will should is are am was were
    shall may have has any isn't don't"""
)
_COPULAS = word_set(
    "is are was were has have had loves likes hates lives works prefers can does do will eats always never ends starts"
)
_INHERITED = re.compile(
    r"(?:also |just |now |currently |really |only |usually |always |still )*(?:"
    r"(?:live|work|study|volunteer|teach) (?:in|at|as|for|from|with|on|near|part|full|remotely|nights|there)\b"
    r"|(?:love|hate|prefer|enjoy|dislike|adore|avoid|can not|do not|never|speak|own|drive|allergic to|based in|"
    r"have (?:a|an|two|three|four|five|no|my|\d)|married|originally from|am|intolerant|on a|vegan|vegetarian|"
    r"lactose intolerant|diabetic|asthmatic|into|"
    r"have (?:been|lived|worked|had|always)|"
    r"play (?:the|guitar|piano|football|tennis|chess|in)|go to|moved|mum of|mom of|dad of|father of|mother of|"
    r"use (?:an?|linux|windows|ubuntu)|like|work|eat (?:no|only)|wear|retired|a huge fan|a big fan)\b)"
)
_FILLER = re.compile(
    r"(?:,|(?:since|from|for the last|for the past|in|until) (?:last )?(?:\d+|year|month|week|january|february|march|"
    r"april|may|june|july|august|september|october|november|december|spring|summer|autumn|winter)(?: \d+)?"
    r"(?: years| months)?|(?:no|right|great|cool|nice|perfect|true|same|me|myself|second|first|sure|just|note|again|"
    r"look|listen|wait|well|for me|for us)(?= ,| i | my | we | our | as )|"
    r"(?:dear )?(?:sir or madam|sir|madam|team|everyone|folks|guys|mate|dude|bro|man|there|all|doc|chef|yo)(?= "
    r",| i | my | we |"
    r" our )|yo|dear (?:\w+ ){1,2}(?=,)|like|fun fact|context|disclaimer|heads up|small (?:correction|update|"
    r"change)(?: to my "
    r"profile)?|for what it is worth|in case (?:it (?:helps|matters)|you (?:need|wonder|are wondering))|not "
    r"that it matters|i should "
    r"(?:add|mention|say)(?: that)?|just to (?:say|add|clarify|mention)|asking (?:for myself|because|since|as)|"
    r"(?:one|another) thing (?:about me|to (?:know|add|note))|good to know|important|reminder|heads-up|"
    r"(?:as it )?turns out(?: that)?|it turns out(?: that)?|(?:since )?(?:last|the|my|our) (?:operation|"
    r"accident|move|birth|divorce|"
    r"wedding|surgery|injury|pandemic|diagnosis|baby)(?: [\w']+){0,2}(?=,| i | we | my | our )|now that|"
    r"(?:since|after|following|in|on|at|from|until|by|for|during) (?:the |my |our |a |an |this |last |next "
    r")?(?:[\w']+ ){0,2}[\w']+"
    r"(?= (?:i|we) (?!am not sure)| (?:my|our) \w+ (?:is|are|ends?|starts?|has|have|will)\b)|"
    r"(?:(?:my|our|the|our) )?(?:doctor|gp|dentist|physio|vet|midwife|optician|cardiologist|specialist|"
    r"dermatologist) (?:says|said|thinks|"
    r"reckons|told me|insists)(?: that)?(?= i | my | we | our | it )|the (?:blood )?(?:test|tests|results?|"
    r"scan|doctor) (?:says?|shows?|showed|"
    r"said)(?: that)?(?= i | my | it )|"
    r"(?:for )?(?:background|context)(?=,| |:)|(?:[\w'/&-]+ ){1,5}:(?= (?:i|we|my|our|it is|there is|there are|"
    r"both|no longer|from now)\b)|"
    r"(?:(?:small|quick|life|big|little|slight|another|one more|last|short|status|family|good|bad|great|latest|"
    r"important|job|work|home) )*"
    r"(?:updates?|news|changes?|corrections?|notes?|announcement|edit|confession|disclosure|caveat|"
    r"amendment)(?: [\w']+){0,3} ?:|"
    r"hi|hiya|hello|hey|so|and|but|or|oh|ah|um|uh|hmm|ok|okay|yes|yeah|yep|yup|nope|nah|"
    r"thanks(?: a lot| so much)?|thank you|sorry|btw|by the way|fyi|for your information|actually|also|plus|"
    r"anyway|anyways|basically|honestly|to be honest|tbh|personally|frankly|in general|generally(?: speaking)?|"
    r"unfortunately|sadly|luckily|fortunately|firstly|first of all|secondly|lol|haha|yea|"
    r"correction|update|change of plan|scratch that|nevermind|never mind|oops|my bad|ps|p\.s|one (?:more|other) thing|"
    r"because|since|as(?! far| i am| a result)|though|although|while|whereas|because of that|therefore|"
    r"however|besides|additionally|"
    r"(?:just )?(?:so|to let) you know|just so (?:that )?you(?: are)? (?:know|aware)|for (?:the )?(?:record|context|"
    r"reference|background|info)|(?:some|a bit of|a little|quick) (?:background|context|info)|"
    r"as (?:i )?(?:said|mentioned|you know|always|usual)(?: before| earlier)?|like i said|mind you|"
    r"(?:one|the) thing (?:is|to know)|the thing is|thing is|fact is|truth is|good morning|good evening|"
    r"good afternoon|nice to meet you|(?:please )?(?:do )?(?:remember|note|keep in mind|bear in mind|"
    r"be aware)(?: that)?|"
    r"(?:please )?(?:do not|never) forget(?: that)?|(?:you )?(?:should|must|need to|might want to) know(?: that)?|"
    r"(?:please )?(?:add|save|store|write down|make a note|take note|put down)(?: that| this)?|i said|"
    r"i (?:would )?(?:should|must|have to|need to|want to|forgot to|just want to)? ?(?:mention|add|say|admit|confess|"
    r"tell you|point out|note|clarify)(?: that)?|let me (?:add|say|mention|clarify|be clear)(?: that)?|"
    r"i mean|i mentioned(?: that)?|you see|you know|in fact|in short|long story short|about me|about myself|"
    r"(?:a bit|a little|something) about me|now|currently|at the moment|these days|nowadays|right now|at present|"
    r"as of (?:now|today|this week)|lately|recently|wow|awesome|same here|me too|agreed|"
    r"of course|in (?:my|our) (?:house|home|family|spare time|free time|opinion|case)|on weekends|at home|at work|"
    r"as for me|good question|glad you asked|in that case|(?:oh )?my god|omg|"
    r"last (?:year|month|week)|(?:most|every) (?:day|week|night|morning|evening|weekend)s?|most of the time|"
    r"[|*•>]|-|\d\))(?: |$)"
)
_STRONG = re.compile(
    r"\b(?:remember|note|keep in mind|bear in mind|do not forget|never forget|be aware|for the record|fyi|"
    r"for (?:your )?(?:information|future reference|reference)|so you know|should know|must know|make a note|"
    r"take note|write down|save)\b"
)
_HEDGE = re.compile(
    r"(?:(?:but )?i (?:would |am |do |still |kind of |sort of )*(?:think|guess|believe(?! in)|suppose|say|feel "
    r"like|reckon|assume|"
    r"imagine|suspect|gather|seem to (?:remember|recall)|vaguely (?:remember|recall)|fairly sure|pretty sure|"
    r"quite sure|almost "
    r"(?:sure|certain)|nearly certain|fairly certain|pretty certain|reasonably sure|positive|\d+ ?% sure)|"
    r"probably|perhaps|maybe|"
    r"(?:i am )?(?:pretty|fairly|quite|almost|nearly|reasonably|99%|90%|80%|\d+%|mostly) (?:sure|certain|"
    r"positive|confident)|"
    r"(?:i am )?not (?:(?:a |one )?(?:hundred|100) ?(?:percent|%) |entirely |totally |completely |absolutely |"
    r"quite |100% )?"
    r"(?:sure|certain|positive)(?: about (?:this|that|it))?(?: ,)? (?:but|though)|if (?:i remember|memory "
    r"serves|i recall|i am not "
    r"mistaken)(?: me)?(?: correctly| right| rightly| well| properly)?|from what i (?:remember|recall|gather|"
    r"know)|as far as i "
    r"(?:know|remember|can tell|recall|understand)|afaik|iirc|unless i am mistaken|to (?:my|the best of my) "
    r"knowledge|apparently|"
    r"chances are|i am told|they tell me|seems like|looks like|it seems|it looks like|i have (?:a|the) "
    r"(?:feeling|hunch|suspicion|vague memory|idea)|(?:my|our) guess is|"
    r"rumou?r has it|do not quote me(?: on (?:this|that))?(?: ,)? "
    r"but|i could be wrong(?: ,)? but|i might be wrong(?: ,)? but|presumably|supposedly|could be wrong(?: ,)? but)"
    r"(?: that)?(?: ,)? (?:but )?"
)


class Clause(NamedTuple):
    """Consecutive tokens with fillers off, and what the clause stands in."""

    text: str
    """Canonical words parted by single spaces."""
    tokens: tuple[Token, ...]
    starts: tuple[int, ...]
    """Where each token begins in `text`."""
    lead: str
    """The fillers that were taken off, canonical."""
    link: str
    """The word or mark that opened the clause, "" at the start of a sentence."""
    sentence: int
    end_mark: str
    hedged: bool
    strong: bool
    inherits: bool

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where `text[start:end]` stands in the turn."""
        first = bisect_right(self.starts, start) - 1
        last = bisect_right(self.starts, max(start, end - 1)) - 1
        return self.tokens[first].start, self.tokens[last].end


def clauses(text: str) -> list[Clause]:
    """Clauses of a turn in order."""
    out: list[Clause] = []
    for number, (sentence, end_mark) in enumerate(_sentences(tokenise(text, 0, len(text)))):
        out.extend(_split(sentence, end_mark, number))
    return out


def _sentences(tokens: list[Token]) -> list[tuple[list[Token], str]]:
    found: list[tuple[list[Token], str]] = []
    part: list[Token] = []
    for token in tokens:
        word = token.word
        ends = word in {"\n", "!", "?", "…", ";", "|"} or word.startswith("..") or word == "."
        if word == "." and part and part[-1].word in _ABBREVIATIONS:
            continue
        if not ends:
            part.append(token)
            continue
        if part:
            found.append((part, word))
            part = []
        elif found and word in {"?", "|"} and found[-1][1] in {"!", "?"}:
            found[-1] = (found[-1][0], "?" if "?" in (word, found[-1][1]) else found[-1][1])
    if part:
        found.append((part, ""))
    return found


def _split(tokens: list[Token], end_mark: str, number: int) -> list[Clause]:
    parts: list[tuple[str, list[Token]]] = []
    part: list[Token] = []
    inside: list[Token] | None = None
    asides: list[list[Token]] = []
    link = ""
    for i, token in enumerate(tokens):
        word = token.word
        if word in {"(", "["}:
            inside = []
        elif word in {")", "]"}:
            if inside:
                asides.append(inside)
            inside = None
        elif inside is not None:
            inside.append(token)
        elif part and not _coupled(tokens, i, part) and _breaks(tokens, i):
            parts.append((link, part))
            part, link = ([], word) if word in {",", "-", "and", "&", ":", "plus", "or", "then"} else ([token], word)
        else:
            part.append(token)
    parts.append((link, part))
    if inside:
        asides.append(inside)
    out: list[Clause] = []
    spoken = False
    for mark, words in parts:
        if words:
            clause = _clause(mark, words, number, end_mark)
            spoken = (
                spoken or clause.text.startswith(("i ", "we ")) or (not out and _SPEAKS.match(clause.text) is not None)
            )
            heir = clause.inherits and spoken and not (mark == "," and clause.text.startswith("like "))
            out.append(clause if heir == clause.inherits else clause._replace(inherits=heir))
    out.extend(_clause("(", part, number, ".") for part in asides)
    return [clause for clause in out if clause.text]


_SPEAKS = re.compile(r"(?:live in|work (?:as|at|for)|vegan|vegetarian|based in|married|retired|originally from)\b")


def _coupled(tokens: list[Token], i: int, part: list[Token]) -> bool:
    """Whether "and" joins a person and the speaker: "Marco and I", "my wife Ana and I"."""
    if tokens[i].word != "and" or i + 1 >= len(tokens) or tokens[i + 1].word != "i":
        return False
    first = part[0].word
    return (len(part) == 1 and first not in _SUBJECTS and _FILLER.match(first + " ") is None) or (
        first in {"my", "our"} and len(part) <= 3
    )


def _breaks(tokens: list[Token], i: int) -> bool:
    word = tokens[i].word
    if word == "as" and tokens[i - 1].word in {"far", "long", "soon", "well", "such"}:
        return False
    if word == "-":
        return True
    if word == "who" and tokens[i - 1].word in {"someone", "somebody", "person", "one", "people", "those"}:
        return False
    if word in {"i", "we"}:
        return _runs_on(tokens, i)
    if word in _HARD:
        return not (word in {"when", "if", "while", "until", "so", "who"} and not _opens(tokens, i + 1)) or word in {
            "who",
            "if",
            "unless",
        }
    if word in {",", "and", "&", ":", "plus", "or", "then", "since", "as"}:
        return _opens(tokens, i + 1) and (word not in {"or", "as"} or tokens[i + 1].word in {"i", "my", "we"})
    return False


_AFTER_RUN = word_set(
    "am have do can will work live use play take need love hate like prefer want drive own eat drink teach study"
)
_BEFORE_RUN = word_set(
    """
    that what where how when which who if think know as than and or but so because believe guess hope feel say
    said mean wish , - : whom whose whether since while like until before after though although unless once
    whenever not to for of with in on at by from my do did does am are is was were have had has can could would
    will should may might must i we you
    """
)
_RELATES = word_set(
    """
    the every all any each only thing things something everything anything nothing place places way time first
    last reason best what most one ones kind sort stuff much many few
    """
)


def _runs_on(tokens: list[Token], i: int) -> bool:
    """Whether a clause begins at "I" or "we" without a mark before it: "I'm a dad now I can't do Saturdays"."""
    if i + 1 >= len(tokens) or i < 3 or tokens[i + 1].word not in _AFTER_RUN or tokens[i - 1].word in _BEFORE_RUN:
        return False
    return not any(token.word in _RELATES for token in tokens[max(0, i - 4) : i])


def _opens(tokens: list[Token], i: int) -> bool:
    """Whether a clause of its own may begin at token `i`."""
    rest = " ".join(t.word for t in tokens[i : i + 14]) + " "
    cut = _strip(rest)
    words = rest[cut:].split()
    if not words:
        return cut > 0
    first = words[0]
    if (
        first in _SUBJECTS
        or first in _ASKING
        or first
        in {
            "if",
            "unless",
            "please",
            "call",
            "worth",
            "thoughts",
            "ideas",
            "advice",
            "suggestions",
            "tips",
            "possible",
            "realistic",
            "recommendations",
        }
    ):
        return True
    if first in _POSSESSIVES:
        return any(w in _COPULAS for w in words[1:6]) or (
            len(words) > 2 and (words[1] in KIN or words[1] in PLURAL_KIN) and words[2].endswith("s")
        )
    return _INHERITED.match(rest[cut:]) is not None


def _strip(text: str) -> int:
    at = 0
    for _ in range(8):
        found = _FILLER.match(text, at)
        if found is None:
            break
        at = found.end()
    return at


def _clause(link: str, tokens: list[Token], number: int, end_mark: str) -> Clause:
    tokens = tokens[:_MAX_CLAUSE]
    text = " ".join(t.word for t in tokens)
    cut = _strip(text)
    hedged = False
    for _ in range(2):
        hedge = _HEDGE.match(text, cut)
        if hedge is None:
            break
        hedged = True
        cut = hedge.end()
        cut += _strip(text[cut:])
    lead = text[:cut]
    kept, at = [], 0
    starts: list[int] = []
    for token in tokens:
        if at >= cut:
            starts.append(at - cut)
            kept.append(token)
        at += len(token.word) + 1
    body = text[cut:].rstrip(" ,:-")
    while kept and starts[-1] >= len(body):
        kept.pop()
        starts.pop()
    strong = _STRONG.search(lead) is not None
    inherits = link in {",", "and", "&", "-", "but", "plus"} and _INHERITED.match(body) is not None
    return Clause(body, tuple(kept), tuple(starts), lead, link, number, end_mark, hedged, strong, inherits)


def asks(text: str) -> bool:
    """Whether a canonical clause is put as a question, by its first word."""
    return text.split(" ", 1)[0] in _ASKING
