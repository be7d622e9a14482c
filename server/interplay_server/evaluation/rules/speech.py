"""Words by which users and agents show how a session goes; each pattern is tried on texts of at most READ code points.

Repetitions are bounded. What a correction, a success and a blockage are in words is `learning.lessons.signals`.
"""

import re
from collections.abc import Iterable

from interplay_server.domain import roles
from interplay_server.domain.window import Turn
from interplay_server.learning.expert import prefix_length
from interplay_server.learning.sentences import Sentence, sentences

READ = 8_000
_I = re.IGNORECASE

# Thanks in a few more languages; all else is English only.
THANKS = re.compile(
    r"\b(?:thanks|thank you|thank u|thx|ty|cheers|much appreciated|(?:i|we) (?:really |do )?appreciate|danke\w{0,5}|"
    r"merci|"
    r"gracias|obrigad[oa]|grazie|bedankt|dank (?:je|u)|tack|\u0441\u043f\u0430\u0441\u0438\u0431\u043e)\b|\u8c22\u8c22|"
    r"\u8b1d\u8b1d|\u3042\u308a\u304c\u3068\u3046|\uac10\uc0ac|\u0634\u0643\u0631\u0627",
    _I,
)
PRAISE = re.compile(
    r"\b(?:(?:that|this|it|you)(?:['\u2019]?s|['\u2019]re| is| are| was| were| looks| sounds)?(?: really| very| so| "
    r"absolutely| just| been)? (?:perfect|great|excellent|awesome|amazing|wonderful|brilliant|fantastic|very helpful|"
    r"helpful|exactly (?:it|right|what i \w+))|works? (?:perfectly|great|like a charm|now)|love (?:it|this)|"
    r"great (?:job|work|help)|well done|good (?:job|work|bot)|(?:perfect|excellent|awesome|wonderful|fantastic|"
    r"brilliant)(?=[!.,]|$)|you(?:['\u2019]ve| have) been (?:so |very |really |most |super )?(?:kind|helpful|great))",
    _I,
)
COMPLAINT = re.compile(
    r"\b(?:useless|ridiculous|frustrat\w{2,4}|annoying|annoyed|unacceptable|pathetic|disappoint\w{2,4}|terrible|"
    r"horrible|awful|waste of (?:my )?time|fed up|sick of|not (?:very |at all |really )?helpful|unhelpful|"
    r"no help|(?:makes?|made) no sense|still (?:does ?n['\u2019]?t|do ?n['\u2019]?t|not|can['\u2019]?t|cannot|"
    r"is ?n['\u2019]?t) "
    r"\w+|(?:does|do|did)(?:n['\u2019]?t| not) (?:help|work|answer|solve|make sense)|"
    r"you (?:already|just) (?:asked|said|told)|already (?:told|gave|said|asked|answered|mentioned|sent|explained)|"
    r"(?:are|re) you (?:even )?(?:listening|serious|kidding)|not what i (?:asked|wanted|meant|said|need\w{0,2}|"
    r"ordered)|how many times|another error|never (?:works|worked)|going (?:round|around) in circles|"
    r"what a (?:joke|mess)|stupid)\b",
    _I,
)
OPENING = re.compile(
    r"^\W{0,3}(?:no\b(?! (?:thanks|thank|problem|worries|need|that|more|nothing|further|i['\u2019]?m (?:good|fine|"
    r"all))|"
    r"[,.!]? ?(?:that['\u2019]?s|that is|this is|it is|it['\u2019]?s) (?:all|it|everything|fine|ok|okay|good|great)|"
    r"[,.!]? thank)|nope\b(?! ?,? ?(?:thank|that))|but\b|i (?:already |just |clearly )?(?:said|told|asked|meant)\b|"
    r"like i said|as i (?:said|mentioned)|not (?:that|this|what|really|quite)\b|wrong\b|what\?|huh\b|why (?:not|"
    r"can['\u2019]?t|would|do i)\b)",
    _I,
)
SHOUTED = re.compile(r"!{2,}|\?{2,}|[?!]{3,}")
_CAPS = re.compile(r"\b[A-Z]{3,20}\b")
GOODBYE = re.compile(
    r"\b(?:good ?bye|bye|see you|have a (?:good|nice|great)|take care|that['\u2019]?s (?:all|everything|it)|"
    r"that (?:will|would|is|['\u2019]ll) (?:be )?(?:all|everything|it)|i['\u2019]?m (?:all set|done|good)|"
    r"nothing else|no more questions|all (?:i needed|for now))\b",
    _I,
)
WANTS_HUMAN = re.compile(
    r"\b(?:(?:speak|talk|chat|connect|transfer|put|pass|get|forward|escalate|switch)\w{0,6}(?: me| this|"
    r" it)?(?: (?:to|with|"
    r"through to|over to|on to|onto))?(?: (?:a|an|the|your|another|some))?(?: (?:real|actual|live|different))? ?"
    r"(?:human|person|representative|supervisor|manager|somebody|someone|operator|live agent|human agent|customer "
    r"service|real agent)|(?:need|want) (?:a|an)?(?: real| live| actual)? ?(?:human|person|representative|supervisor|"
    r"manager|operator)(?: agent)?|real (?:person|human)(?:,? please)?|(?:human|live) agent please)\b",
    _I,
)
HANDED_OVER = re.compile(
    r"\b(?:(?:i|we)(?:['\u2019]ll| will|['\u2019]m| am|['\u2019]ve| have|['\u2019]re| are)?(?: now| just| going to)? "
    r"(?:transferr?(?:ed|ing)?|connect(?:ed|ing)?|escalat(?:ed|ing|e)|hand(?:ed|ing)?|forward(?:ed|ing)?) (?:you|this|"
    r"your \w+|it|the \w+)(?: over)?(?: now)? (?:to|with)|you (?:are|have been|['\u2019]re|will be) (?:being )?"
    r"(?:transferred|connected|escalated))\b",
    _I,
)
HANDOVER_TOOL = re.compile(r"transfer|escalat|hand_?off|handover", _I)
GIVES_UP = re.compile(
    r"\b(?:forget (?:it|about it|this)|never ?mind(?:,| then|\.|$)|i give up|don['\u2019]?t bother|"
    r"this is going nowhere|"
    r"i['\u2019]?(?:ll| will) (?:just )?(?:go|look|shop|try|find|buy)[\w ]{0,20} (?:elsewhere|somewhere else|another "
    r"(?:shop|store|company|provider|service))|(?:i['\u2019]?ll|i will) (?:just )?(?:do|figure|sort|fix) (?:it|this|"
    r"that)"
    r"(?: out)? (?:myself|on my own)|i['\u2019]m (?:leaving|out of here))",
    _I,
)
POSTPONED = re.compile(
    r"\b(?:i['\u2019]?(?:ll| will)|let me|i['\u2019]d (?:better|have to)|i(?:['\u2019]m| am) going to)(?: \w+){0,2} "
    r"(?:reach(?:ing)? out|get back|come back|contact|call(?: you)? back|think|look (?:for|into|around)|find|try "
    r"(?:to find|again)|check|gather|consider|ask|wait|return)\b(?! if (?:i|we) (?:need|have any))|\b(?:when|once) i "
    r"(?:have|find|get) (?:the|my|it|them)\b|\bi (?:need|have) to (?:think (?:about )?(?:it|this)|check (?:it |"
    r"that |this )?"
    r"(?:first|with)|talk to my)\b",
    _I,
)
DONE = re.compile(
    r"\b(?:successfully|all (?:done|set|sorted)|(?:has|have|['\u2019]s|['\u2019]ve)(?: now| just| already|"
    r" also)?(?: been)?"
    r"(?: now| just)? (?:booked|updated|cancell?ed|changed|processed|sent|confirmed|submitted|refunded|added|removed|"
    r"scheduled|placed|completed|registered|reserved|fixed|resolved|replaced|issued|activated|upgraded|credited|"
    r"shipped|"
    r"created|reset|ordered|applied|approved|"
    r"corrected|arranged|deleted|moved|extended|renewed|delivered|unlocked|restored|enabled|disabled|installed)|"
    r"is (?:now |all )?(?:booked|confirmed|complete|completed|done|active|"
    r"fixed|resolved|ready)|(?:i|we) (?:just )?(?:booked|updated|cancell?ed|changed|processed|sent|submitted|"
    r"refunded|added|"
    r"removed|scheduled|placed|reserved|fixed|resolved|replaced|reset|ordered|"
    r"corrected|arranged|deleted|moved))\b",
    _I,
)
_NOT_YET = re.compile(
    r"\b(?:if|once|when|unless|until|before|after|would|could|not|never|unable|cannot)\b|n['\u2019]t\b", _I
)
PURCHASE = re.compile(
    r"\b(?:purchas(?:e|ed)|check(?:ed)? ?out (?:complete\w*|success\w*|done)|completed? (?:the )?(?:checkout|order|"
    r"payment|purchase|booking)|order (?:placed|confirmed|completed)|placed (?:an |the )?order|bought|paid|payment "
    r"(?:made|successful|completed)|subscribed|signed up|booking (?:confirmed|completed))\b",
    _I,
)
APOLOGY = re.compile(
    r"\b(?:sorry|apologi[sz]e\w{0,2}|my apologies|apologies|my mistake|my bad|i (?:don['\u2019]?t|"
    r"did ?n['\u2019]?t) (?:quite )?"
    r"understand|could you (?:please )?(?:rephrase|repeat))\b",
    _I,
)
ERROR_TEXT = re.compile(
    r"^\W{0,4}(?:\w{0,20}error|exception|traceback|failed|failure|timed? ?out|fatal)\b|\b(?:\w{2,20}Error:|"
    r"internal server error|service unavailable|timed out|connection (?:refused|reset)|http (?:error )?5\d\d|"
    r"(?:status|code)['\"]?\s?[:=]\s?['\"]?(?:error|failed|failure|5\d\d))",
    _I,
)
PLEASANTRY = re.compile(
    r"\b(?:you['\u2019]?(?:re| are) (?:very |most )?welcome|(?:have|enjoy) (?:a|your)|take care|good ?bye|bye|"
    r"my pleasure|"
    r"glad (?:i|to)|happy to help|no problem|anytime|safe travels|feel free|don['\u2019]?t hesitate|thank you for|"
    r"thanks "
    r"for|anything else)\b",
    _I,
)
RUDE = re.compile(
    r"\b(?:stupid\w{0,2}|idiot\w{0,3}|dumb(?:ass|est)?\b|moron\w{0,3}|ridiculous\w{0,2}|pathetic\w{0,4}|crap\w{0,2}|"
    r"damn\w{0,2}|freaking|bloody|shut up|get (?:it|this) (?:together|straight|right|through)|look it up|"
    r"do it yourself|"
    r"duh|obviously|dimwit|brain-?dead|clueless|(?:can|could)n['\u2019]t (?:even )?be bothered|for (?:crying out loud|"
    r"(?:god|heaven|goodness)['\u2019]?s? ?['\u2019]? ?sake)|big deal|deal with it|get over it|face it|who cares|you "
    r"should (?:already )?know|if you must know|in case you didn['\u2019]t know|for your information|are you kidding|"
    r"not (?:that|rocket) (?:hard|science)|how hard (?:is|can)|listen up|whether (?:you|they) like it or not)\b|"
    r"^look,|\b(?:get it|okay|huh|seriously|duh)\?$|\bget it\?|, genius\b",
    _I,
)
COURTEOUS = re.compile(
    r"\b(?:please|thank you|thanks|kindly|may i|could (?:i|you)|would you|happy to|glad to|pleased to|welcome|"
    r"certainly|"
    r"of course|i understand|appreciate|let me|how can i help|great question|if i may)\b",
    _I,
)
REFUSAL = re.compile(
    r"\b(?:i(?:['\u2019]?m| am)?|we(?:['\u2019]?re| are)?) (?:sorry,? (?:but )?(?:i |we )?)?(?:cannot|"
    r"can['\u2019]?t|can not|"
    r"could ?n['\u2019]?t|could not|am unable to|unable to|not able to|do ?n['\u2019]?t have (?:access|the ability|"
    r"any way|that "
    r"information)|do not have (?:access|the ability|any way|that information)|not allowed to|won['\u2019]t be able to|"
    r"do ?n['\u2019]?t know|have no (?:way|access|idea))\b|\bas an? (?:ai|language model)\b",
    _I,
)
ALTERNATIVE = re.compile(
    r"\b(?:instead|alternativ\w{2,4}|however|but (?:i|you|we)|what i can|you (?:can|could|may|might)|i can|we can|"
    r"let me|"
    r"i['\u2019]?(?:ll| will)|would you like|here (?:is|are)|try)\b",
    _I,
)


