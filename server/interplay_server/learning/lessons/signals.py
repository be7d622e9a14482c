"""Words by which a user rejects or redirects what the agent did, and by which anybody says that it worked or cannot be.

Every pattern has bounded repetitions and is tried on single sentences of at most a thousand code points.
"""

import re

_I = re.IGNORECASE
_NOT = r"(?:not|n['\u2019]?t)"
_THAT = r"(?:that|this|it|these|those|they|which)"
_IS = r"(?:['\u2019]?s|['\u2019]re| is| are| was| were|s| looks?| seems?| sounds?)"
_ADV = (
    r"(?:(?:just|still|also|again|completely|totally|only|already|simply|really|clearly|once again|even|"
    r"apparently|never) ){0,3}"
)
_ARTEFACT = (
    r"the (?:answer|reply|response|summary|translation|list|table|total|sum|result|code|query|date|time|price|"
    r"format|link|text|"
    r"draft|email|e-mail|letter|order of|recipe|plan|number|figure|calculation|explanation|tone|title|spelling|address)"
)
# How to answer rather than what to do next: alone, such an imperative steers the reply before it.
MANNER = re.compile(
    r"^(?:use|keep|stick|focus|avoid|include|exclude|mention|limit|shorten|simplify|rephrase|rewrite|speak|be "
    r"more|be less|be \w+er|be (?:brief|concise|specific|polite|nice)|"
    r"(?:answer|reply|respond|write(?: it)?) (?:in|with|as|only|like))\b(?! my\b)",
    _I,
)
# What an agent does with words; who "shipped" or "charged" is the company, unless the agent spoke of it.
_SPOKEN = (
    r"(?:said|told|suggested|recommended|gave|answered|wrote|listed|used|assumed|included|mentioned|translated|"
    r"summari[sz]ed|explained|picked|chose|made|put|replied|quoted|called|named|addressed|formatted|proposed|showed|"
    r"repeated|added|removed|changed|rewrote|converted|calculated|counted|asked|offered|described|stated|claimed|"
    r"confused|spelled|started|ended|kept|skipped|left|dropped|cut|took)"
)
DONE_ELSEWHERE = (
    r"(?:sent|booked|ordered|charged|cancell?ed|shipped|delivered|refunded|scheduled|reserved|closed|opened|deleted|"
    r"moved|updated|set|bought|paid|restarted|transferred|registered|uploaded)"
)

