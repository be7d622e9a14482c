"""The last reading: a whole sentence that a user says of themselves, kept in their words where nothing else took it."""

import re

from interplay_server.learning.rules.assertions import PASSING
from interplay_server.learning.rules.clauses import Clause
from interplay_server.learning.rules.facts import FACTUAL, QUARTER, rule
from interplay_server.learning.rules.found import Found
from interplay_server.learning.rules.holdings import NOT_MINE, STATE
from interplay_server.learning.rules.values import third_person

_REMARK = rule("", "", "", FACTUAL, QUARTER, confidence=0.5)
_MOST_WORDS, _LEAST_WORDS = 28, 4
_OWN = re.compile(r"\b(?:i|me|my|mine|we|our|ours|us|myself)\b")
_ADDRESSED = re.compile(
    r"\b(?:you|your|yours|yourself|pls|kindly)\b|^please\b|^(?:tell|show|give|help|let|make|find|send|explain|"
    r"write|book|check|look|"
    r"compare|suggest|recommend|list|add|remove|delete|cancel|order|get|put|change|set|remind|call|draft|"
    r"translate|fix|say|describe|"
    r"use|do not|keep|stop|start|try|wait|hold|imagine|guess|thanks|thank|sorry|hello|hi|great|cool|nice|"
    r"perfect|lol|haha|wow|omg|ugh|ah|oh|hmm|hm|well done|got it|ignore|forget|never mind|rewrite|summari\w+|"
    r"answer|type|read|open|"
    r"play|count|name|act|pretend|calculate|convert|plan|prepare|review|correct|proofread|what|why|how|when|"
    r"where|who|which|can|could|"
    r"would|will|should|do|does|did|is|are|was|were|am|shall|may|might|has|have (?:i|we|they|he|she)|any|so "
    r"what|as if|if|unless|"
    r"suppose|assuming|apparently|according|people|everyone|everybody|someone|somebody|nobody|they|he|she|him|"
    r"her|his|their)\b"
)
_NOT_OWN = re.compile(r"\bplease\b|^(?:one|this|that|it|these|those|there|here|such|both|ok|okay|yes|no|yeah|nope)\b")
_ERRAND = re.compile(
    r"\b(?:i|we) (?:\w+ly |just |also |still |now |have |am |was |were |would |do not |can not |could not |did "
    r"not |had |will |really )*"
    r"(?:want|wants|wanted|need|needed|would like|like to|love to|looking|trying|wondering|wonder|hoping|hope|"
    r"calling|writing|asking|"
    r"contacting|ordered|bought|received|paid|placed|sent|clicked|tried|think|thought|know|knew|guess|mean|"
    r"meant|see|saw|say|said|"
    r"told|understand|understood|agree|feel|felt|remember|forgot|believe|believed|heard|read|found|find|get it|"
    r"did|got it|wish|bet|"
    r"promise|swear|doubt|suggest|recommend|appreciate|go ahead|come back|get back|be back|be right|be late|"
    r"try|ask|let|wait|waited|waiting|"
    r"stuck|lost|confused|done|ready|back|off to|about to|dying|kidding|joking|bored|tired|hungry|excited|"
    r"happy|glad|sad|upset|sure|"
    r"afraid (?:i|we|that)|sorry|confirm|mention|mentioned|explain|attached|uploaded|checked|logged|entered|"
    r"noticed|filled|followed|"
    r"called|emailed|booked|reserved|watched|went|came|ran|sat|ate|drank|slept|woke|took|made|gave|put|let|"
    r"left it|showed|asked|talk|"
    r"talked|discussed|fancy|could eat|can see|can find|can do|cannot find|speak soon|see if|reckon|assume|suppose)\b"
)
_AT_HAND = re.compile(
    r"\b(?:orders?|parcels?|packages?|refunds?|bookings?|reservations?|tickets?|pages?|screens?|errors?|apps?|"
    r"buttons?|links?|files?|code|"
    r"passwords?|logins?|accounts?|websites?|payments?|charged|delivery|messages?|questions?|answers?|options?|"
    r"sentences?|paragraphs?|"
    r"essays?|homework|chapter|plot|scene|story|poem|homework|document|draft|email|emails|e ?mail|text|chat|"
    r"conversation|prompt|bug|"
    r"crash\w*|function|query|server|column|row|slide|joke|movie|film|song|riddle|exercise \d|task|problem|"
    r"issue|update|version|the "
    r"(?:first|second|third|last|next|other|same)|weather|step|image|picture|photo|video|dream\w*|dreamt|"
    r"giraffe|reddit|article|customs|"
    r"station|platform|queue|on page|tab|window|download\w*|install\w*|upload\w*|tracking|shipment|receipt|"
    r"case study|character|the (?:boss "
    r"says|brochure|article)|survey|world|universe|life is|everybody|friend|friends|neighbour|neighbours|"
    r"colleague|coworker|cousin|uncle|"
    r"aunt|bloke|guy|stranger|waiter|plumber|tenant|customer|client|teacher)\b"
)
_QUIET = re.compile(
    r"\b(?:lol|haha|hahaha|lmao|rofl|joke|kidding|sarcasm|fun fact|genius|dragon|knight|moon|heaven|hell|god|"
    r"alien|robot)\b"
)
_CHANGE = re.compile(
    r"\b(?:now|these days|nowadays|from now on|no longer|any more|any longer|instead|as of|correction|update|"
    r"not \w+$|since (?:january|february|march|april|may|june|"
    r"july|august|september|october|november|december|monday|tuesday|wednesday|thursday|friday|saturday|sunday|"
    r"last|spring|summer|autumn|"
    r"winter|\d)|new)\b"
)
_WORKS = re.compile(
    r"\b(?:works?|working|fixed|ok|okay|fine|clear|better|worse|correct|right|wrong|good|great|bad|done|ready|"
    r"open|closed)\b"
)
_PAST = re.compile(r"\b(?:i|we) (?:\w+ly |just |also |then )*(?!need\b|feed\b|breed\b)(?:\w{2,}ed|went|bought|"
                   r"drove|wrote|broke|spent|met|lent|hid|hit|"
                   r"threw|fell|flew)\b")  # fmt: skip
