"""Open reading of short answers: what the agent asked about the user, with the user's words as the value."""

import re

from interplay_server.learning.rules.facts import CIRCUMSTANCE, FACTUAL, PREFERENCE, rule, third
from interplay_server.learning.rules.found import Found
from interplay_server.learning.rules.lexicon import word_set
from interplay_server.learning.rules.values import third_person

LONGEST = 24
"""Words of an answer that still speaks only together with its question."""

_OF_THE_TASK = re.compile(
    r"\b(?:(?:order|invoice|booking|reference|tracking|ticket|confirmation|account|case|serial|card|"
    r"transaction|customer) "
    r"(?:number|no|id|code|reference)|(?:which|what) (?:one|order|item|file|line|page|version of|error|option|"
    r"row|column|"
    r"picture|date|day|time|word|sentence|format|table|ticket|color|colour)\b(?! (?:do|are|would) you "
    r"(?:usually|normally|"
    r"prefer|free))|(?:on|at|by|for|from|until|since) (?:which|what) (?:date|day|time)|how (?:can|may|could|"
    r"should|else can) "
    r"(?:i|we) (?:help|assist)|anything else|what else|would you like (?:me|us)|(?:shall|should|may|can|could) "
    r"(?:i|we)\b(?! "
    r"(?:call|address|reach|contact|know|use|assume|plan))|(?:want|need) (?:me|us|help) |do you (?:want|need|"
    r"mean|see|know|"
    r"remember|agree|understand|wish|still (?:want|need|see)|have (?:the|your|a|an) (?:order|receipt|invoice|"
    r"ticket|reference|"
    r"screenshot|error|confirmation|question|minute|copy|link|draft|tracking))|did (?:it|that|the)|(?<!where "
    r")(?<!what )(?<!when )did you|have you (?:tried|checked|"
    r"restarted|already|received|seen|read|looked|got the)|has (?:it|the|this)|is (?:it|this|that|the) (?!your|"
    r"for you)|was (?:it|"
    r"the|that)|what (?:happen|seems|exactly|is (?:the|it|wrong|this|your question)|went|do you mean|did|does "
    r"(?:it|the)|can i)|"
    r"which (?:city|date|day|airport|station) (?:are you (?:flying|travel)|do you want|is it)|when (?:are|is|"
    r"will|would|do|shall|"
    r"did|should) (?!you (?:free|usually|normally|available|work|train|off))|how (?:many|much|long) (?:do you "
    r"(?:want|need)|"
    r"would|should|shall|is|are there|was|copies|of|items|tickets|people (?:is|will))|quantity|how (?:was|is|"
    r"are|did)|sure|"
    r"ready|could you (?:share|send|paste|provide|confirm|describe|tell me more|give me more|please)|can you "
    r"(?:share|send|paste|"
    r"provide|confirm|describe|see|tell me (?:more|the))|may i have|one way|return flight|right\?|correct\?|"
    r"why|who (?:wrote|is "
    r"it|shall|should)|what (?:about|if)|are you (?:ok|okay|sure|there|still there|looking|asking|trying|happy|"
    r"talking|calling|"
    r"able|flying|seeing|getting)|mammal|keys but|knock|guess)\b"
)
_OF_A_TRIP = re.compile(
    r"\b(?:destination|depart\w*|return(?:ing)? (?:date|flight|on)|going to|travel(?:l?ing)? (?:to|from|on)|"
    r"leav(?:e|ing)|fly(?:ing)? (?:to|from|on|out)|flights?|"
    r"airlines?|airport|fares?|restaurants?|cuisine (?:would|do you want)|reserv\w+|appointments?|tables?|"
    r"tickets?|transfer\w*|recipient|amount|savings or|"
    r"checking|balance|accounts?|going|headed|place|genre|money|days?|dates?|interested|assist\w*|help|else|"
    r"further|matter|movies?|theat\w+|events?|concerts?|genre (?:would|do you want|are you)|search\w*|"
    r"look(?:ing)? (?:for|at)|in mind|interested in|cab|taxi|rental|"
    r"pick ?up|drop ?off|check ?in|check ?out|wish|would you like|do you want|want to|do you need|need it|"
    r"visit|how many (?:people|seats|passengers|nights|rooms|"
    r"tickets|bags)|when would|which day|what day|what time|which city (?:should|do you want|are you)|what "
    r"city (?:should|do you want|are you (?:going|leaving|looking))|"
    r"confirm|proceed|planning|go ahead|sound|work for you|suit you|is that (?:ok|right|correct|all)|prefer(?:red)? "
    r"(?:restaurant|time|date|airline|destination)|particular)\b"
)
_ORDERS = re.compile(
    r"\b(?:want|wants|would like|like to|need|needs|please (?:find|book|look|get|make)|book|find|look for|"
    r"looking|transfer|search|send|that is (?:right|correct|"
    r"fine|good|all)|that would|sounds|correct|rather not|try to|pick the|pick|go for|suits)\b"
)
_OF_THE_USER = re.compile(
    r"\b(?:you|your|yours|you're|you've|anyone|anybody)\b|^[\w-]+ or [\w-]+$|\bthe (?:boiler|house|flat|car|"
    r"heating|roof|dog|cat|garden|"
    r"kitchen|bathroom|phone|laptop|printer|router|tv|bike|baby|child|children|kids|building|walls?|floor)\b|"
    r"^who (?:is|'s) .+ for$|^(?:and |ok |okay |thanks |great |so )*(?:which|what|any|got any|how "
    r"many|how old|own or|rent or|male or|left or|is this your|is that your|where in|first time|since when|for "
    r"how long)\b"
)
_NOTHING = re.compile(
    r"^(?:thanks|thank you|bye|hello|hi|help|stop|cancel|why|what|how|who|where|when|which|can|could|would|"
    r"should|do|does|is|are|"
    r"please|ok|okay|sure|fine|whatever|never ?mind|skip|pass|idk|dunno|no idea|no clue|not sure|none of|"
    r"depends|it depends|"
    r"i do not (?:know|remember|understand|care|want)|i am not sure|any|either|both|you|your|that one|this one|"
    r"the (?:first|second|"
    r"third|last|other|red|blue|same)|later|not yet|wait|hm+|let me|i will|give me|show me|just$|go ahead|good "
    r"question|good|great|"
    r"forget|tomorrow|today|tonight|now|asap|soon)\b(?! ?(?:milk|tea|coffee|a (?:nurse|teacher)))"
)
_EITHER = re.compile(r"\b(?P<a>[\w' -]{2,40}?),? or (?:the |a |an |in |at |with |for )?(?P<b>[\w' -]{2,40})$")
_YES = re.compile(r"^(?:yes|yeah|yep|yup|yea|yess|correct|indeed|i do|i am|i have|we do|we are|we have|sure do|"
                  r"absolutely|definitely|"
                  r"exactly|aye|si|of course|sadly yes|unfortunately yes|afraid so|guilty)\b")  # fmt: skip
