"""What must not be read: quotations, pasted text, role play, hypotheses, jokes, reported speech."""

import re

_FENCE = re.compile(r"```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)", re.DOTALL)
_INLINE_CODE = re.compile(r"`[^`\n]{1,200}`")
_QUOTED_LINE = re.compile(
    r"^[ \t]*(?:>|&gt;|♪|♫|\$ |#|//|/\*|def |class \w+[:(]|import |return\b|print\(|const |let \w+ =|"
    r"var |function |select .* from |(?:from|to|subject|sent|cc|date|on .{5,60} wrote) ?:).*$",
    re.MULTILINE | re.IGNORECASE,
)
_FORWARDED = re.compile(
    r"^.{0,40}(?:-----? ?(?:original|forwarded) message|begin forwarded message|begin (?:e-?mail|quote|transcript)|"
    r"(?:here(?:'s| is)|this is|below is|see below|pasting|pasted) (?:the|an?|my|his|her|their|what|some)?\b.{0,60}"
    r"(?:e-?mail|letter|lyrics?|song|poem|message|text|review|bio|transcript|script|log|story|paragraph|essay|post|"
    r"dialogue|quote|passage|chapter|wrote|said|sent)[^\n:]{0,60}:).*",
    re.IGNORECASE | re.MULTILINE | re.DOTALL,
)
_TASK_TEXT = re.compile(
    r"\b(?:proof ?read|translate|rewrite|rephrase|paraphrase|summari[sz]e|edit|grammar.?check|correct|improve|"
    r"how (?:do|would) (?:you|i|we) say|what does|fix) (?:this|the|my|following|these|it|below|in)?\b[^\n:]{0,80}:.*",
    re.IGNORECASE | re.DOTALL,
)
_QUOTES = re.compile(
    r"\"([^\"\n]{1,600})\"|“([^”\n]{1,600})”|«([^»\n]{1,600})»|"
    r"(?<![\w\u2019'])[\u2018'](\S[^'\u2019\n]{0,300}?(?:['\u2019]\w+[^'\u2019\n]{0,200}){0,8})['\u2019](?![\w])"
)
_SPOKEN = re.compile(r"\b(?:i|i'm|i\u2019m|im|my|we|our|me|you|your|he|she|is|are|don't|can't)\b", re.IGNORECASE)
_PLAY = re.compile(
    r"\b(?:pretend|imagine|(?<!i )suppose|supposing|role ?-?play(?:ing)?|let(?:'s|s|\u2019s| us) (?:say|"
    r"pretend|imagine|assume|play)|"
    r"assume|assuming|hypothetically|hypothetical|in (?:this|the) (?:story|game|scenario|book|movie|film|novel|dream)|"
    r"what if|act (?:as|like)|in character|for (?:the sake of argument|argument's sake|example, (?:i|say))|"
    r"(?<!i )write (?:me )?(?:a|an|the|my|some|from)|once upon a time|my character|the character|as if i|say i'?m|"
    r"a (?:story|poem|song|letter|script|dialogue) (?:about|where|in which)|playing (?:a|the) (?:role|part)|"
    r"draft (?:a|an|the|me)|lyrics?|i had a dream|i dreamt|i dreamed|in my dreams?|if only|wish)\b",
    re.IGNORECASE,
)
_JOKE = re.compile(
    r"(?:\boh,? (?:sure|great|yeah|wonderful|fantastic|lovely|joy),? (?:i|my|just)\b|\b(?:just kidding|"
    r"jk|only joking|just joking|i'?m kidding|i kid|i'?m joking|as a joke|sarcasm|"
    r"yeah,? right|not really lol|joking aside|april fools?|in another life|just what i (?:needed|always|"
    r"wanted)|said no one ever|thanks for nothing|"
    r"how wonderful|lucky me|best day ever|not!)\b|/s\b|\(joke\)|#sarcasm)",
    re.IGNORECASE,
)
_PLAY_OPENS = re.compile(
    r"\b(?:pretend|imagine|role ?-?play|(?<!i )suppose|supposing|assume|let(?:'s|s|\u2019s| us) (?:say|"
    r"pretend|imagine|assume|play)|"
    r"hypothetically|in character|act as|(?<!i )write (?:me )?(?:a|an|the|my|some)|once upon a time|my character|"
    r"lyrics?|draft (?:a|an)|i had a dream|i dreamt|i dreamed|what if)\b",
    re.IGNORECASE,
)
_REPORTS = re.compile(
    r"(?:\b(?:said|says|say|told (?:me|us|him|her|them)|tells me|asked|asks|replied|replies|wrote|"
    r"writes|claims|claimed|"
    r"was like|goes|went|thinks|thought|believes|shouted|answered|mentioned|posted|tweeted|sings|sang|reads|goes like)"
    r"(?: that)?)$"
)
_MOMENT = re.compile(
    r"\b(?:today only|just this once|for this order|for this one|this time|for once|just for today|on this occasion)\b"
)