#: A rejection at the head of a sentence; what follows it is the content.
OF_OTHERS = re.compile(
    r"\b(?:my (?:wife|husband|friend|teacher|mum|mom|dad|brother|sister|neighbou?r|colleague)|the (?:courier|"
    r"carrier|cashier|waiter|guide|"
    r"airline|plumber)|that (?:courier|carrier|cashier|waiter|guide|driver|shop))\b.{0,40}\b(?:said|says|"
    r"wanted|told|gave|never|always|mixed|was|is|"
    r"thought|bet|lost)\b|\b(?:he|she) (?:never|always|mixed|lost|forgot|should)\b|\b(?:tell|told) (?:my|him|"
    r"her|them)\b|\bmust have been\b|"
    r"\bthey should have\b|\bi['\u2019]ll (?:survive|live|manage|cope)\b|\bwas wrong then\b",
    re.IGNORECASE,
)
REJECTION = re.compile(
    r"^(?:now )?(?:(?:"
    rf"{_THAT}{_IS}? ?(?:{_NOT}|no) (?:at all |even |quite |really |exactly )?(?:right|correct|true|accurate|"
    rf"it|so|helpful|"
    r"useful|working|valid|quite right|how (?:it|that|this|you|we|to)\b.{0,40}|an? answer|my (?:name|question|"
    r"order)|enough|complete|up to date|good enough|"
    r"relevant|related|what (?:i|we)\b.{0,60}|the (?:one|thing|way|right|correct)\b.{0,50})|"
    rf"(?:{_THAT}|your \w+(?: \w+)?|{_ARTEFACT}){_IS} (?:completely |totally |just |still |all |simply |plain |"
    rf"partly |also |not \w+ )?"
    r"(?:wrong|incorrect|false|inaccurate|outdated|out of date|nonsense|irrelevant|incomplete|useless|overkill|"
    r"mistaken|a mistake|an? error|off|missing|(?:last|the old) \w+['\u2019]s \w+|not (?:right|correct|true|"
    r"accurate))\b|"
    r"(?:wrong|incorrect|not (?:true|correct|right|quite(?: right)?|like (?:that|this)|so|this one|that one|"
    r"what i\b.{0,40})|false|nonsense|not at all|nope|"
    r"still (?:wrong|not right|not correct|incorrect))\b(?! answer to my)|"
    r"(?:check|look|think|try|read|count|calculate)(?: it| that| this)? again|double[- ]check(?: it| that| "
    r"this)?(?=[,.;!]|$)|"
    r"(?:way |far |much |a bit |a little |still |that['\u2019]?s |this is |it['\u2019]?s |that is |it is |your "
    r"\w+ (?:is|was) |the \w+ (?:is|was) ){0,3}too "
    r"(?:long|short|formal|casual|informal|vague|wordy|verbose|generic|technical|complicated|complex|detailed|"
    r"brief|slow|"
    r"fast|expensive|pricey|general|simple|salesy|many \w+|much \w+)|"
    rf"{_THAT} (?:still |just |really )?(?:does|do|did)(?: not|n['\u2019]?t) (?:answer|address|match|fit|make "
    rf"sense|help|look right|add up|solve|work)\b[^,.;]{{0,40}}|"
    r"(?:none|neither) of (?:these|those|them)\b|"
    r"there['\u2019]?s? (?:is )?no (?:reason|need) (?:to|for)\b|"
    r"i (?:asked|did not ask|didn['\u2019]?t ask|never asked|told you|already told you|already said|already "
    r"gave|already mentioned|"
    r"already answered|clearly said|specifically asked|specifically said)\b|i said\b(?! (?:to|hi|hello|that to))|"
    r"as i (?:already )?(?:said|mentioned|told you)|like i said|"
    rf"you (?:{_ADV})(?:misunderstood|misread|misheard|misquoted|mixed up|got (?:it|that|this|the \w+|my \w+|"
    rf"me) wrong|have (?:it|that) wrong|"
    r"are (?:wrong|mistaken|not listening|not answering)|missed the point)|"
    r"you['\u2019]?re (?:wrong|mistaken|not listening|not answering)|"
    r"(?:please )?(?:re-?read|read) (?:my|what i)\b"
    r"))",
    _I,
)  # fmt: skip
OVERDONE = re.compile(
    r"\b(?:is|are|was|seems|sounds)(?: a bit| really| just)? (?:overkill|unnecessary|pointless|not needed|not "
    r"an option|no option|"
    r"not possible for me|no help|no use)\b",
    _I,
)
STILL = re.compile(
    r"^(?:that|this|it|these|those) (?:\w+ ){1,3}the wrong \w+|^(?:it|this|that|which) still (?:fails|breaks|"
    r"crashes|shows|says|gives|has|throws|misses|lacks|contains|ignores)\b",
    _I,
)

