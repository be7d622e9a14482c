"""Open readings of change: "it's Porto now", "the golf is sold", "forget what I said about parking"."""

import re

from interplay_server.learning.rules import lexicon
from interplay_server.learning.rules.assertions import PASSING
from interplay_server.learning.rules.clauses import Clause
from interplay_server.learning.rules.facts import CIRCUMSTANCE, FACTUAL, INFINITY, rule
from interplay_server.learning.rules.found import Found
from interplay_server.learning.rules.holdings import NOT_MINE as _NOT_MINE
from interplay_server.learning.rules.values import third_person, trim

ENDED = rule("", "", "", FACTUAL, confidence=0.75)
_CHANGED = rule("", "", "", CIRCUMSTANCE, confidence=0.7)
_EMAIL = rule("", "", "email", FACTUAL, INFINITY, single=True)
_FORGET = (
    r"(?:forget|ignore|disregard|scratch|delete|remove|drop|erase|strike|cross out|take back|undo|scrap|wipe|clear)"
)
_TOLD = (
    r"(?:i|we) (?:have )?(?:ever |just |once |previously |also )?(?:said|told you|mentioned|wrote|asked for|gave you|"
    r"claimed|noted)(?: to you)?(?: earlier| before| last time| once)?"
)
_WITHDRAWN = (
    re.compile(
        rf"(?:please |just |you can |you may |can you |could you )*{_FORGET} (?:about )?(?:what|everything|"
        rf"anything|all|"
        rf"whatever|the (?:thing|things|bit|part|stuff|note|info))? ?(?:that )?{_TOLD} (?:about|on|regarding|with|"
        r"concerning) (?P<v>.+)"
    ),
    re.compile(
        rf"(?:please |just |you can |you may |can you |could you )*{_FORGET} (?:about )?that (?:i|we) (?:am |"
        rf"are |have |"
        r"was |were |need |like |love |live |work |ever )*(?P<v>.+)"
    ),
    re.compile(
        rf"(?:please |just |you can |you may |can you |could you )*{_FORGET} (?:about )?(?:the|my|that|all the|any) "
        r"(?P<v>.{2,50}?) (?:thing|bit|stuff|part|preference|restriction|rule|reminder|note|entry)s?"
        r"(?: (?:from|in|about|i|we|that|you) .+)?$"
    ),
    re.compile(
        rf"(?:please |just |you can |you may |can you |could you )*{_FORGET} (?:about )?(?:the|my|that|our)? ?"
        r"(?P<v>.{2,50}?) (?:from|in|off) (?:what you know|your (?:notes?|memory|records?|list|file)|my "
        r"(?:profile|notes?|"
        r"file|record|preferences|data|info)|our (?:profile|notes?|file)|memory)\b.*"
    ),
    re.compile(
        r"(?P<v>(?:the |my |our |that )?.{2,60}?) (?:is|are) (?:no longer|not) (?:true|valid|current|relevant|accurate|"
        r"up to date|the case|needed|necessary|an issue|a problem|my thing|for me)(?: any ?more| any longer| now)?$"
    ),
)
_POLITELY = r"(?:please |just |also |you can |you may |you could |can you |could you |so )*"
_FORGET_OWN = re.compile(
    rf"{_POLITELY}{_FORGET} (?:about )?(?P<v>(?:the |that |all |any |everything about )?(?:.{{2,40}}? )?(?:my|"
    rf"our|i|we|me|us)\b.*)"
)
_STOP = re.compile(
    rf"{_POLITELY}(?:stop|quit) (?:reminding|counting|treating|assuming|planning|including|asking|tracking|"
    rf"checking|nagging|putting|adding) (?P<v>.+)"
)
_OF_THE_TASK = re.compile(
    r"\b(?:row|line|paragraph|sentence|file|column|order|message|question|word|page|photo|picture|item|cart|"
    r"basket|account|booking|reservation|draft|email|"
    r"answer|slide|code|function|table|comment|section|duplicate|tab)s?\b"
)
_MISTAKEN = re.compile(
    r"(?P<v>(?:that|the|my|our) .{2,50}?) (?:was|is|turned out to be|has been) (?:a misdiagnosis|a mistake|an "
    r"error|a false alarm|"
    r"a phase|a misunderstanding|ruled out|only temporary|negative|not true|called off)(?: any ?more| now)?$"
)
_TAKE_OFF = re.compile(
    r"(?:please |just )*(?:you can |you may |can you |could you )?(?:please )?(?:take|strike|cross|scratch|"
    r"drop|leave|remove) "
    r"(?:the |my )?(?P<v>.{2,40}?) (?:off|out of|from|out) (?:my|our|the|your) (?:list|emergency contacts?|"
    r"contacts|\w+ contacts?|profile|notes?|diet|restrictions|record|file|"
    r"allergies|preferences|plan|calendar|schedule|household|memory)\b.*"
)
_NO_NEED = re.compile(
    r"(?:please |so |just )*(?P<how>no need (?:to|for)|do not|stop|you can stop|there is no need (?:to|for)|"
    r"you need not) (?P<v>(?!worry|"
    r"bother|explain).+?) any ?(?:more|longer)$"
)
_NO_MORE_START = re.compile(r"(?P<v>(?:no longer|not|no more) .+?)(?: any ?(?:more|longer))?$")
_GONE = re.compile(
    r"(?:the|my|our|that|both|all) (?:old |second |last |other )?(?P<v>(?:[\w-]+ ){1,4}?)(?:is|are|was|were|"
    r"has been|have|"
    r"have been|has|got|is now|are now) (?:now |all |also |finally |already |been )?(?:gone|sold|history|over|"
    r"a thing of the past|"
    r"behind (?:me|us)|given away|scrapped|cancelled|canceled|finished for good|done with|no more|shut down|retired|"
    r"rehomed|put down|passed away|dead|moved out|cured|healed|paid off|dissolved|closed down|ended|expired|"
    r"run out|up|fallen through|off the table)\b(?P<more>.*)$"
)
_EVENT = re.compile(
    r"\b(?:meeting|movie|film|match|game|party|show|sale|deal|rain|storm|summer|winter|day|week|weekend|"
    r"holidays?|war|discussion|call|time|"
    r"concert|lesson|class|moment|fun|break|trip|season|episode|series|event|race|election|strike|flight|train|"
    r"bus|milk|bread|cake|food|pizza|"
    r"internet|power|electricity|battery|session|interview|exam|test|chance|song|story|question|joke)\b"
)
_FROM_WHERE = re.compile(
    r"(?:the |my |our |a )?(?:\w+ ){0,2}?(?:band|choir|club|team|job|company|firm|army|navy|police|church|"
    r"party|union|board|committee|gym|school|"
    r"university|college|uni|course|group|league|wife|husband|partner|girlfriend|boyfriend|country|city|"
    r"village|profession|industry|sector|"
    r"society|association|orchestra|teaching|nursing|academia|membership|subscription|business|shop|practice|"
    r"caf[eé]|account at|account with|out of)\b"
)
_PERSON_LEFT = re.compile(
    r"(?P<v>[^\W\d_]+(?: [^\W\d_]+)?) (?:has |had |just |recently )*(?:moved out|left (?:me|us)|passed away|died|and i "
    r"(?:split|broke up|separated|divorced|parted))\b"
)
_LEFT_OFF = re.compile(
    r"(?:i|we) (?:have |am |are |just |recently |finally |already |had to |now |also |completely |all "
    r")*(?P<how>quit|quitted|"
    r"stopped|gave up|given up|cancelled|canceled|sold|got rid of|dropped|ditched|left|done with|finished with|through "
    r"with|over|unsubscribed from|retired from|resigned from|broke up with|split (?:up )?(?:with|from)|divorced|"
    r"swore off|moved away from|moved out of|no longer|grown out of|grew out of|lost interest in|gone off|went "
    r"off|went "
    r"off|switched away from|closed|deregistered|rehomed|gave away|given away|threw out|put down|let go of|outgrew|"
    r"outgrown|stepped down as|not (?:into|with|at|on|in))\b (?P<v>(?!it\b|this\b|that\b|them\b|the (?:page|"
    r"chat|app|window|"
    r"call|tab|order|door|program|browser|laptop lid|file)\b|you\b|a (?:message|note|review|comment|voicemail)\b|my "
    r"(?:keys|phone|bag|wallet|umbrella|order|booking|reservation)\b|at \d|home\b|early\b|late\b|work (?:early|"
    r"late|at)).+)"
)
_STILL_ENDS = re.compile(
    r"\b(?:quit|gave up|given up|sold|done with|broke up|no longer|retired|ditched|got rid|rehomed)\b"
)
_NOW_IS = re.compile(
    r"(?:it|that|this) is (?:now |actually |really |going to be )*(?P<v>(?!it\b|that\b|all\b|not\b|a (?:bit|"
    r"problem|lot)|so\b|too\b|very\b|"
    r"\d{1,2}(?:[:.]\d\d)? ?(?:am|pm|h|o'clock)\b|\d{1,2}[:.]\d\d|dark\b|cold\b|hot\b|late\b|early\b|warm\b|"
    r"quiet|loud|monday|friday|"
    r"working|fine|ok|okay|better|clear|correct|right|wrong|time|my turn|your|all|done|good|great|gone|back|here|there|"
    r"on\b|off\b|up to|over|just|\w+ing\b|\w+ed\b)[\w@.'-]+(?: [\w'.-]+){0,5}?)(?: (?P<now>now|these days|"
    r"nowadays|from now on|"
    r"since .+|instead of .+|rather than .+|as of .+|not .+))(?: .*)?$"
)
_ELSEWHERE = re.compile(r"(?:please )?(?:use|write to|take|send (?:it|everything|mail) to) (?P<v>[\w.+-]+@[\w.-]+)\b")
_PUT_DOWN = re.compile(
    rf"{_POLITELY}(?P<v>(?:add .+ to (?:my|our) (?:\w+ )?(?:allergies|list of \w+|profile|diet|hobbies|"
    rf"languages|household|family|restrictions|dislikes|likes|"
    r"preferences|contacts|skills|medication|meds|goals)|put (?:me|us) down (?:as|for) .+|(?:switch|move|"
    r"change) (?:me|us) (?:to|over to|from) .+|(?:register|list|"
    r"treat|count|consider|think of) (?:me|us) as .+|make (?:it|that) (?:two|three|four|five|six|\d) (?:kids|"
    r"cats|dogs|children|of us|people|days a week).*|make it "
    r".{2,30} from now on))$"
)
_LABELLED = re.compile(
    r"(?P<k>(?:(?:my|our) )?(?:new|current|updated|latest|corrected|actual|real|changed|preferred|usual|main) "
    r"(?:[\w-]+ ){1,3}): (?P<v>\S.*)"
)
_IS_NOW = re.compile(r"(?:it is|that is|it's) (?P<v>(?!not\b|a (?:bit|problem|lot)|so\b|too\b|very\b|\w+ing\b|"
                     r"\w+ed\b|your|my turn|ok|"
                     r"fine|all\b|time\b|better|worse|just|up to|clear|the (?:same|other))[\w@.'-]+(?: "
                     r"[\w'.-]+){0,4})$")  # fmt: skip
