"""Open readings: what a first-person clause asserts that no table names, unless it is of the moment or the talk.

The tables know attributes; these readings know none, so their facts carry the user's words and a lower confidence.
"""

import re

from interplay_server.learning.rules import checks, lexicon
from interplay_server.learning.rules.clauses import Clause
from interplay_server.learning.rules.facts import CIRCUMSTANCE, FACTUAL, PREFERENCE, RELATIONSHIP, agree, rule, third
from interplay_server.learning.rules.found import Found
from interplay_server.learning.rules.lexicon import word_set
from interplay_server.learning.rules.predicates import BE, HAVE, MODAL, PERFECT, PRESENT, USER, Predicate, Subject
from interplay_server.learning.rules.values import third_person, trim

_SURE = 0.65
ASSERTED = rule("", "", "", FACTUAL, confidence=_SURE)
DONE_OFTEN = rule("", "", "", PREFERENCE, confidence=_SURE)
OF_RELATIVES = rule("", "", "", RELATIONSHIP, confidence=_SURE)
BOUND = rule("", "", "", CIRCUMSTANCE, confidence=_SURE)

PASSING = re.compile(
    r"\b(?:today|tonight|right now|this (?:morning|afternoon|evening|minute|second|time|one)|just now|for once|"
    r"in (?:a|an|one|two|five|ten|twenty|\d+|half an) (?:bit|minutes?|mins?|secs?|seconds?|moment|hours?)|\d+ "
    r"?%|yesterday|last night|earlier|at the moment|currently waiting|later|"
    r"this (?:error|message|page|file|code|chat|conversation|app|link|screen|email|text|order|question|answer))\b"
)
"""What holds for an hour."""
_POINTS = re.compile(
    r"(?:(?:so|just|really|all|about|at|for|with|on|in|to|of) )?(?:it|this|that|these|those|you|your|yours|them|him|"
    r"her|he|she|they|what|how|why|where|whether|if|which|something|anything|nothing|everything|one|ones|some|any|so|"
    r"there|here)\b"
)
"""A complement of the conversation at hand."""
_TALK = word_set(
    """see need want think know guess hope wonder mean say tell ask try click press find look receive send call
    fancy feel agree understand remember forget believe assume suppose suggest recommend propose promise swear bet doubt
    apologise apologize appreciate thank mind notice hear log enter type select submit upload download install copy
    paste open close start stop end come go put get give show let expect wish imagine plan intend consider decide
    realise realize seem appear happen ask request require order return cancel book confirm check verify add remove
    change update leave arrive wait keep continue finish choose pick care dream miss beg insist deserve owe disagree
    accept follow refer read write notice figure fail succeed manage lose win turn bring become sound look
    paid bought did went came got took made saw found sent said told left lost met read knew thought felt ran gave
    kept heard held began wrote stood won sat broke chose drove spent built grew fell caught taught wore woke rode
    slept flew ate drank had was were been gone done seen taken given cut hit set shut quit spoke forgot clicked
    demand sorry am are is be please lol wanna gonna hang rephrase repeat double reckon love like prefer enjoy
    hate adore dislike laugh cry die give
    """
)
"""Verbs of talking, wishing and using what is at hand, and irregular pasts; no standing fact by themselves."""
_MAYBE = word_set("go come get read write start finish open close keep bring leave order book pay buy call wake watch")
"""Verbs among these that tell a habit where the clause says how often."""
_LASTING_ING = word_set(
    """driving using taking learning celebrating expecting raising renovating fostering homeschooling caring sharing
    renting moving marrying recovering training saving teaching studying playing wearing running growing writing
    breeding building coaching dating doing eating drinking following hosting commuting living working staying sleeping
    keeping feeding turning becoming retiring avoiding cutting switching rebuilding
    restoring leading managing planning selling volunteering freelancing subletting subscribing
    """
)
_ING_OF_MOMENT = re.compile(
    r"(?:writing (?:to|this|you|an? (?:e ?mail|message|essay|letter|paper|text|post))|building (?:this|an? (?:query|"
    r"function|script|list))|doing (?:this|that|it|well|ok|okay|fine|good|great|something|my|some|an?)|running (?:late|"
    r"out|into|behind|this|low|the)|planning (?:to|on|an?|my|our|the)|staying (?:at|in|there|home|here|until|till|for|"
    r"with)|eating (?:out|in|it|now)|taking (?:a (?:break|look|walk|shower|nap)|off|it|so|too|forever|the|ages|too)|"
    r"using (?:this|that|it|your|the)|following (?:this|that|your|the|up|along)|working (?:on it|on this|on that)|"
    r"keeping (?:an|my|fingers)|selling (?:this|it|my old)|playing (?:with|around|dumb)|turning (?:it|the|to|off|on)|"
    r"moving (?:on|forward|this|the|it|some)|dating myself|living (?:the|in fear)|learning (?:that|how this)|"
    r"switching (?:it|the|to the)|getting (?:married|divorced)|driving (?:to|home|me|now)|saving (?:it|this|the))\b"
)
_NO_ROLE = word_set(
    """bit little lot few while mess wreck fool joke customer user person fan moron idiot genius king queen
    wizard pirate vampire knight superhero millionaire billionaire robot alien unicorn god ghost ninja legend failure
    disaster zombie princess prince witch hurry dilemma minute rush loss pickle position situation bind quandary
    problem fix state friend huge stage point group line spot noob wee call meeting train bus
    word sec second moment step penguin cat dog bot ai spy dragon mermaid potato"""
)
_ADJECTIVE = re.compile(
    r"(?:(?:very|quite|really|pretty|rather|extremely|a bit|fairly|severely|mildly|highly|strongly|mostly|super|so) )*"
    r"(?:(?:[\w-]+ )?(?:handed|intolerant|sighted|phobic|sensitive|tolerant|footed|colou?r ?blind|impaired|bound|"
    r"affected|free|friendly|based|born|trained|employed|owned|run|led|weather|abled)|[\w-]+(?:phobic|phobe|tarian)|"
    r"\w+ (?:cm|kg|years|metres|meters|feet|foot|months|weeks)(?: \w+)?|bald|ginger|blonde|blond|tall|short|petite|"
    r"shy|introvert\w*|squeamish|ticklish|hypermobile|nocturnal|child ?free|childless|teetotal|sober|religious|"
    r"bilingual|trilingual|multilingual|widowed|divorced|engaged|married|single|pregnant|retired|disabled|deaf|blind|"
    r"vegan|vegetarian|halal|kosher|diabetic|asthmatic|left|right handed|nearsighted|dyslexic|autistic|epileptic|"
    r"freelance|unemployed|broke|skint|insured|allergic|fluent|lactose|paid|insured|employed|registered|"
    r"covered by|enrolled|"
    r"subscribed|vaccinated|qualified|licensed|banned|responsible for|in charge of|allowed|prone to|used to "
    r"(?!be|have|do|live|work)\w+|"
    r"waiting for (?:my|our|an?) (?:\w+ )?(?:permit|visa|diagnosis|card|citizenship|results|surgery|operation|"
    r"baby|transplant|divorce|"
    r"licen[cs]e|passport)|short|hard of hearing|better (?:with|at|in)|best (?:with|at|in)|slow to|quick to|"
    r"early riser|lucky to have)\b"
)
_PLACED = re.compile(
    r"(?:(?:also|still|now|just|only|mostly|usually|currently) )*(?:on (?:(?:an? |the )?(?:\w+ ){0,3}?(?:diet|"
    r"pill|plan|"
    r"contract|tariff|visa|shift|nights|board|committee|pension|benefits|disability|salary|budget|team|premium|pro|"
    r"keto|medication|meds|insulin|antibiotics|antidepressants|statins|warfarin|windows|linux|ubuntu|debian|mac\w*|"
    r"android|ios|arch|fedora|raspberry|iphone|pixel|steroids|hrt|chemo|dialysis|parental|maternity|paternity|sick|"
    r"long term sick|furlough|probation|sabbatical|fibre|dsl|call every|chromebook|version|python|python ?\d)\b|"
    r"\d+ ?(?:mg|mcg|ml|g|iu|units)\b|(?:\w+ ){0,2}\d+ ?mg\b)|with (?!you\b|it\b|me\b|the (?:kids|children|dog)\b)"
    r"[\w.&-]+(?: (?:for|since|mobile|bank|energy|insurance|broadband)\b|$)|in (?:my|her|his|our) "
    r"(?:early |mid |late )?(?:teens|twenties|thirties|forties|fifties|sixties|seventies|eighties|20s|30s|40s|50s|60s|"
    r"70s|80s)|in (?:sales|marketing|finance|it|hr|tech|accounting|construction|logistics|retail|education|healthcare|"
    r"nursing|publishing|banking|insurance|real estate|hospitality|year \d+|grade \d+|remission|recovery|menopause|"
    r"a wheelchair|a band|a choir|a relationship|a long distance|a book club|the (?:army|navy|police|military))|"
    r"from (?!the (?:link|page|start|list)|this|that|your)|based (?:in|out|near|at)|up at|up by|at (?:uni\w*|college|"
    r"school|sixth form)|over \d|under \d|around \d|about \d|off (?:work|sick|gluten|dairy|sugar|alcohol|meat|caffeine)"
    r"|out of (?:work|town every)|down to|up to (?:\w+ )?\d|back (?:to|at|in|on|with) (?!you|it|this|that|the "
    r"(?:page|start|top))\w+|behind with|between jobs|near |outside |(?:six|five|four|three|two|seven|eight|"
    r"nine|ten|\d+)\b(?! (?:minutes?|mins?|hours?|km|miles|blocks|seconds|metres|meters|steps|stops|pages) )"
    r")"
)
_HAVE_NOT = re.compile(
    r"(?:\w+ ){0,4}?(?:questions?|problems?|issues?|trouble|errors?|orders?|parcels?|packages?|tickets?|appointments?|"
    r"meetings?|reservations?|bookings?|ideas?|doubts?|minutes?|moment|look|feeling|coupons?|codes?|vouchers?|lists?|"
    r"files?|texts?|e ?mails?|letters?|data|tables?|strings?|arrays?|columns?|functions?|essays?|homework|choice|plans|"
    r"clue|interest|time|fun|luck|day|nice|good|great|wonderful|chance|request|complaint|access|seconds?|bug|sore|"
    r"headache|hangover|cough|fever|suggestions?|thoughts?|concerns?|confirmation|invoice|receipt|option|options|"
    r"sentence|paragraph|document|spreadsheet|flight|payment|refund|screenshot|photo|picture|image|exam|test|date|"
    r"dinner|lunch|breakfast|guests|visitors|coffee|drink|preference|objection|need|reason|feedback|point|dream|wish|"
    r"message|messages|notification|number|copy|coins|words|word|say|faith|hope|winner|thing|things|tabs?|"
    r"bags?|luggage|favou?rite \w+ in|gold|sword|swords|points|lives left|turns?|moves?|rows?|records?|"
    r"variables?|friends? who|"
    r"friend|colleague|neighbou?rs?|customer|client)\b|to\b|been\b|no (?:idea|clue|intention|problem)|already|it\b|"
    r"this\b|that\b|your\b|you\b|the (?:same|following|right|wrong|option|feeling|impression)|your|heard|seen|just|"
    r"never|ever|always wanted|some\b|any\b|one of (?:these|those|your)|an? (?:quick|few|couple)"
)
_RARE = re.compile(r"\b(?:this|that|your?|the (?:first|second|third|last|red|blue|other|same)|you|yours|those|these)\b")
_CANNOT = word_set(
    """find see log open access get understand remember figure tell decide wait believe connect reach hear send
    download install imagine help think say do recall seem make login sign load recognise recognize choose
    agree be complain"""
)
_DURABLE = word_set(
    """eat live work own drive play study speak attend hate love wear take suffer use refuse collect train teach run
    sing dance swim ride practise weigh sleep snore smoke drink commute volunteer paint sew knit cook bake learn do
    have keep breed go visit follow come stay react avoid need"""
)
_IDIOMS = re.compile(
    r"live (?:for|to|and)\b|work (?:through|on it|out|around)\b|play (?:white|black|along|it|the (?:long|"
    r"fool))\b|run (?:out|into|late|short|on)\b|"
    r"have (?:to|got)\b|mix up|mess up|give up|get (?:confused|lost|stuck)|do (?:my|the) best|take (?:it|your|"
    r"that|note|back|a (?:look|break|seat))|hang (?:on|"
    r"out)|fall (?:for|asleep)|pass\b|fold\b"
)
_DIGIT = re.compile(r"\d|\b(?:two|three|four|five|six|seven|eight|nine|ten|half|every|each)\b")