_STANDS = re.compile(
    r"\b(?:now|since|years?|months?|always|never|ever|every|used to|still|ago|for life|any more|no longer)\b"
)
_VERB = {"am": "are", "was": "were", "has": "have"}
_AGREE = re.compile(r"\b([Tt]hey)(?: |'|\u2019)(am|was|has)\b")
_ENDS = re.compile(r"\b(?:no longer|any ?more|any longer)\b")


_TOPIC = re.compile(
    r"\b(?:wife|husband|partner|spouse|girlfriend|boyfriend|fianc\w+|kids?|child\w*|sons?|daughters?|baby|"
    r"babies|toddlers?|twins?|mum|mom|mother|"
    r"dad|father|parents?|brothers?|sisters?|siblings?|gran\w*|nephews?|nieces?|family|household|ex|flatmates?|"
    r"roommates?|marri\w+|divorc\w+|"
    r"wedding|engaged|single|widow\w*|pregnan\w+|born|birth\w*|surname|"
    r"dogs?|cats?|puppy|kitten|pets?|horses?|rabbits?|hens?|chickens?|parrots?|beagles?|labradors?|bees|"
    r"live|lives|lived|living|home|house|flat|apartment|studio|garden|balcony|kitchen|bedroom|bathroom|rent\w*|"
    r"mortgage|landlord|attic|basement|"
    r"cellar|roof|boiler|heating|walls?|floor|stairs|lift|village|town|city|street|countryside|farm|houseboat|"
    r"moved|moving|relocat\w+|"
    r"work|works|worked|working|job|jobs|career|boss|office|company|firm|business|shop|shifts?|employ\w*|"
    r"freelanc\w+|self employed|retire\w*|"
    r"salary|wages?|income|pension|team|staff|profession\w*|trained|apprentice\w*|intern\w*|unemploy\w*|promot\w+|"
    r"school|university|uni|college|degree|phd|thesis|study|studies|studying|semester|classes|course|exam|"
    r"exams|diploma|teach\w*|"
    r"doctor|gp|dentist|hospital|surgery|operation|allerg\w+|intoleran\w+|asthma|diabet\w+|migraines?|blood|"
    r"heart|back|knees?|hips?|shoulder|"
    r"ankles?|skin|eyes?|eyesight|ears?|hearing|glasses|lenses|teeth|feet|tablets?|pills?|medication|meds|"
    r"insulin|diagnos\w+|disab\w+|wheelchair|"
    r"injur\w+|therapy|anxiety|depress\w+|adhd|autis\w+|dyslex\w+|sleep|insomnia|pain|sick leave|rash|"
    r"vaccin\w+|iron|pressure|cholesterol|"
    r"vegan|vegetarian|veggie|meat|pork|beef|fish|seafood|dairy|milk|cheese|eggs?|gluten|nuts?|peanuts?|sugar|"
    r"salt|coffee|tea|alcohol|wine|beer|"
    r"spicy|bread|eat|eats|cook|cooks|bake|diet|halal|kosher|breakfast|mushrooms?|"
    r"car|bike|bicycle|van|tram|train|bus|commute|drive|drives|cycle|licen[cs]e|motorbike|scooter|boat|"
    r"campervan|electric|"
    r"laptop|mac\w*|iphone|android|pixel|samsung|windows|linux|ubuntu|phone|tablet|printer|router|server|"
    r"console|playstation|xbox|camera|"
    r"python|java\w*|rust|kotlin|typescript|excel|"
    r"budget|savings?|debt|loan|insurance|insured|bank|pay|afford|invest\w*|euros?|pounds|dollars?|francs|month|salary|"
    r"guitar|piano|violin|cello|drums|choir|band|football|tennis|yoga|gym|running|marathon|swim\w*|hik\w+|"
    r"climb\w*|chess|paint\w*|knit\w*|sew\w*|"
    r"danc\w+|fishing|ski\w*|surf\w*|sail\w*|garden\w*|collect\w*|volunteer\w*|club|league|hobby|hobbies|"
    r"novels?|music|jazz|opera|metal|techno|"
    r"german|french|english|spanish|italian|dutch|polish|turkish|arabic|chinese|japanese|portuguese|russian|"
    r"greek|swedish|danish|norwegian|"
    r"finnish|language|languages|bilingual|accent|native|citizen\w*|passport|visa|permit|religio\w+|muslim|"
    r"jewish|christian|catholic|church|"
    r"mosque|temple|ramadan|sabbath|fasting|sundays?|saturdays?|mondays?|tuesdays?|wednesdays?|thursdays?|"
    r"fridays?|weekends?|weekdays?|"
    r"mornings|evenings|nights|afternoons|early|allowed|policy|years old|tall|size|weigh\w*|kilos?|kg|cm|left "
    r"handed|hair|smok\w*|drink\w*|"
    r"afraid|scared|phobia|hate|hates|love|loves|prefer\w*|favourite|stand|rather|never|always|every|usually|"
    r"mostly|only|abroad|introvert\w*)\b"
)
_UNREAL = re.compile(
    r"\b(?:would|could|should|might|must be|was told|were told)\b|\b(?:i|we) (?:am|are) (?!living|working|"
    r"studying|learning|training|saving|"
    r"expecting|raising|renting|retiring|moving|waiting for|taking|caring|using|driving|getting married|"
    r"building|renovating|allergic)\w+ing\b|"
    r"\b(?:in|for) (?:an?|\d+|ten|five|two|half an?) (?:minutes?|hours?|seconds?|secs?|mins?|bit|sec|while|"
    r"whole hour)\b|\bjust \w+ed\b|\bjust "
    r"(?:went|came|got|had|made|said|told)\b|\d ?%|\b(?:said|says|told|reckons?|claims?|thinks?|forwarded|"
    r"asked|wants (?:us|me|to))\b|\bnow !|"
    r"\bgive up\b|\bso (?:hungry|tired|bored|cold|hot)\b|\b(?:my|our) (?:\w+ )?(?:team|club|favourite) (?:lost|"
    r"won|beat|scored)\b|\brather be\b|\b(?:am|are) (?:already |still |just |now )?(?:at|on|in) (?:the|my|our|"
    r"a) "
    r"(?:station|airport|shop|store|supermarket|bus|train|car|way|phone|road|page|middle|queue|line|door|beach|"
    r"pub|bar|office|toilet|lobby)\b|"
    r"\bfavourite (?:youtuber|actor|actress|singer|player|character|part|scene|author|writer|streamer)\b"
)
_POINTS = re.compile(
    r"(?:^|\b)(?:that|this|it|one|ones|these|those|them)(?: \w+)?$|\b(?:error|depart\w*|return\w*|flight|"
    r"destination|airline|prefer (?:\w+ )?(?:in|at|on) the|the (?:same|"
    r"blue|red|green|other|black|white|cheaper|bigger)|specializ\w+|in the shop|not charging)\b"
)
_WHEN_IT_IS = re.compile(r"(?:that|this|it) (?:is|was) (?:when|where|what|why|how|because)\b")
_VAGUE = frozenset({"it", "this", "that", "there", "that's", "it's"})
_NEWS = re.compile(
    r"\b(?:now|no longer|any ?more|any longer|these days|from now on|since|correction|update|as of|instead)\b"
)


