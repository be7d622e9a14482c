"""Rules that turn what was said into the words of a playbook entry: future requests and imperatives."""

import re
from typing import NamedTuple

from interplay_server.learning.alignment import heavy_stems
from interplay_server.learning.sentences import Sentence, sentences
from interplay_server.learning.verbs import IMPERATIVES

MAX_TRIGGER = 200
MAX_INSTRUCTION = 400
_MAX_QUOTE = 140
_READ = 4_000

_IDENTIFIER = re.compile(
    r"\s?(?:[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,24}){1,4}|#\s?[A-Z]{0,3}\d[\w-]{1,20}|\+?\d[\d ()-]{7,18}\d\b|"
    r"\b[A-Z]{0,4}\d{5,20}\b|\b\w{1,24}_\w{1,24}_\d{2,8}\b)"
)
_OPENING = re.compile(
    r"(?:(?:hi|hello|hey|yo|good (?:morning|afternoon|evening|day)|greetings|dear \w+|thanks|thank you|please|ok|okay|"
    r"well|so|yes|yeah|yep|sure|great|alright|right|oh|um|uh|hmm|actually|also|and|but|sorry|excuse me|no|nope|"
    r"there|everyone|team|all|then|now|first of all|by the way|btw|quick question)\b[\s,.!:;\u2013\u2014-]*)+",
    re.IGNORECASE,
)
_FIRST_PERSON = [
    (re.compile(pattern, re.IGNORECASE), word)
    for pattern, word in [
        (r"\bI am\b|\bI['\u2019]?m\b(?!\w)", "they are"),
        (r"\bI['\u2019]ve\b", "they have"),
        (r"\bI['\u2019]d\b", "they would"),
        (r"\bI['\u2019]ll\b", "they will"),
        (r"\bI was\b", "they were"),
        (r"\bam I\b", "are they"),
        (r"\bmyself\b", "themselves"),
        (r"\bmine\b", "theirs"),
        (r"\bmy\b", "their"),
        (r"\bme\b", "them"),
    ]
] + [(re.compile(r"\bI\b"), "they"), (re.compile(r"(?:^|(?<=\s))i(?=\s)"), "they")]
_SECOND_PERSON = [
    (re.compile(rf"(?<![\w-])(?:{pattern})(?![\w-])", re.IGNORECASE), word)
    for pattern, word in [
        (r"\byou are\b|\byou['\u2019]re\b", "users are"),
        (r"\byou['\u2019]ve\b", "users have"),
        (r"\byou['\u2019]ll\b", "users will"),
        (r"\byou['\u2019]d\b", "users would"),
        (r"\bare you\b", "are users"),
        (r"\byourself\b", "themselves"),
        (r"\byours\b", "theirs"),
        (r"\byour\b", "their"),
        (r"\byou\b", "users"),
    ]
]
_ASIDE = re.compile(
    r"^(?:i['\u2019]?m|i am|we are|we['\u2019]re)?\s*(?:so |very |really |truly |terribly )?"
    r"(?:sorry|apologi[sz]e\w*|my apologies|unfortunately|thank you|thanks|happy to|glad to|pleased to|of course|"
    r"certainly|absolutely|sure thing|no problem|great question|good question|i understand|i appreciate|"
    r"i hope|hope|you['\u2019]re welcome|have a (?:great|nice|good)|"
    r"hello|hi|hey|welcome|dear|best regards|kind regards|sincerely|goodbye|bye|take care|"
    r"is there anything else|anything else|how can i help|how may i help|i can help|i['\u2019]d be happy|"
    r"i would be happy|i['\u2019]ll be happy|i can certainly)\b",
    re.IGNORECASE,
)

_INVITES = re.compile(
    r"^(?:and |so )?(?:please )?(?:just )?(?:let (?:me|us) know|feel free|don['\u2019]t hesitate|do not hesitate)\s+"
    r"(?:if|when|should|to (?:ask|reach|contact|let))\b",
    re.IGNORECASE,
)


class Situation(NamedTuple):
    """A request as it may come again, and the place of the words it was made from."""

    phrase: str
    start: int
    end: int
    asks: bool
    """It is a question or a request; otherwise a statement or an answer."""


def without_identifiers(text: str) -> str:
    """E-mail addresses, telephone, order and account numbers left out."""
    return re.sub(r"\s+", " ", _IDENTIFIER.sub("", text)).strip()


def third_person(text: str) -> str:
    """The user's own words, said of the user; "you" stays the agent."""
    for pattern, word in _FIRST_PERSON:
        text = pattern.sub(word, text)
    return text