_PROFILE_NOUN = (
    r"(?:(?:shoe |dress |shirt |ring )?size|name|surname|first name|last name|address|home address|email|e "
    r"mail|phone|phone number|number|"
    r"mobile|language|plan|time ?zone|budget|currency|units?|diet|city|town|employer|job|title|job title|"
    r"country|birthday|age|weight|"
    r"height|goal|limit|status|contact|pronouns|occupation|school|delivery address|billing address|tariff|seat|"
    r"location|username|"
    r"nickname|level|dose|dosage|target|bank|gp|doctor|hours|schedule|emergency contact|car|vehicle|home|"
    r"household|allergies|allergy)"
)
_SET = re.compile(
    rf"(?:please |just |can you |could you |now )*(?:change|set|update|switch|correct|make|put|move|raise|"
    rf"lower|increase|reduce) (?:my|our|the) "
    rf"(?P<k>(?:\w+ )?{_PROFILE_NOUN}) (?:in my profile |on file |from .{{1,30}} )?(?:to|as|down to|up to|back "
    rf"to|into) (?P<v>.+)"
)
_NOW_AT = re.compile(
    r"(?:the |our |my |both |all )*(?P<k>(?:[\w-]+ ){1,4}?)(?:is now|are now|has gone (?:up|down) (?:to|from)|"
    r"have gone (?:up|down) (?:to|from)|"
    r"went (?:up|down) (?:to|from)|has (?:grown|shrunk|risen|dropped|fallen|moved|changed|increased|doubled) "
    r"(?:to|from|by)|(?:grew|shrank|rose|"
    r"dropped|fell|moved|changed|increased|got (?:moved|changed|raised|cut)|was (?:moved|changed|raised|cut|"
    r"lowered|increased|extended)|were "
    r"(?:moved|changed)) (?:to|from|by)) (?P<v>(?!working|fixed|ok\b|fine|gone|broken|down\b|showing|the "
    r"(?:same|other)|in the (?:cart|basket)|"
    r"open|closed|clear|stuck|frozen|a mess|complete|done|ready|available|blank|empty|live)\S.*)"
)
_PUT_ON = re.compile(
    r"(?:my|our|the) (?P<k>(?:doctor|gp|dentist|physio|specialist|consultant|boss|company|firm|employer|school|"
    r"landlord|bank|team|surgeon|vet|"
    r"nurse|dietitian|optician|hospital|cardiologist|neurologist|dermatologist|provider) (?:has |just |now |"
    r"recently )*(?:switched|put|moved|took|"
    r"taken|changed|prescribed|raised|lowered|increased|reduced|upped|cut|diagnosed|promoted|made|transferred|"
    r"told me to (?:avoid|stop|cut|"
    r"take|eat|drink|stay|keep)|told me i have|says i (?:must|have|should|need|can not)|said i (?:must|have|"
    r"should|need|can not)|banned|"
    r"forbade|forbidden|advised me|recommended i))\b (?P<v>.+)"
)
_BETTER = re.compile(
    r"(?:instead of [\w ]+ , ?|rather than [\w ]+ , ?)(?P<v>.+? (?:suits?|works?) (?:me|us|best|better).*)"
)
_WHERE = re.compile(r"(?:that|this|it|there) is (?:where|what) (?:i|we) (?P<verb>live|work|study|stay|come "
                    r"from|am|are|drive|"
                    r"use|do|speak|play)\b")  # fmt: skip