def said(turn: Turn) -> str:
    """The first READ code points of a turn's words, without the speaker's prefix."""
    at = prefix_length(turn)
    return turn.text[at : at + READ].strip()


def speaks(turn: Turn, role: str) -> bool:
    """Whether a turn of this role class holds words of its own."""
    return turn.role_class == role and bool(turn.text.strip())


def spoken_turns(turns: Iterable[Turn]) -> list[Turn]:
    """Turns of users and agents with words, in order."""
    return [turn for turn in turns if speaks(turn, roles.USER) or speaks(turn, roles.AGENT)]


def in_order(turns: Iterable[Turn]) -> list[Turn]:
    """By time, then by place in the journal."""
    return sorted(turns, key=lambda turn: (turn.time, turn.seq))


def shouts(text: str) -> bool:
    """Repeated marks, or more than half of at least four words in capitals."""
    if SHOUTED.search(text):
        return True
    words = text.split(maxsplit=200)
    return len(words) >= 4 and len(_CAPS.findall(text[:2_000])) * 2 > len(words)


def states(pattern: re.Pattern[str], parts: Iterable[Sentence], *, conditional: bool = False) -> Sentence | None:
    """The first sentence that states what `pattern` says; no question, and no condition unless `conditional`."""
    for part in parts:
        if not part.asks and pattern.search(part.text) and (conditional or not _NOT_YET.search(part.text)):
            return part
    return None


def parts_of(text: str) -> list[Sentence]:
    """Sentences of the first READ code points."""
    return sentences(text[:READ], 0, READ)