def of_users(text: str) -> str:
    """Words to the user ("you can return it"), said of users in general."""
    for pattern, word in _SECOND_PERSON:
        text = pattern.sub(word, text)
    return text


def shorten(text: str, most: int) -> str:
    """At most `most` code points, cut between words."""
    said = re.sub(r"\s+", " ", text).strip()
    if len(said) <= most:
        return said
    cut = said[: most - 1]
    return cut[: cut.rfind(" ")].rstrip(" ,;:-") + "\u2026" if " " in cut else cut + "\u2026"


def quoted(text: str) -> str:
    return f"\u201c{shorten(without_identifiers(text).rstrip('.'), _MAX_QUOTE)}\u201d"


def lower_first(text: str) -> str:
    """Lower the first letter, but not of I, of an acronym or of a name in the middle of capitals."""
    head = re.match(r"\w+", text)
    if not head or head[0] == "I" or (len(head[0]) > 1 and not head[0][1:].islower()):
        return text
    following = re.match(r"\w+['\u2019]?\w*\s+([A-Z][a-z]+)", text)
    if following and head[0].lower() not in _STARTERS and head[0].lower() not in IMPERATIVES:
        return text
    return text[0].lower() + text[1:]


_STARTERS_WORDS = """
the a an if for in on at when while after before all any our your their its this that these those you we they it
please only most some each every no not to from with as by both
"""
_STARTERS = frozenset(_STARTERS_WORDS.split())


def upper_first(text: str) -> str:
    return text[:1].upper() + text[1:]


def is_aside(text: str) -> bool:
    """Greeting, thanks, apology or an offer of help, without matter of its own."""
    if _INVITES.match(text.strip()):
        return True
    match = _ASIDE.match(text.strip())
    if not match:
        return False
    return len(heavy_stems(text[match.end() :])) <= 2


_ABOUT = re.compile(
    r"^(?:what|which)(?:['\u2019]?s| is| are| was| were)\s+(?:your|the|my|our|an|a)?\s*(?P<np>[^?]{2,160})\??$",
    re.IGNORECASE,
)
_REQUESTS = [
    (re.compile(pattern, re.IGNORECASE), template)
    for pattern, template in [
        ((r"^(?:can|could|would|will) you (?:please |kindly |maybe |also )*(?P<x>(?!tell me\b|"
          r"explain\b)[a-z].{1,})$"), "User asks to {x}"),
        ((r"^(?:can|could|would|will) you (?:please |kindly )*(?:tell me|explain(?: to me)?)(?: about)? "
          r"(?P<x>.{2,})$"), "User asks about {x}"),
        (r"^how (?:do|can|could|should|would|may|must) (?:i|we|you|one) (?P<x>.{2,})$", "User asks how to {x}"),
        (r"^(?:can|could|may|should|must|shall) (?:i|we) (?:please )?(?P<x>.{2,})$", "User asks whether they can {x}"),
        (r"^(?:am i|are we) (?P<x>.{2,})$", "User asks whether they are {x}"),
        (r"^(?:do|does|did) (?:i|we) (?P<x>.{2,})$", "User asks whether they {x}"),
        (r"^(?:do|did) you (?P<x>.{2,})$", "User asks whether you {x}"),
        (r"^(?:is|are|was) there (?P<x>.{2,})$", "User asks whether there is {x}"),
        (r"^(?:where|when) (?P<v>is|are|was) (?P<x>.{2,})$", "User asks where {x} is"),
        ((r"^(?:i|we)(?: would|['\u2019]d)? (?:like|love|want|wanna|need|have|wish|would like)(?: to|ed to)? "
          r"(?:know|ask|find out|learn)(?: about)? (?P<x>.{2,})$"), "User asks about {x}"),
        ((r"^(?:i|we)(?: would|['\u2019]d)?(?: really| also| just)? (?:like|love|want|wanted|need|wish|wanna|am "
          r"trying|was hoping|have|hope) to (?P<x>.{2,})$"), "User wants to {x}"),
        ((r"^(?:i['\u2019]?m|i am|we['\u2019]re|we are)(?: also| just| currently)? (?:trying|looking|hoping|"
          r"planning|going|wanting) to (?P<x>.{2,})$"), "User wants to {x}"),
        ((r"^(?:i['\u2019]?m|i am|we['\u2019]re|we are)(?: also| just)? "
          r"(?:looking|searching) for (?P<x>.{2,})$"), "User looks for {x}"),
        (r"^(?:i|we)(?: would|['\u2019]d)?(?: really| also)? (?:need|require) (?P<x>.{2,})$", "User needs {x}"),
        (r"^(?:i|we)(?: would|['\u2019]d)?(?: really| also)? (?:want|like) (?P<x>.{2,})$", "User wants {x}"),
        ((r"^(?:i|we) (?:have|got|have got) (?:a |an )?(?:question|query|problem|issue|doubt)s? (?:about|with|"
          r"regarding|concerning) (?P<x>.{2,})$"), "User asks about {x}"),
        ((r"^(?:tell me|let me know|info(?:rmation)? on|question about)"
          r"(?: about| more about)? (?P<x>.{2,})$"), "User asks about {x}"),
        (r"^(?:what|how) about (?P<x>.{2,})$", "User asks about {x}"),
        (r"^(?:what|which) (?P<x>.{2,})$", "User asks what {x}"),
        ((r"^how (?P<how>much|long|many \w+|often) (?:does|do) (?P<x>.{2,60}) "
          r"(?P<v>take|cost|last|work)$"), "User asks how {how} {x} {v}"),
        (r"^how (?P<x>(?:much|many|long|often|far|soon|old|big|late|early)\b.{2,})$", "User asks how {x}"),
        (r"^(?P<x>(?:why|who|when|where|how|whose)\b.{2,})$", "User asks {x}"),
    ]
]  # fmt: skip
_PROBLEM = re.compile(
    r"^(?:my|our|the)\b.{2,160}\b(?:is|are|has|have|was|were|won['\u2019]t|doesn['\u2019]t|does|isn['\u2019]t|"
    r"hasn['\u2019]t|keeps?|stopped|"
    r"didn['\u2019]t|never|broke|arrived|shows?)\b|^i (?:can['\u2019]?t|cannot|forgot|lost|never|bought|"
    r"ordered|received|was charged|"
    r"did(?:n['\u2019]t| not))\b",
    re.IGNORECASE,
)