def remark(parts: list[Clause], text: str) -> Found | None:
    """A fact from the clauses of one sentence that speaks of the user; None where it serves the talk at hand."""
    said = " ".join((part.lead + " " if part.lead else "") + part.text for part in parts).strip()
    core = " ".join(part.text for part in parts)
    words = core.split()
    if not _LEAST_WORDS <= len(words) <= _MOST_WORDS or parts[-1].end_mark == "?" or "|" in said or "\ufffd" in said:
        return None
    if words[0] in _VAGUE and (len(words) < _LEAST_WORDS + 2 or _WHEN_IT_IS.match(core)):
        return None
    own = _OWN.search(core) is not None
    if (
        _ADDRESSED.search(core)
        or (not own and _NOT_OWN.search(core))
        or PASSING.search(said)
        or _AT_HAND.search(core)
        or _QUIET.search(said)
        or _ERRAND.search(core)
    ):
        return None
    start, end = parts[0].tokens[0].start, max(part.tokens[-1].end for part in parts)
    raw = text[start:end]
    if (
        not _TOPIC.search(core)
        or _UNREAL.search(core)
        or any(word.removesuffix("'s") in NOT_MINE for word in words[:3])
    ):
        return None
    state = re.search(r"\b(?:is|are|am) (?P<rest>.+)", core)
    if (state and STATE.match(state["rest"])) or _POINTS.search(core):
        return None
    if not _OWN.search(core):
        named = re.search(r"\s[A-Z][\w'-]+|\d", raw)
        if not (named and _CHANGE.search(said) and _NEWS.search(said)) or _WORKS.search(core):
            return None
    elif _PAST.search(core) and not _STANDS.search(core):
        return None
    content = _AGREE.sub(lambda m: f"{m[1]} {_VERB[m[2]]}", third_person(raw))
    retracts = _ENDS.search(core) is not None
    return Found(content[:1].upper() + content[1:], _REMARK, content, "user", start, end, retracts, confidence=0.5)