_NO = re.compile(r"^(?:no|nope|nah|none|never|nothing|neither|not (?:really|at all|any ?more|any longer)|i do "
                 r"not|i am not|we do not|"
                 r"i have not|zero|nil)\b")  # fmt: skip
_DO_YOU = re.compile(
    r"\b(?:do you (?:also |still |usually |currently |happen to |ever |normally |already |both "
    r")*(?P<verb>[a-z]+)(?P<object> .+)?|"
    r"(?:are|is) (?:you|this your|that your|it your) (?:also |still |currently |usually |by any chance "
    r")*(?P<state>.+)|have you "
    r"(?:ever |already |got |previously )*(?P<had>.+)|can you (?P<can>.+)|(?:any|got any) (?P<any>.+))$"
)
_NOT_VERB = word_set(
    """want need mean see know think remember agree understand wish mind feel notice recall consent accept confirm hear
    care"""
)
_LEAD = re.compile(
    r"^(?:and|so|ok|okay|great|thanks|sure|right|first|also|then|but|oh|got it|perfect|nice|good|please|may i "
    r"ask|can i ask|could "
    r"you tell me|can you tell me|tell me|just|out of curiosity|before (?:i|we) \w+|to (?:start|begin)|one "
    r"(?:more )?question|"
    r"quick question|by the way|[,:-])[ ,:]*"
)
_WH = re.compile(
    r"^(?:(?:what|which|how)(?: kind| sort| type| brand| make)?(?: of)?|what's|how's|who|where|when|any|got "
    r"any|are there any|is "
    r"there (?:any|an?)|do you have (?:any|an?)|have you got (?:any|an?)|would you rather|do you prefer|do you)\b ?"
)
_DROPPED = re.compile(
    r"\b(?:do|does|did|are|is|am|were|have|has|had|would|can|could|should|will|you|your|i|we|me|us|please|"
    r"usually|normally|like|"
    r"there|that|the|a|an|this|it|to|then|got|currently|should (?:be aware|know))\b"
)