def situation(text: str, offset: int = 0) -> Situation | None:
    """The request in a user's words as it may come again ("User asks about the return policy"); None without matter.

    The last question or wish counts, else the last imperative or problem, else the longest statement.
    """
    best: tuple[int, int, Situation] | None = None
    for n, sentence in enumerate(sentences(text, offset, _READ)):
        rated = _rated(sentence)
        if rated is None:
            continue
        rank, found = rated
        if best is None or rank > best[0] or (rank == best[0] and rank > 1):
            best = (rank, n, found)
    return best[2] if best else None


def _rated(sentence: Sentence) -> tuple[int, Situation] | None:
    opening = _OPENING.match(sentence.text)
    start = opening.end() if opening else 0
    said = without_identifiers(sentence.text[start:]).rstrip(" .!")
    if not heavy_stems(said):
        return None
    phrase, rank = _request(said, asks=sentence.asks)
    phrase = shorten(phrase.rstrip(" ?.!,"), MAX_TRIGGER)
    return rank, Situation(phrase, sentence.start, sentence.end, rank > 1)


def _request(said: str, *, asks: bool) -> tuple[str, int]:
    """Phrase and rank: 3 a question or wish, 2 an imperative or a problem, 1 a statement."""
    about = _ABOUT.match(said)
    if about and asks:
        return f"User asks about the {third_person(about['np'])}", 3
    bare = said.rstrip("? ")
    for pattern, template in _REQUESTS:
        match = pattern.match(bare)
        if match:
            said_of_user = lower_first(_without_please(third_person(match["x"])))
            return template.format_map({**match.groupdict(), "x": said_of_user}), 3
    if asks:
        return f"User asks: {third_person(lower_first(bare))}", 3
    first = re.match(r"[a-z]+", said, re.IGNORECASE)
    if first and first[0].lower() in IMPERATIVES:
        return f"User asks to {third_person(lower_first(bare))}", 2
    if _PROBLEM.match(said):
        return f"User says that {third_person(lower_first(bare))}", 2
    return f"User says: {third_person(lower_first(bare))}", 1


def _without_please(text: str) -> str:
    return re.sub(r"[\s,]*\bplease\b[\s,]*$", "", text, flags=re.IGNORECASE).strip()


_OFFER = re.compile(
    r"^(?:i|we)(?: can| could|['\u2019]ll| will|['\u2019]d be happy to| would be happy to| am going to|"
    r"['\u2019]m going to)"
    r"(?: certainly| also| gladly| now| just)? (?P<x>[a-z].*)$",
    re.IGNORECASE | re.DOTALL,
)
_ADVICE = re.compile(
    r"^(?:i|we)(?:['\u2019]d| would)? (?P<v>recommend|suggest|advise|propose) (?P<x>.*)$", re.IGNORECASE | re.DOTALL
)
_LET_ME = re.compile(r"^let me (?P<x>[a-z].*)$", re.IGNORECASE | re.DOTALL)
_QUESTION_LEAD = re.compile(r"^(?:and|so|also|ok|okay|right|great|now|then)[,\s]+", re.IGNORECASE)
_FINITE = re.compile(
    r"\b(?:is|are|was|were|be|can|could|may|might|must|will|would|shall|should|has|have|had|do|does|did|"
    r"n['\u2019]t|cannot|"
    r"\w{3,}(?:ed|es|s))\b",
    re.IGNORECASE,
)
_ENGLISH = re.compile(
    r"\b(?:the|a|an|is|are|to|of|and|in|for|you|your|we|it|that|this|with|on|be|can|will|not|at|i|do|or|by|as|"
    r"please)\b",
    re.IGNORECASE,
)