#: Rejections that repeat what was asked: their own words are the content.
ECHO = re.compile(
    r"^(?:but |and |no,? |hey,? )?i (?:clearly |specifically |explicitly |already |just |only "
    r"){0,2}(?P<v>asked|said|told you|meant|wanted|requested|ordered|"
    r"mentioned|gave you|need(?:ed)?)\s+(?P<about>about |for |that |you for |you about |you to |to |you that |"
    r"you )?(?P<x>.{2,300})$",
    _I,
)
OFFENCE = re.compile(
    rf"\byou {_ADV}(?P<v>forgot|missed|left out|omitted|skipped|overlooked|ignored)(?: to)?(?: (?P<x>.{{2,200}}))?$", _I
)
OMISSION = re.compile(
    rf"\b(?:you|why) (?:{_ADV})(?:didn['\u2019]?t|did not|don['\u2019]?t|haven['\u2019]?t|have not|never|"
    rf"didn['\u2019]?t you|did you not|don['\u2019]?t you) "
    r"(?:actually |even |really |just )?(?P<v>[a-z]{2,15})(?: (?P<x>.{2,200}))?$",
    _I,
)
SHOULD_HAVE = re.compile(
    r"\byou (?:really )?(?P<modal>should(?:n['\u2019]?t| not)?|could|were (?:not )?supposed to|"
    r"must(?:n['\u2019]?t| not)?|need to|have to|ought to) "
    r"(?P<have>have )?(?P<v>[a-z]{2,15})(?: (?P<x>.{2,240}))?$",
    _I,
)
WHY = re.compile(
    r"\bwhy (?:did|do|are|would|have) you (?:always |keep |just |even )?(?P<v>[a-z]{2,15})(?: (?P<x>[^?]{2,160}))?\??$",
    _I,
)
KEEP = re.compile(r"\byou (?:keep|kept|are always|always) (?P<v>[a-z]{2,14}ing)(?: (?P<x>.{2,160}))?$", _I)
ALTHOUGH = re.compile(
    rf"\byou {_ADV}(?:have )?(?P<v>{_SPOKEN}|{DONE_ELSEWHERE})(?: me| us)? (?P<x>.{{2,120}}?)[,]? "
    rf"(?P<link>although|even though|though|but|when|while|despite) "
    r"(?P<said>(?:i|we|my|our|the|it|that)\b.{2,200})$",
    _I,
)
DID_WRONG = re.compile(rf"\byou {_ADV}(?P<v>{_SPOKEN}|{DONE_ELSEWHERE})(?: me| us)? (?:the )?(?:wrong|incorrect)\b", _I)
NOT_BUT = re.compile(r"^(?P<x>.{2,120}?)(?:[,;] (?:and |but )?| and | but )not (?P<y>[^,.;!?]{1,80})$", _I)
NOT_THAT = re.compile(r"^not (?P<y>[^,.;!?]{2,60})", _I)
NO_WANT = re.compile(
    r"\bi (?:do not|don['\u2019]?t|never|did not|didn['\u2019]?t) (?:want|need|like|wanted|eat|use)(?:ed)?(?: "
    r"to)? (?P<x>[^,.;!?]{2,80})",
    _I,
)
WANT = re.compile(
    r"^(?:and |but |so )?(?:i|we)(?: just| only| really)?(?: would|['\u2019]d)? ?(?:want|need|prefer|meant|"
    r"rather have|rather|like)(?:ed)?(?: it| that)? (?P<x>(?!to\b).{2,240})$",
    _I,
)
RATHER = re.compile(
    r"^(?:i|we)(?:['\u2019]d| would) (?:much )?(?:rather|prefer)(?: to (?=have|see|get)| if you)?(?: have| see|"
    r" get| you)? (?P<x>(?!to\b).{2,200})$",
    _I,
)
NORM = re.compile(
    r"^(?P<x>(?!i\b|we\b|you\b|that\b|he\b|she\b).{2,60}? (?:should|must|ought to|has to|have to|needs? to)(?: "
    r"not| never| always)? .{2,160})$",
    _I,
)
NO_NOUN = re.compile(
    r"^no (?:more )?(?P<x>(?!way|wonder|goodbye|bye|further|luck|longer|additional|extra|change|big|hurry|"
    r"pressure|thank|"
    r"problem|worr|idea|need\b|one\b|that|it\b|i\b|you\b|not\b|doubt|rush|matter|clue|reason|the\b|fixed|there|"
    r"this|we\b|my\b|other)[a-z][\w-]{2,20}"
    r"(?: (?:in|for|with|on|at|from|when|please|next|at all)\b.{0,100})?)$",
    _I,
)
#: A standing order or a constraint: it steers, whatever the sentence before it was.
STANDING = re.compile(
    r"\b(?:always|never|from now on|next time|in (?:the )?future|going forward|every time|instead|instead of|"
    r"rather than|"
    r"(?:do not|don['\u2019]?t|dont|stop|avoid)|only|without|first(?! name| option| one)|before (?:that|\w+ing|you|"
    r"offering|giving)|in the first place)\b",
    _I,
)
FRAME = re.compile(
    r"^(?:(?:please|just|simply|kindly|then|also|and|but|so|no|nope|well|hey|hm+|ok|okay|again|rather|better|"
    r"actually|wrong|oh|ah|look|listen|"
    r"next time|from now on|in (?:the )?future|going forward|for (?:the )?future|in general|another time|first of all|"
    r"if i ask (?:again|this)|when i ask (?:that|this)|you (?:should|must|need to|have to|can|could|ought to)|"
    r"let['\u2019]s|wait|oh wait|"
    r"(?:can|could|would|will) you(?: please)?|i(?:['\u2019]d| would) (?:like|prefer|want) (?:it if )?you "
    r"(?:to|would)?|"
    r"i (?:want|need|expect|asked|told|would like) you to)\b[\s,:;!\u2013\u2014-]*){0,6}",
    _I,
)
TAIL = re.compile(
    r"[\s,]*\b(?:please|pls|next time|from now on|in (?:the )?future|going forward|thanks|thank you|ok|okay|"
    r"again)[\s.!,]*$",
    _I,
)
FORM = re.compile(
    r"^(?P<x>(?:(?:much |a bit |a little |a lot |even |way )?(?:shorter|longer|simpler|briefer|clearer|slower|"
    r"cheaper|warmer|less \w+|more \w+)"
    r"(?: \w+){0,3}|(?:in|as|with|without) (?:a |an |the )?[\w-]+(?: [\w-]+){0,3})),?(?: please| pls)[.!]*$",
    _I,
)
REWORK = re.compile(
    r"\b(?:make|keep|get) (?:it|this|that|them|the \w+|your \w+) (?:much |a bit |a little |a lot |more |less |"
    r"even )?(?:short|long|simple|brief|concise|formal|casual|friend|"
    r"polite|clear|warm|specific|detailed|technical|personal|professional|shorter|longer|simpler)\w*|"
    r"\b(?:redo|rewrite|rephrase|reword|shorten|simplify|correct|fix|redraft|trim|change|replace|remove|drop) "
    r"(?:it|this|that|them|your \w+|the (?:last|first|second|third) \w+)\b",
    _I,
)
SELF_REPAIR = re.compile(
    r"\b(?:my (?:mistake|bad|fault|error)|i (?:mis-?typed|misspoke|made a (?:typo|mistake)|got (?:it|that) "
    r"wrong|was wrong|"
    r"should have (?:said|mentioned|told|been)|forgot to (?:say|mention|tell)|changed my mind|messed up|told "
    r"you the wrong|gave you the wrong|must have (?:confused|mixed|typed))|let me correct|i (?:see|made) (?:a|"
    r"my|the) mistake|oops|whoops|typo|(?:sorry|oops|whoops|i mean),? i meant|"
    r"you(?:['\u2019]re| are| were)? (?:absolutely |totally )?right|i stand corrected)\b",
    _I,
)
CHATTY = re.compile(
    r"^(?:no|nope|nah)[\s,.!]*(?:$|(?:way|thanks?|thank you|problem|worries|idea|need|further|more\b|other|"
    r"wonder|luck|that['\u2019]?s (?:all|it|fine|ok|okay|everything|great|good)|i['\u2019]?m (?:good|fine|ok|"
    r"all set|done)|"
    r"it['\u2019]?s (?:fine|ok|okay|all)|nothing|rush|doubt|i think that|that will be all|that would be all)\b)",
    _I,
)
ACCEPTS = re.compile(
    r"^(?:thanks|thank you|thx|great|perfect|cool|awesome|nice|wonderful|excellent|lovely|ok|okay|right|good|"
    r"haha|lol|wow|got it|"
    r"understood|makes sense|brilliant|fantastic|amazing|works|yes|yep|yeah|sure|fine)\b",
    _I,
)
PLEASED = re.compile(
    r"\b(?:i love it|love it|that['\u2019]?s (?:perfect|great|fine|good|what i thought)|haha|no offen[cs]e)\b", _I
)
CONTENT_LESS = re.compile(
    r"^(?:please )?(?:check|look|try|think|read|do it|fix it|fix that|fix this|redo it|replace (?:them|it)|"
    r"change (?:it|that)|try again|"
    r"correct (?:it|that)|rewrite it|leave it out|remove (?:it|them)|drop it|do that|start over)(?: again| "
    r"please| then| properly| now)*[.!]*$",
    _I,
)