_COMPOSED = re.compile(
    r"\b(?:lyrics?|songs?|sings?|novels?|poems?|haiku|limerick|riddles?|puzzles?|characters?|plot|storyline|"
    r"(?:short |bedtime )?stor(?:y|ies)|"
    r"screenplay|script|dialogue|homework|exercise|word problem|case study|grammar|proof ?read|translate|"
    r"translation|rephrase|paraphrase|"
    r"caption|meme|tweet|headline|slogan|diary|opening line|how does (?:that|this|it) sound|which (?:film|"
    r"movie|book|song|novel)|in the (?:film|"
    r"movie|book|game|play|series|novel|video|dream)|first person|point of view|monologue|sketch|quiz|trivia|"
    r"charades|dungeon|d&d|npc|avatar|"
    r"game master|role|sample (?:sentence|text|letter|answer)|example (?:sentence|text)|in italian|in french|"
    r"in english\?|idiom|proverb|saying|"
    r"quote|quotation|narrator|hero|villain|chess|checkmate|knight|bluff|once upon)\b",
    re.IGNORECASE,
)


def composed(text: str) -> bool:
    """Whether a turn speaks of songs, stories, games, exercises or wording, where "I" need not be the user."""
    return _COMPOSED.search(text) is not None


def mask(text: str) -> str:
    """The text with foreign passages overwritten by line breaks or marks; its length stays the same."""
    if "```" in text or "~~~" in text:
        text = _FENCE.sub(_blank, text)
    if "`" in text:
        text = _INLINE_CODE.sub(_word, text)
    text = _FORWARDED.sub(_blank, text, count=1)
    if ":" in text:
        text = _TASK_TEXT.sub(_blank, text, count=1)
    text = _QUOTED_LINE.sub(_blank, text)
    if any(mark in text for mark in "\"“«'\u2018"):
        text = _QUOTES.sub(_quotation, text)
    return text


def _blank(found: re.Match[str]) -> str:
    return "\n" * len(found[0])


def _word(found: re.Match[str]) -> str:
    return "\ufffd" * len(found[0])


def _quotation(found: re.Match[str]) -> str:
    """Titles and names stay, what somebody may have said goes."""
    said = next(part for part in found.groups() if part)
    if len(said.split()) <= 5 and not _SPOKEN.search(said):
        return found[0]
    return " " + "|" * (len(found[0]) - 2) + " "


def plays(text: str) -> int:
    """Where role play, a hypothesis or a text to be written begins; `len(text)` if nowhere.

    What follows on the same turn is not said of the user. A joke marker anywhere takes the whole turn.
    """
    if _JOKE.search(text):
        return 0
    found = _PLAY_OPENS.search(text)
    if found is None:
        return len(text)
    cut = max(text.rfind(mark, 0, found.start()) for mark in ".!?\n;")
    return cut + 1


def unreal(sentence: str) -> bool:
    """Whether a sentence is about a world that is not so."""
    return _PLAY.search(sentence) is not None


def reports(clause: str) -> bool:
    """Whether the clause after this one is somebody's words."""
    return _REPORTS.search(clause) is not None


def momentary(clause: str) -> bool:
    return _MOMENT.search(clause) is not None