def open_answer(asked: str, said: str, start: int, end: int, text: str) -> Found | None:
    """`asked` and `said` canonical; `start` and `end` place the answer in the turn. None where it is about the task."""
    question = asked
    for _ in range(4):
        question = _LEAD.sub("", question)
    words = said.split()
    if not words or len(words) > LONGEST or not _OF_THE_USER.search(question) or _OF_THE_TASK.search(question):
        return None
    yes, no = _YES.match(said), _NO.match(said)
    either = _EITHER.search(question)
    if (yes or no) and not either:
        if _OF_A_TRIP.search(question) or _ORDERS.search(said):
            return None
        return _closed(question, said, bool(no), start, end, text)
    if _ORDERS.search(said) or _OF_A_TRIP.search(question):
        return None
    if _NOTHING.match(said) or re.search(r"\b(?:you|your|this one|that one)\b", said):
        return None
    topic = _topic(question)
    raw = third_person(text[start:end])
    if not topic or not raw:
        return None
    lasting = re.search(r"\b(?:prefer|rather|like|favou?rite|enjoy|avoid|love|or)\b", question)
    made = rule("", "", "", PREFERENCE if lasting else FACTUAL, confidence=0.7)
    return Found(f"{topic}: {raw}", made, raw, "user", start, end, confidence=0.7)


def _closed(  # noqa: PLR0917 - all that a fact is made of
    question: str, said: str, no: bool, start: int, end: int, text: str
) -> Found | None:
    """A yes or no to "do you …", "are you …", with what else was said."""
    hit = _DO_YOU.search(question)
    more = re.sub(r"^(?:[\w ]{1,12}?)(?:,|:)? ?", "", said, count=1) if len(said.split()) > 3 else ""
    if hit is None:
        return None
    raw = third_person(text[start:end])
    if hit["verb"]:
        if hit["verb"] in _NOT_VERB or re.search(r"\b(?:this|that|it|the|me|us)\b", hit["object"] or ""):
            return None
        object_ = re.sub(r"\bany\b ?", "", (hit["object"] or "")).strip()
        phrase = f"{hit['verb']} {object_}".strip()
        content = f"Does not {phrase}" if no else f"{third(hit['verb'])} {object_}".strip()
    elif hit["state"]:
        if re.search(r"\b(?:this|that|it|ok|okay|sure|ready|happy|there)\b", hit["state"]) or hit["state"].split()[
            0
        ].endswith("ing"):
            return None
        phrase = hit["state"]
        content = f"Is {'not ' if no else ''}{phrase}"
    elif hit["can"]:
        phrase = hit["can"]
        content = f"{'Cannot' if no else 'Can'} {phrase}"
    elif hit["any"]:
        phrase = re.sub(r"\b(?:that )?(?:i|we) should .*$", "", hit["any"]).strip()
        content = f"Has no {phrase}" if no else f"Has {phrase}"
    else:
        phrase = hit["had"]
        content = f"Has {'never' if no else ''} {phrase}".replace("  ", " ")
    content = content.replace(" your ", " their ").replace(" you ", " they ")
    if len(said.split()) > 2 and more:
        content = f"{content}: {raw}"
    made = rule("", "", "", CIRCUMSTANCE, confidence=0.75)
    return Found(
        content[:1].upper() + content[1:], made, ("not " if no else "") + phrase, "user", start, end, confidence=0.75
    )


def _topic(question: str) -> str:
    """What was asked, as a heading: "which provider do you have for electricity" gives "Provider for electricity"."""
    topic = _WH.sub("", question)
    topic = " ".join(_DROPPED.sub(" ", topic).replace(",", " ").split()).strip(" :-")
    topic = re.sub(r"^(?:of|for|in|on|at|about|and|or) ", "", topic)
    return topic[:1].upper() + topic[1:80]