#: The agent waits for an answer: what follows is one, even where no question mark ends the reply.
WAITS = re.compile(
    r"\b(?:(?:please|kindly) (?:provide|confirm|let me know|share|tell|specify|give|enter|choose|select|state|"
    r"describe|indicate|send|reply|double-check)|"
    r"(?:let me know|i['\u2019]ll need|i will need|i need) (?:your|the|which|what|how|whether|if|to know)|"
    r"would you like|could you|can you|do you want|"
    r"how would you|which (?:one|of)|once you (?:have|provide|confirm))\b",
    _I,
)
PROCEEDS = re.compile(r"\b(?:yes|proceed|go ahead|please)\b", _I)

WORKED = re.compile(
    r"\b(?:(?:that|this|it|everything|all)(?:['\u2019]?s| is| has| just)? (?:worked|works(?: now| perfectly| "
    r"great| fine)?|did (?:it|the trick)|"
    r"fixed (?:it|that)|solved|resolved|fixed|working(?: now| again)?|perfect|exactly (?:what i (?:needed|"
    r"wanted|was looking for)|right|it)|"
    r"just what i needed|helped(?: a lot| me)?|did help|done)|works? (?:now|again|perfectly|like a charm)|"
    r"problem (?:is )?(?:solved|fixed|gone)|issue (?:is )?(?:resolved|solved|fixed|gone)|exactly what i "
    r"(?:needed|wanted)|"
    r"up and running|all (?:good|set|sorted) now|it['\u2019]s back|finally works?|perfect,? thank|you solved|"
    r"you fixed|great job|well done)\b",
    _I,
)
THANKS = re.compile(
    r"\b(?:thanks|thank you|thx|cheers|much appreciated|perfect|great|excellent|awesome|wonderful)\b", _I
)
RESERVED = re.compile(
    r"\b(?:but|however|although|except|still|not|n['\u2019]?t|unfortunately|anyway|i['\u2019]ll try|will try|"
    r"let me try|hope|if it|problem with|"
    r"wrong|instead|why|almost|nearly|someone else|myself|elsewhere|one more|also need)\b|[?]",
    _I,
)
STEP_WORDS = re.compile(
    r"\b(?:first|then|next|after that|afterwards|finally|lastly|step \d|once (?:that|it|you))\b", _I
)

