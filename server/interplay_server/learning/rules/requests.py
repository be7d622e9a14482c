"""How the user wants to be served: "call me Sam", "always reply in German", "please keep answers short"."""

import re

from interplay_server.learning.rules import lexicon
from interplay_server.learning.rules.facts import FACTUAL, INFINITY, PREFERENCE, Rule, rule

_LANGUAGE = "(?:" + "|".join(sorted(lexicon.LANGUAGES)) + ")"
_POLITE = (
    r"(?:(?:please|kindly|just|always|never|only|also|from now on|in (?:the )?future|going forward|"
    r"whenever possible|next time|can you|could you|would you|do|and|so) )*"
)
_ANSWERS = (
    r"(?:answers?|replies|responses?|messages?|explanations?|emails?|summaries|texts|suggestions|"
    r"recipes|recommendations|instructions)"
)
_SAY = r"(?:answer|reply|respond|write|speak|talk|explain|communicate|message|email|text|address|chat)"

REQUESTS: tuple[Rule, ...] = (
    rule(
        rf"{_POLITE}(?P<v>call me (?P<w>(?!back|at|on|when|if|later|tomorrow|today|a |an |crazy|between|"
        r"after|before|now|asap|as soon|please|first|any)[^\W\d]+(?: [^\W\d]+)?))(?: .*)?$",
        "Wants to be called",
        "preferred_name",
        FACTUAL,
        INFINITY,
        True,
    ),
    rule(
        r"(?P<v>(?:people|everyone|everybody|friends|my friends|they|most people|folks|my family) (?:just |"
        r"all |usually )?call me (?P<w>.+))",
        "Is called",
        "preferred_name",
        FACTUAL,
        INFINITY,
        True,
    ),
    rule(
        rf"{_POLITE}(?P<v>{_SAY}(?: to)?(?: me)? (?:back )?(?:only )?in (?P<w>{_LANGUAGE})\b.*)",
        "Wants the agent to",
        "language",
        PREFERENCE,
        "one_year",
        True,
    ),
    rule(
        rf"(?P<v>(?:in )?(?P<w>{_LANGUAGE}) (?:only )?(?:please|from now on|is fine|would be better|is better))$",
        "Wants answers in",
        "language",
        PREFERENCE,
        "one_year",
        True,
    ),
    rule(
        rf"{_POLITE}(?P<v>(?:keep|make) (?:all )?(?:your|the|my|our|any)? ?(?P<w>{_ANSWERS} .+))",
        "Wants the agent to",
        "communication",
        PREFERENCE,
    ),
    rule(
        rf"(?P<v>{_POLITE}(?:keep it|be|make it) (?P<w>(?:very |more |as )?(?:short|brief|concise|simple|"
        r"formal|informal|casual|direct|blunt|detailed|honest|formal|polite|succinct|to the point|"
        r"professional)\b.*(?:always|from now on|in (?:the )?future|when|going forward|with me|"
        r"generally).*))",
        "Wants the agent to",
        "communication",
        PREFERENCE,
    ),
    rule(
        r"(?P<v>(?:(?:always|never|from now on|in (?:the )?future|going forward|whenever|do not ever|stop|"
        r"please always|please never|please stop|please do not|do not) )+(?:please |just |only |ever )?"
        rf"(?P<w>(?:{_SAY}|answer|use|using|give me|giving me|show|include|including|send|sending|call|"
        r"calling|add|adding|keep|start|end|sign|put|cite|provide|suggest|suggesting|recommend|"
        r"recommending|remind|assume|assuming|contact|contacting|ask|repeat|offer|phone|ring|writing|"
        r"explaining|schedule|book|convert|format|mention|mentioning|serve)\b.+))",
        "Wants the agent to",
        "communication",
        PREFERENCE,
        accepts=lambda value, _raw: _lasting(value),
    ),
    rule(
        rf"(?P<v>{_POLITE}(?:use|give me|show me|answer with|reply with|respond with|write with|stick to|"
        r"stick with) (?P<w>(?:metric|imperial|celsius|fahrenheit|kilometers|kilometres|miles|kilograms|"
        r"grams|24 hour|bullet points|short sentences|british|american|uk|us|plain|simple|dark mode|"
        r"informal|formal|euros|dollars|pounds|my first name|they|she|he|gender neutral|large print|"
        r"markdown|short answers|brief answers|numbered|python|typescript|examples)\b.*))",
        "Wants the agent to",
        "communication",
        PREFERENCE,
    ),
    rule(
        r"(?P<v>(?:no|without|less|fewer|skip the|skip all|spare me the|drop the) (?P<w>(?:emojis?|"
        r"emoticons|bullet points|jargon|phone calls|small talk|markdown|slang|exclamation (?:marks|"
        r"points)|newsletters?|marketing emails|promotional emails|calls|sms|apologies|pleasantries|fluff|"
        r"filler|long answers|disclaimers)\b.*))",
        "Wants",
        "communication",
        PREFERENCE,
    ),
    rule(
        rf"(?P<v>{_POLITE}(?:email|e mail|text|message|whatsapp|call|phone|ring|contact|"
        r"reach) me (?P<w>(?:instead|by|via|on|through|only|after|before|between|in the|at work|at home|"
        r"not|rather|during|using|in|with) ?.*))",
        "Wants to be contacted:",
        "contact",
        PREFERENCE,
        accepts=lambda value, _raw: not re.search(r"\b(?:when (?:it|my|the)|once|if|as soon)\b", value),
    ),
    rule(
        r"(?P<v>(?:the )?(?:best|easiest|preferred|only) (?:way|time|method) to (?:reach|contact|"
        r"get hold of|call|get) me (?:is|would be) (?P<w>.+))",
        "Contact:",
        "contact",
        PREFERENCE,
        "one_year",
        True,
    ),
    rule(
        r"(?P<v>(?:email|e mail|text|phone|sms|whatsapp|calls?|texts?|emails?|chat|post|telegram) (?:only|"
        r"is best|are best|works best|work best|is better|preferred|over phone|instead of (?:phone|calls|"
        r"email)|suits me better|is fine))",
        "Prefers contact:",
        "contact",
        PREFERENCE,
    ),
    rule(
        r"(?P<v>(?:window|aisle) seats?(?:,? (?:please|always|only|for me|every time))+)",
        "Prefers",
        "seat",
        PREFERENCE,
        "one_year",
        True,
        accepts=lambda value, _raw: "always" in value or "every" in value or "only" in value,
    ),
    rule(
        r"(?P<v>(?P<w>(?:\w+ ){1,3}only) for (?:me|us)|(?P<x>only (?:\w+ ){1,3})for (?:me|us))$",
        "Wants",
        "preference",
        PREFERENCE,
        confidence=0.75,
    ),
)
"""Matched where a clause begins, without a subject."""