_VERB_OF_WHERE = {
    "live": "Lives in",
    "work": "Works in",
    "study": "Studies in",
    "stay": "Stays in",
    "come from": "Comes from",
    "am": "Is in",
    "are": "Is in",
    "drive": "Drives",
    "use": "Uses",
    "do": "Does",
    "speak": "Speaks",
    "play": "Plays",
}
_SHOWN = lexicon.word_set(
    "new score price temperature total status result time market bitcoin sun page level progress bar count "
    "percentage volume"
)
_NOT_NAMES = lexicon.word_set(
    "he she it they who that this everyone somebody someone nobody the people my our a an you i we"
)


def withdrawn(clause: Clause, text: str) -> Found | None:
    """What the user takes back or says to be over, stated as such."""
    for pattern in _WITHDRAWN:
        hit = pattern.match(clause.text)
        if hit is not None:
            value = re.sub(r"^(?:my|our|the|that|needing|having|being|eating|wanting|liking) ", "", trim(hit["v"]))
            if (
                not value
                or value in {"it", "that", "this", "thing", "last", "one", "i", "all"}
                or len(value.split()) > 9
            ):
                return None
            at = hit.end("v") - len(hit["v"]) + hit["v"].find(value)
            return _over(value, at, "No longer holds:", clause, text)
    hit = _FORGET_OWN.match(clause.text) or _STOP.match(clause.text)
    if hit is not None and not _OF_THE_TASK.search(hit["v"]) and len(hit["v"].split()) <= 14:
        value = re.sub(
            r"^(?:me |us )?(?:about |to |of |that |as if )?(?:the |my |our |that |all )?", "", trim(hit["v"])
        )
        if value and value not in {"it", "that", "this", "last", "me"}:
            at = hit.end("v") - len(hit["v"]) + hit["v"].find(value)
            return _over(value, at, "No longer holds:", clause, text)
    return None