_AT_HAND = re.compile(r"^(?:\S+ ){0,3}(?:you|it|that|this|them)$|^for (?:the )?\w+$")


def asserted(clause: Clause, text: str, who: Subject, done: Predicate, following: Clause | None = None) -> Found | None:
    """What the user or a relative is, has or does by a clause that no table reads; None where it is of the moment."""
    if who.companion or PASSING.search(clause.text):
        return None
    rest = trim(clause.text[done.at :])
    if not rest or "\ufffd" in rest or "|" in rest or _AT_HAND.search(rest):
        return None
    if done.mode == BE:
        return _being(clause, text, who, done, rest)
    if done.mode == HAVE:
        return _having(clause, text, who, done, rest)
    if done.mode == PRESENT:
        return _doing(clause, text, who, done, rest)
    if done.mode == MODAL and done.verb == "can":
        return _able(clause, text, who, done, rest)
    lasts = checks.lasting(rest) or (following is not None and following.link == "since")
    if done.mode == PERFECT and not done.negated and done.verb == "been" and lasts:
        return _told("Has been", rest, clause, text, who, done, ASSERTED)
    return None


_HAPPENED = re.compile(
    r"(?:have |has |had |just |recently |finally |also |now |since |actually |both |all |already |last year )*(?P<v>"
    r"(?:upgraded|downgraded|switched|changed|swapped|moved|gone|went|converted|transferred|migrated|been "
    r"moved|been switched|"
    r"been upgraded|been transferred|been promoted) (?:\w+ ){0,4}?(?:to|from|over to|back to|onto|for) (?!the "
    r"(?:other|next|first|"
    r"last|previous|main|right|same|home|settings|page|new (?:tab|page|window|app|version))\b|it\b|this\b|"
    r"that\b|you\b|bed\b|"
    r"sleep\b|the (?:page|website|site|shop|store|link|toilet|app|settings|menu|bank|cinema|beach|party)\b)\w.*"
    r"|(?:taken over|took over|handed (?:in my notice|over)|given (?:birth|notice)|stepped (?:down|up)|gone "
    r"back|went back|been made|made me|adopted|fostered|inherited|joined|became|become|turned|reached|gained|"
    r"grew|grown|shrank|dropped to|rose to|went up to|"
    r"gone up to|gone down to|went down to|come off|came off|taken up|took up|picked up (?=\w+ing|the|a )|"
    r"signed up for|enrolled (?:in|"
    r"at|on)|qualified as|trained as|retrained as|graduated (?:in|from|as|with)|retired from|settled in|"
    r"relocated to|emigrated|"
    r"bought an?|built an?|opened an?|founded|launched an?|set up an?|started (?:at|as|with|working|taking|"
    r"learning|eating|using|"
    r"playing|going|training|a new|my own|an? )|began (?:as|at|working|learning|training)|got (?:an? (?:new "
    r")?(?!promotion|error|message|"
    r"email|call|text|refund|reply|feeling|question|problem|headache|bit|notification|letter|parcel|ticket|"
    r"link|code|response|"
    r"blank|warning|black|lot|look|cold)|my (?:own|licence|license|degree|citizenship|visa|first|new|"
    r"diagnosis)|into (?!the|my|"
    r"this|trouble|an? )|married|engaged|divorced|diagnosed|promoted to|pregnant|a divorce|custody)|had (?:an? "
    r"|my |our |two |three )?"
    r"(?:\w+ ){0,2}(?:baby|child|daughter|son|twins|stroke|heart attack|surgery|operation|transplant|"
    r"miscarriage|chickenpox|chicken "
    r"pox|measles|mumps|shingles|covid|polio|cancer|appendix \w+|tonsils \w+|hip replaced|knee replaced|"
    r"replacement|concussion|"
    r"seizure)|passed (?:my|the) (?:driving|theory|citizenship|bar|final|board)(?: \w+)?|finished (?:my|the) "
    r"(?:\w+ )?(?:degree|phd|"
    r"thesis|training|apprenticeship|studies|course|doctorate|probation|masters)|defended my|changed (?:jobs?|"
    r"careers?|schools?|my name|"
    r"name|employers?|banks?|doctors?|gender)|broke (?:my|both|an?) (?!promise|phone|laptop|glass)\w+|tore my|"
    r"sprained my|fractured my|"
    r"lost (?:\d+|my (?:job|husband|wife|mum|mother|dad|father|hearing|sight))|gained \d+|put on \d+|moved "
    r"(?:in|out|house|home|here|"
    r"back|away|into)|quit (?:my|the)|been (?:diagnosed|promoted to|appointed|elected|accepted|made|put on|"
    r"living|laid off))\b.*)"
)
_UNLASTING = re.compile(
    r"\b(?:password|settings?|order|booking|page|tab|browser tab|payment|cable|battery|channel|window|wifi|"
    r"seat|address on|email on|"
    r"light|bulb|lane|trains?|this|that one|it|your?|file|branch|font|colou?r|subject|topic|mind|reservation|"
    r"ticket|red|black|blue|"
    r"green|off|on$|into the|error|restart\w*|sides|out of (?:the )?(?:app|page))\b"
)