_FOREIGN = re.compile(
    r"\b(?:der|die|das|und|ist|nicht|ein|eine|el|la|los|las|que|de|del|le|les|et|est|une|il|per|che|sono|het|"
    r"een|para)\b",
    re.IGNORECASE,
)
# An unknown verb at the head, before an article or a pronoun: "Shuffle the order".
_ORDER = re.compile(
    r"(?!(?:the|an?|if|for|in|on|at|when|while|after|before|all|any|both|each|once|until|unless|although|because|since|"
    r"as|by|from|with|without|only|not|this|that|to|of|and|or|but|is|are|was|were|can|could|may|will|yes|no|per|via|"
    r"where|what|how|why|who|which|during|under|over|about|like|than|then|here|there|so|we|you|i|they|it|\w+ly|\w+ed|"
    r"\w+ing|\w+s)\s)[a-z]{3,14}\s(?:the|an?|your|it|them|both|each)\s",
    re.IGNORECASE,
)
_TO_AGENT = re.compile(
    r"\b(?:the|a) (?:user|customer|client)\b|\bbefore (?:\w+ly )?\w+ing\b|"
    r"^(?:acknowledge|apologi[sz]e|escalate|offer|ask|greet|avoid|verify|never|always)\b",
    re.IGNORECASE,
)


def looks_english(text: str) -> bool:
    """Whether a text has function words of English, or is plain Latin without those of its neighbours."""
    return bool(_ENGLISH.search(text)) or (text.isascii() and not _FOREIGN.search(text))


def instruction_from_reply(said: str) -> str:
    """What a good reply said, as an order to the agent: "Mention that …", "Ask …", "Tell the user to …"."""
    text = without_identifiers(said).rstrip(" .!;:,")
    text = _QUESTION_LEAD.sub("", text)
    if not looks_english(text):
        return shorten(f"Say: {quoted(text)}", MAX_INSTRUCTION)
    if text.endswith("?"):
        return shorten(f"Ask: {quoted(text)}", MAX_INSTRUCTION)
    for pattern, template in ((_OFFER, "Offer to {x}"), (_LET_ME, "Offer to {x}")):
        match = pattern.match(text)
        if match:
            return shorten(template.format(x=of_users(match["x"])), MAX_INSTRUCTION)
    advice = _ADVICE.match(text)
    if advice:
        return shorten(f"{advice['v'].capitalize()} {of_users(advice['x'])}", MAX_INSTRUCTION)
    norm = re.match(
        r"(?P<adv>never|always|only|do not|don['\u2019]t)\s+(?P<x>(?P<v>[a-z]+)\b.*)$", text, re.IGNORECASE | re.DOTALL
    )
    if norm and norm["v"].lower() in IMPERATIVES:
        adverb = {"never": "never to", "always": "to always", "only": "to only"}.get(norm["adv"].lower(), "not to")
        return shorten(f"Tell the user {adverb} {of_users(norm['x'])}", MAX_INSTRUCTION)
    polite = re.match(r"^please\s+(?P<x>[a-z].*)$", text, re.IGNORECASE | re.DOTALL)
    order = polite["x"] if polite else text
    first = re.match(r"[a-z]+(?=\s)", order, re.IGNORECASE)
    if (
        first
        and (polite or first[0].lower() in IMPERATIVES or _ORDER.match(order))
        and not re.match(r"\w+\s+(?:is|are|will|can|may|must)\b", order)
    ):
        if not polite and _TO_AGENT.search(order):
            return shorten(upper_first(order), MAX_INSTRUCTION)
        return shorten(f"Tell the user to {of_users(lower_first(order))}", MAX_INSTRUCTION)
    clause = _FINITE.search(text) or re.match(r"(?:we|you|i|they|it)\s", text, re.IGNORECASE)
    if not clause or len(text.split()) < 3:
        return shorten(f"Mention: {lower_first(of_users(text))}", MAX_INSTRUCTION)
    return shorten(f"Mention that {of_users(lower_first(text))}", MAX_INSTRUCTION)