def over(clause: Clause, text: str) -> Found | None:
    """What is over: "the car is gone", "Steffi moved out", "I'm done with crypto"."""
    for reading in (_gone, _ruled_out, _no_more, _person_left, _left_off):
        found = reading(clause, text)
        if found is not None:
            return found
    return None


_NOT_GONE = lexicon.word_set("pain problem error issue battery phone page order message item headache screen link")
_NOT_RULED_OUT = lexicon.word_set("order answer link address price date one that the")


def _gone(clause: Clause, text: str) -> Found | None:
    hit = _GONE.match(clause.text)
    if hit is None or _EVENT.search(hit["v"]) or hit["v"].split()[-1] in _NOT_GONE:
        return None
    said_at = len(clause.text.split(" ", 1)[0]) + 1
    return _ended(clause, text, said_at, len(trim(clause.text)), third_person(hit["v"]))


def _ruled_out(clause: Clause, text: str) -> Found | None:
    hit = _MISTAKEN.match(clause.text) or _TAKE_OFF.match(clause.text)
    if hit is not None and hit["v"].split()[-1] not in _NOT_RULED_OUT:
        value = re.sub(r"^(?:that|the|my|our) ", "", hit["v"])
        return _over(value, hit.end("v") - len(value), "No longer holds:", clause, text)
    hit = _NO_NEED.match(clause.text)
    return _over(hit["v"], hit.start("v"), "No longer wanted:", clause, text) if hit is not None else None