def happened(clause: Clause, text: str, who: Subject | None) -> Found | None:
    """What has happened and changes how things stand: a move, a birth, an illness, a new job, a new taste."""
    if who is None:
        if clause.link not in {"", "and", "-", "("} or clause.text.startswith(("set up", "put on", "become")):
            return None
        who = Subject("", USER, plural=False, at=0)
    at = who.at
    hit = _HAPPENED.match(clause.text, at)
    if hit is None or PASSING.search(clause.text):
        return None
    rest = trim(hit["v"])
    if not rest or _UNLASTING.search(rest) or "\ufffd" in rest or (who.person == 3 and who.kin in lexicon.PETS):
        return None
    begin = hit.start("v")
    start, end = clause.span(begin, begin + len(rest))
    said = third_person(text[start:end])
    content = f"{who.label} {said}" if who.label else said[:1].upper() + said[1:]
    made = OF_RELATIVES if who.label else BOUND
    return Found(content, made, said, who.key, clause.tokens[0].start, end, confidence=0.7)


def _being(clause: Clause, text: str, who: Subject, done: Predicate, rest: str) -> Found | None:
    words = rest.split()
    if _POINTS.match(rest) or words[0] in {"sorry", "sure", "not", "so"}:
        return None
    if words[0] in {"a", "an", "part", "one", "student", "both"} and len(words) > 1:
        head = re.split(r" (?:who|with|of|in|at|from|for|and|holding|living|on|to|based|that|by|as|,) ", rest + " ")[0]
        kept = not any(word in _NO_ROLE for word in head.split()[1:]) and words[1] not in {"bit", "little", "total"}
        return _told("Is", rest, clause, text, who, done, ASSERTED) if kept and len(words) <= 16 else None
    if words[0].endswith("ing"):
        lasts = words[0] in _LASTING_ING and len(words) > 1 and not _ING_OF_MOMENT.match(rest)
        kept = lasts and not _POINTS.match(rest, 1 + len(words[0]))
        return _told("Is", rest, clause, text, who, done, BOUND) if kept else None
    if _ADJECTIVE.match(rest) or (_PLACED.match(rest) and not _RARE.search(rest)):
        return _told("Is", rest, clause, text, who, done, ASSERTED)
    return None