_OFFHAND = re.compile(
    r"\b(?:this (?:order|one|email|message|text|letter|conversation|file|recipe)|my (?:card|order|"
    r"account|booking|refund)|the (?:order|link|refund|booking|button|invoice|same (?:thing|question)|"
    r"table|form)|"
    r"that again|it again|worry|it to me|it for me|me (?:a|an|the) (?:link|refund|code|invoice|list|"
    r"recipe|example|summary|moment|minute|second)|today|tomorrow|right now|me again|me about this)\b"
)


_EVER = re.compile(r"\b(?:always|never|from now on|in (?:the )?future|going forward|whenever|ever)\b")
_SERVICE = re.compile(
    r"(?:call me|phone me|ring me|email me|text me|contact me|calling|emailing|texting|"
    r"me (?:newsletters?|marketing|promotional|reminders|sms|texts|emails|notifications)|"
    r"emojis?|emoticons|jargon|bullet|markdown|exclamation|suggest|recommend|mention|newsletters|"
    r"notifications|apologi|repeat|small talk)"
)


def _lasting(value: str) -> bool:
    """Not an order for the case at hand."""
    if not _EVER.search(value) and not _SERVICE.search(value):
        return False
    return _OFFHAND.search(value) is None and len(value.split()) >= 2


TERSE: tuple[Rule, ...] = (
    rule(r"(?P<v>(?:\w+ ){1,4})here$", "Is", "", FACTUAL),
    rule(
        r"(?P<k>(?:max(?:imum)? |my |total |current )?(?:budget|price range|size|shoe size|dress size|name|"
        r"first name|surname|last name|age|location|city|country|occupation|job|profession|diet|allergies|"
        r"allergy|allergic to|birthday|date of birth|dob|email|phone|phone number|time ?zone|hobbies|likes|"
        r"dislikes|height|weight|pronouns|language|languages|"
        r"os|device|phone model|laptop|car|goal|goals|dietary restrictions|dietary requirements|contact|"
        r"preferred contact|address|pets|kids|skin type|experience|level|stack|employer|role|title|"
        r"seat preference|favourite \w+)) ?: ?(?P<v>[^:]+)$",
        "",
        "",
        FACTUAL,
    ),
    rule(
        r"(?P<k>budget|max budget|price range) (?:is |of |around |about |max |up to |under )*(?P<v>(?:[€$£¥₹] ?)?\d.*)",
        "",
        "budget",
        FACTUAL,
    ),
    rule(
        r"new (?P<k>job|place|number|address|phone|car|email|house|flat|apartment|dog|cat|puppy|laptop|"
        r"role) (?P<x>is |since .+? ?: |: |at |in )(?P<v>.+)",
        "",
        "",
        FACTUAL,
    ),
)