def _no_more(clause: Clause, text: str) -> Found | None:
    hit = _NO_MORE_START.match(clause.text)
    if hit is None or clause.link not in {"", "and", ",", "("}:
        return None
    if not clause.text.startswith("no longer ") and not re.search(r" any ?(?:more|longer)$", clause.text):
        return None
    value = trim(hit["v"])
    return _ended(clause, text, 0, len(value), re.sub(r"^(?:no longer|not|no more) ", "", value))


def _person_left(clause: Clause, text: str) -> Found | None:
    hit = _PERSON_LEFT.match(clause.text)
    if hit is None or hit["v"].split()[0] in _NOT_NAMES:
        return None
    if not text[clause.tokens[0].start].isupper() and not clause.link:
        return None
    return _ended(clause, text, 0, len(trim(clause.text)), hit["v"])


def _left_off(clause: Clause, text: str) -> Found | None:
    hit = _LEFT_OFF.match(clause.text)
    if hit is None and not clause.inherits and clause.link in {",", "and", "", "("}:
        hit = _DROPPED.match(clause.text)
    value = trim(hit["v"]) if hit is not None else ""
    if hit is None or not value:
        return None
    how, first = hit["how"], value.split()[0]
    first_at = clause.span(hit.start("v"), hit.start("v") + 1)[0]
    refused = (
        (how in {"stopped", "left", "closed", "over", "dropped"} and first in _TO_WHERE)
        or (how in {"left", "dropped", "closed"} and not (_FROM_WHERE.match(value) or text[first_at].isupper()))
        or (how == "stopped" and not first.endswith("ing"))
        or (how.startswith("not ") and not re.search(r"\bany ?(?:more|longer)\b", clause.text))
    )
    if refused:
        return None
    return _ended(clause, text, hit.start("how"), hit.start("v") + len(value), re.sub(r"^(?:my|our|the) ", "", value))


_TO_WHERE = lexicon.word_set("by in for at to off here there on and out a an")
_DROPPED = re.compile(r"(?P<how>sold|quit|gave up|cancelled|got rid of|ditched) (?P<v>(?:every|all|the|my|our) .+)")


def _ended(clause: Clause, text: str, begin: int, stop: int, value: str) -> Found:
    """A retraction in the words of the clause from `begin` to `stop`."""
    start, end = clause.span(begin, stop)
    said = third_person(text[start:end])
    content = said[:1].upper() + said[1:]
    return Found(
        content, ENDED, third_person(value), "user", clause.tokens[0].start, end, retracts=True, confidence=0.75
    )