def _having(clause: Clause, text: str, who: Subject, done: Predicate, rest: str) -> Found | None:
    if (
        done.ended
        or _HAVE_NOT.match(rest)
        or _RARE.search(rest)
        or len(rest.split()) > 14
        or rest.split(maxsplit=1)[0] == "the"
    ):
        return None
    return _told("Has", rest, clause, text, who, done, ASSERTED)


def _doing(clause: Clause, text: str, who: Subject, done: Predicate, rest: str) -> Found | None:
    verb = done.verb
    often = checks.HABIT.search(rest) is not None or bool(
        done.adverbs & {"always", "usually", "never", "only", "mostly"}
    )
    if verb in {"stand", "rest", "rise", "lean"} or _IDIOMS.match(f"{verb} {rest}"):
        return None
    if verb in _TALK and not (often and verb in _MAYBE):
        return None
    if not verb.isalpha() or len(verb) < 2 or verb.endswith(("ed", "ing", "ly")) or verb in lexicon.PETS:
        return None
    if _POINTS.match(rest) or _RARE.search(rest) or checks._TECHNICAL.search(rest):  # noqa: SLF001
        return None
    if who.person == 3 and verb not in _DURABLE and not often:
        return None
    if rest.startswith("the ") and not (often or len(rest.split()) > 4 or verb in {"play", "teach", "take"}):
        return None
    head = third(verb)
    made = DONE_OFTEN if who.person != 3 else OF_RELATIVES
    return _told(head[:1].upper() + head[1:], rest, clause, text, who, done, made)