_CANNOT = (
    r"(?:(?:i|we)(?:['\u2019]?m| am|['\u2019]re| are)? (?:sorry,? )?(?:but )?(?:i |we )?(?:cannot|"
    r"can['\u2019]?t|can not|could not|couldn['\u2019]?t|am unable to|unable to|"
    r"not able to|don['\u2019]?t have|do not have|not allowed to|not permitted to|not authori[sz]ed to|have no|lack))"
)
CANNOT = re.compile(rf"\b{_CANNOT}\b|\b(?:is|are)(?: currently| temporarily)? (?:down|unavailable|not "
                    rf"(?:available|possible|allowed|permitted|supported))\b|"
                    r"\b(?:timed out|policy (?:does not|doesn['\u2019]?t|prohibits|forbids)|access (?:is |was "
                    r")?denied|against (?:our|the|company) \w+)\b", _I)  # fmt: skip
BLOCKED = [
    ("policy_restriction", re.compile(r"\b(?:polic(?:y|ies)|against (?:our|the|company)|terms(?: of| and)|"
                                      r"regulations?|by law|legally|company rules?|not eligible|compliance|guidelines?|"
                                      r"non-?refundable|contractually)\b", _I)),
    ("permission_denied", re.compile(r"\b(?:permissions?|authori[sz](?:ed|ation)|access (?:is |was )?denied|"
                                     r"not allowed to|not permitted|privileges?|admin(?:istrator)? rights|"
                                     r"credentials|clearance|"
                                     r"forbidden|403)\b", _I)),
    ("external_dependency", re.compile(r"\b(?:(?:system|service|server|site|website|api|database|provider|"
                                       r"gateway|network|portal|backend)\w* (?:is |are |has been |seems "
                                       r")?(?:currently |temporarily )?(?:down|unavailable|"
                                       r"offline|not responding|unreachable|failing)|outage|maintenance|timed? "
                                       r"?out|server error|50[023])\b", _I)),
    ("missing_tool", re.compile(r"\b(?:tools?|functions?|feature|ability|capabilit(?:y|ies)|integration|"
                                r"plug-?in|no way (?:to|of)|(?:do not|don['\u2019]?t|no) (?:have )?(?:any "
                                r")?access to|access to|"
                                r"browse|the internet|real-?time|open (?:links|attachments|files)|see "
                                r"(?:images|pictures)|make (?:phone )?calls|send (?:e-?mails|messages|sms)|not "
                                r"supported)\b", _I)),
]  # fmt: skip