def _over(value: str, at: int, head: str, clause: Clause, text: str) -> Found:
    start, end = clause.span(at, at + len(value))
    raw = third_person(text[start:end])
    return Found(f"{head} {raw}", ENDED, raw, "user", clause.tokens[0].start, end, retracts=True, confidence=0.8)


def changed(clause: Clause, text: str, before: Clause | None) -> Found | None:
    """What has changed: "it's Porto now", "use lena@posteo.example", "Gdansk, that's where I live"."""
    hit = _ELSEWHERE.search(clause.text)
    if hit is not None:
        start, end = clause.span(hit.start("v"), hit.end("v"))
        return Found(f"E-mail is {text[start:end]}", _EMAIL, text[start:end], "user", clause.tokens[0].start, end)
    hit = _LABELLED.match(clause.text)
    if (
        hit is not None
        and not _OF_THE_TASK.search(clause.text)
        and not any(word in _SHOWN - {"new"} for word in hit["k"].split())
    ):
        start, end = clause.span(0, hit.start("v") + len(trim(hit["v"])))
        said = third_person(text[start:end])
        return Found(
            said[:1].upper() + said[1:], _CHANGED, third_person(trim(hit["v"])), "user", start, end, confidence=0.65
        )
    hit = _PUT_DOWN.match(clause.text)
    if hit is not None and not _OF_THE_TASK.search(clause.text) and not PASSING.search(clause.text):
        start, end = clause.span(hit.start("v"), hit.start("v") + len(trim(hit["v"])))
        raw = third_person(text[start:end])
        return Found(f"Wants: {raw}", _CHANGED, raw, "user", clause.tokens[0].start, end, confidence=0.65)
    hit = _NOW_IS.match(clause.text)
    if hit is not None:
        start, _ = clause.span(hit.start("v"), hit.end("v"))
        _, end = clause.span(hit.start("v"), hit.end("now"))
        first, last = clause.span(hit.start("v"), hit.end("v"))
        raw = third_person(text[first:last])
        return Found(
            f"It is {third_person(text[start:end])}", _CHANGED, raw, "user", clause.tokens[0].start, end, confidence=0.7
        )
    if _NOW_AT.match(clause.text) and any(word in _NOT_MINE or word in _SHOWN for word in clause.text.split()[:5]):
        return None
    led = re.search(r"\b(?:now|currently|these days|nowadays|turns out|says|shows|said)\b", clause.lead)
    hit = _IS_NOW.match(clause.text) if led else None
    hit = (
        hit
        or _SET.match(clause.text)
        or _NOW_AT.match(clause.text)
        or _PUT_ON.match(clause.text)
        or _BETTER.match(clause.text)
    )
    if hit is not None:
        value = trim(hit["v"])
        first, last = clause.span(hit.start("v"), hit.start("v") + len(value))
        start = clause.span(hit.start("k"), hit.end("k"))[0] if "k" in hit.re.groupindex else first
        raw, said = third_person(text[first:last]), third_person(text[start:last])
        if hit.re is _SET:
            stop = clause.span(hit.start("k"), hit.end("k"))[1]
            said = f"{third_person(text[start:stop])} is {raw}"
        if value and not re.match(r"(?:this|that|it|your)\b", value):
            head = "It is " if hit.re is _IS_NOW else ""
            said = head + said
            return Found(
                said[:1].upper() + said[1:], _CHANGED, raw, "user", clause.tokens[0].start, last, confidence=0.7
            )
    hit = _WHERE.match(clause.text)
    if (
        hit is not None
        and before is not None
        and before.sentence == clause.sentence
        and 0 < len(before.text.split()) <= 4
    ):
        start, end = clause_span(before)
        raw = third_person(text[start:end])
        made = rule("", "", "home" if hit["verb"] == "live" else "", FACTUAL, single=hit["verb"] == "live")
        return Found(f"{_VERB_OF_WHERE[hit['verb']]} {raw}", made, raw, "user", start, clause.tokens[-1].end)
    return None


def clause_span(clause: Clause) -> tuple[int, int]:
    return clause.tokens[0].start, clause.tokens[-1].end