def _able(clause: Clause, text: str, who: Subject, done: Predicate, rest: str) -> Found | None:
    verb, _, more = rest.partition(" ")
    only = "only" in done.adverbs
    if not (done.negated or only) or verb in _CANNOT or _POINTS.match(more) or _RARE.search(rest) or not more:
        return None
    if only and not (done.negated or _DIGIT.search(rest) or checks.CLOCK.search(rest) or len(more.split()) > 1):
        return None
    return _told("Can only" if only else "Can", rest, clause, text, who, done, BOUND)


def _told(  # noqa: PLR0917 - all that a fact is made of
    head: str, rest: str, clause: Clause, text: str, who: Subject, done: Predicate, made: object
) -> Found | None:
    start, end = clause.span(done.at, done.at + len(rest))
    said = third_person(text[start:end])
    if not said:
        return None
    front = head
    if done.negated:
        first, space, more = head.partition(" ")
        front = (
            ("Cannot" if first == "Can" else f"{first} not") + space + more
            if first in {"Is", "Can"}
            else f"Does not {'have' if first == 'Has' else _bare(head)}"
        )
        if done.ended:
            front = f"No longer {head[:1].lower()}{head[1:]}"
        elif "never" in done.adverbs:
            front = f"Never {head[:1].lower()}{head[1:]}"
    content = f"{front} {said}"
    if who.label:
        label = f"{who.label} {who.name.title()}" if who.name else who.label
        content = agree(content, plural=who.plural)
        content = f"{label} {content[:1].lower()}{content[1:]}"
        made = OF_RELATIVES
    adverbs = done.adverbs & {"usually", "rarely", "only", "mostly", "always", "sometimes"}
    if adverbs and not any(word in content.lower() for word in adverbs):
        content += f" ({' '.join(sorted(adverbs))})"
    return Found(content, made, said, who.key, clause.tokens[0].start, end, done.ended, made.confidence)  # type: ignore[attr-defined, arg-type]


def _bare(head: str) -> str:
    word = head.lower()
    return word.removesuffix("es") if word.endswith(("shes", "ches", "xes")) else word.removesuffix("s")
