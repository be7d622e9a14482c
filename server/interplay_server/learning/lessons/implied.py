"""Corrections that no word of rejection announces: another figure, another name, the right way as it is done here.

Read only where the agent asked nothing and the user neither accepts nor asks further; each sign alone is weak.
"""

import re
from collections.abc import Sequence

from interplay_server.learning import alignment
from interplay_server.learning.sentences import Sentence

_ON = re.compile(
    r"^(?:and|also|then|next(?! time)|now(?! it['\u2019]?s| that['\u2019]?s)|what about|how about|thanks|thank|"
    r"thx|ta|cheers|ok|okay|great|good|nice|cool|perfect|fine|right|alright|"
    r"got it|i see|ah+|oh+ (?:ok|right|i see|good|nice)|interesting|sure|yes|yep|yeah|ya|lol|haha+|wow|noo+ "
    r"way|no way|lovely|brilliant|"
    r"awesome|super|hm+ ok|i['\u2019]ll|i will|we['\u2019]ll|we will|let me|guess|i guess|i thought|"
    r"that['\u2019]?s (?:fine|good|great|ok|okay|"
    r"all|what i thought|helpful|it|perfect|cheap|a lot|funny|nice|interesting)|so (?:that|it|then|\d|i|we)|"
    r"makes sense|understood|bye|see you|"
    r"good to know|will do|one more|another|by the way|btw|hello|hi|hey there|perfecto|phew|glad|sounds "
    r"(?:good|great|fine|delicious|fun|perfect|nice)|looks (?:good|great|fine))\b",
    re.IGNORECASE,
)
_WAY = re.compile(r"(?:these|those|this|that|it) (?:looks?|sounds?|is|are|was)(?: \w+)? (?:great|good|perfect|"
                  r"fine|nice|lovely|amazing|fun|funny|neat|"
                  r"useful|helpful|wonderful|full|wild|crazy|cheap|early|far|huge)\b|(?:love|loving|adore|"
                  r"never (?:knew|heard|thought|seen)|always (?:wanted|thought))\b",
                  re.IGNORECASE)  # fmt: skip
_PLANS = re.compile(
    r"\b(?:i['\u2019]ll|i will|we['\u2019]ll|i am going to|i['\u2019]m going to|gonna|let me|i (?:just "
    r")?(?:tried|checked|asked|called|bought|"
    r"did)|that (?:helps|works|worked)|it works|worked|thanks|thank you|thx|cheers)\b",
    re.IGNORECASE,
)
_SCOLDS = re.compile(
    r"^(?:(?:thats|that['\u2019]?s|that is|that was) (?:yesterday|last|the old|an old)\w*|are you (?:kidding|"
    r"serious|joking|mad|crazy|sure)|seriously|come on|really|omg no|oh no|no way, not|obviously|please get it "
    r"right|"
    r"what\b.{0,12}[!?]{2}|excuse me)\b|\b(?:are you (?:kidding|mad|serious|joking)|get it right|come on|"
    r"needs? correcting|please correct|"
    r"how many times|told you|you(?:['\u2019]ve| have)? (?:mixed|confused|swapped|got .{1,30} (?:wrong|"
    r"backwards|mixed)|misread|made (?:that|it) up|"
    r"invented|forgotten|left out|dropped)|you mean|that (?:was|is|['\u2019]?s) (?:yesterday|last|the old|an "
    r"old|from|for|about|the (?:wrong|other|"
    r"previous)|outdated|obsolete|ancient|history|two years|years old)\w*)\b",
    re.IGNORECASE,
)
_JUDGES = re.compile(
    r"(?:\b(?:far|way|much|a bit|a little|still) too |^(?:that['\u2019]?s |this is |it['\u2019]?s |sounds |"
    r"reads |looks |now it['\u2019]?s |omg )?too )"
    r"(?!bad|late now|kind|funny|good|cute|true|right|long for my)\w+|\b(?:sounds|reads|looks|feels) (?:too |"
    r"so |a bit |rather |very |really )*(?:cold|rude|"
    r"stiff|wooden|robotic|fake|childish|desperate|arrogant|aggressive|harsh|salesy|cheesy|clumsy|odd|wrong|"
    r"boring|formal|angry|weird)\b|"
    r"\b(?:way over|over the top|overkill|(?:is|are|['\u2019]s) missing|"
    r"(?:sounds?|reads?|looks?) like (?:a|an|it|some|my|the|spam|marketing)\b.{0,40}|useless|pointless|rude|"
    r"unreadable|illegible|"
    r"(?:nobody|no one) (?:\w+ ){1,4}|not enough|way off|makes no sense|dangerous|poisonous|toxic|would "
    r"(?:kill|ruin|break|destroy|burn|spoil)|"
    r"illegal|unsafe|against the (?:law|rules)|cruel|insulting|cheesy|boring|bland|clumsy|stiff|wooden|salesy|"
    r"preachy|robotic|pompous|"
    r"sexist|offensive|common (?:error|mistake|myth)|a myth|long gone|closed (?:down|for good|years)|went bust|"
    r"shut (?:then|on|down|for)|"
    r"been (?:\w+[- ]only|closed|gone|discontinued|replaced|renamed|abolished|dead)|no longer|not any ?more|"
    r"(?:is|are|was|were) (?:out|"
    r"discontinued|dead|deprecated|obsolete|outdated|retired|banned|forbidden|spelled|spelt)|can['\u2019]?t "
    r"help with|does(?:n['\u2019]?t| not) "
    r"(?:exist|run|work|apply|open|sell|go|stop|fly|have|mean|take|fit|count|belong)|do(?:n['\u2019]?t| not) "
    r"(?:exist|run|work|apply|open|sell|"
    r"go|stop|fly|count|belong|do)|isn['\u2019]?t|aren['\u2019]?t|wasn['\u2019]?t|weren['\u2019]?t|"
    r"didn['\u2019]?t ask|never (?:go|goes|use|"
    r"select|eat|put|say|write|do|work|had|was|asked|wanted))\b",
    re.IGNORECASE,
)
_MEANT = re.compile(
    r"\b(?:(?:it|that|this|which|there) should(?:n['\u2019]t| not)? (?:have been|be|say|read|start|end|come|go|"
    r"use|read)|"
    r"(?:i|we)(?:['\u2019]d| would) have (?:expected|liked|wanted|preferred|thought)|i (?:expected|was "
    r"expecting|was hoping|had hoped|was after|"
    r"was thinking)|would have been (?:enough|plenty|better|nicer|fine|right|more)|would be (?:the right|right|"
    r"better|nicer|more|enough|plenty|"
    r"the correct)|is (?:enough|plenty|the right|what (?:you|one|we|i|people)|how (?:you|one|we|i|it) "
    r"(?!wanted|like))|are (?:enough|plenty)|"
    r"that['\u2019]?s what (?:applies|counts|matters|i (?:need|want|asked|meant))|that['\u2019]?s the (?:part|bit) i|"
    r"both say|says? (?:it['\u2019]?s|\d|that|otherwise)|according to (?:my|our|the|your)|your own (?:website|"
    r"site|page|docs|documentation|list|"
    r"menu|manual|terms)|at most|at the most|tops|max(?:imum)?|not the (?:whole|entire|other)|only my "
    r"(?:\w+),? not|only (?:after|before|ever)|only (?:on|for|in|at) (?:\w+ ){0,2}\w+(?=[,.!]|$)|"
    r"nothing (?:with|that|over|above|below|from|too|containing)|next time|instead|rather than|in future|"
    r"always by|always in|always with|"
    r"stay (?:below|under|within|above)|keep it to|keep (?:it|them|this) (?:under|below|to|at|within|short|"
    r"simple|plain|formal|light)|leave .{2,40} out"
    r"|make it (?:\w+er|more|less)|make them (?:\w+er|more|less)|fewer|less \w+|more \w+ please|\w+ person|"
    r"again (?:without|with|in|but|and)|once more|without the|minus the)\b|^(?:harder|easier|shorter|longer|"
    r"simpler|plainer|warmer|cheaper|louder|"
    r"quieter|slower|faster|smaller|bigger|larger|softer|funnier|clearer|nicer|friendlier|stricter|healthier|"
    r"gentler|lighter|darker|earlier|"
    r"later|closer|fresher)\b",
    re.IGNORECASE,
)
_NORMS = re.compile(
    r"^(?:in|on|at|for|with|under|since|during|among) (?:[\w'-]+ ){1,5}?(?:you|we|one|they|it['\u2019]?s|it is|"
    r"people|everyone|i['\u2019]ve got|i have)\b|"
    r"\b(?:we|our \w+|this (?:project|repo|team|company|codebase|office|school|house)|the (?:team|company|"
    r"project|house style|brand|client)) "
    r"(?:always |only |never |all )?(?:use|uses|write|writes|say|says|spell|spells|call|calls|have|has|follow|"
    r"follows|start|starts|number|"
    r"prefer|prefers|require|requires|want|wants|drink|eat|serve|do|does|don['\u2019]?t|never|always|speak|"
    r"speaks|sign|signs|go by|work|works|"
    r"pay|pays|measure|count|close|closes|open|opens|convention|(?:convention|rule|policy|style|format|"
    r"standard) is)\b|\bby (?:law|convention|"
    r"tradition)\b|^(?:we|our)\b.{0,40}\b(?:convention|rule|policy|style|house style|standard|format)\b|\bas "
    r"(?:always|usual|in (?:the|my|our|all))|"
    r"\blike in (?:the|my|our)\b|\bonly,|\bonly[.!]?$|\b(?:is|are) (?:what|where|who) (?:you|we|one|people|i) ",
    re.IGNORECASE,
)
_FIRM = re.compile(
    r"\b(?:not|never|always|only|must|should|uses?|convention|policy|rule|style|standard|law|surname|first|"
    r"instead|we have|needs?|n['\u2019]t|"
    r"is what|are what|who|where)\b|n['\u2019]t",
    re.IGNORECASE,
)
_PLACED = re.compile(
    r"\b(?:we['\u2019]?re|we are|i['\u2019]?m|i am|i live|we live|this is|it['\u2019]?s) (?:\w+ )?(?:in|at|from|on)\b",
    re.IGNORECASE,
)
_EDITS = re.compile(
    r"^(?:please |just |better |rather |no,? |hm+,? )*(?:leave (?:out|the|my|all)|make (?:it|them|this|that) "
    r"\w+er\b|make (?:it|them) (?:more|less)|keep|use|stay "
    r"|say|begin with|start with|send (?:folks|people)|stick to|cut|drop|skip the|lose|tone|trim|spell|round|"
    r"call them|address|replace|take out|strip|pack|"
    r"mind|think of|only|never|always|do not|don['\u2019]?t)\b",
    re.IGNORECASE,
)
_DENIES = re.compile(r"^(?:it|that|this|they|there|which|that one)\b.{0,6}(?:n['\u2019]?t\b|not\b)(?! "
                     r"(?:matter|surprise|help|bad|far|hard|too))|^not (?:on|in|at|for|"
    r"with|before|after|the|a|an|my|our|if|when|any ?more)\b", re.IGNORECASE)  # fmt: skip
_DID = re.compile(r"^[A-Z][\w'-]+(?: [A-Z][\w'-]+)? (?:did|does|is|was|has|wrote|won|made|invented|built)\b")
_SELF = re.compile(r"^(?:i|we|my|our)(?:['\u2019]\w+)?\b", re.IGNORECASE)
_ELSEWHERE = re.compile(r"\b(?:he|she|they|my (?:boss|wife|husband|friend|teacher|mum|mom|dad|neighbou?r|"
                        r"colleague|son|daughter|sister|brother)|the (?:"
                        r"carrier|shop|store|courier|seller|waiter|guy|driver))\b", re.IGNORECASE)  # fmt: skip
_NUMBER_WORDS = re.compile(
    r"\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|\d[\d.,:]*)\b",
    re.IGNORECASE,
)
_PRODUCT = re.compile(
    r"^[\"(\u201c]|\.\.\.|\u2026|^(?:here|dear|hi|hello|subject|done|booked|ordered|sent|added|i(?:['\u2019]ve|"
    r" have) )",
    re.IGNORECASE,
)
_HEDGED = re.compile(r"\b(?:maybe|perhaps|i wonder|i think so|might|not sure|could be|i suppose)\b", re.IGNORECASE)


_REPLACED = re.compile(
    r"\b(?:left|retired|died|moved|resigned|took over|closed|replaced|renamed|sold|changed|merged|burnt down|"
    r"demolished|has been|have been|is now|are now)\b",
    re.IGNORECASE,
)
_WITH_A = re.compile(
    r"^(?:with|without|in|to|for|from|as|on|the other|an?|the)\b[^.?!]{1,40}(?:[:,.!]|please|$)", re.IGNORECASE
)
_FRAGMENT = re.compile(
    r"^(?!can|could|would)[\w'-]+(?: [\w'-]+){0,2} (?:by|with|in|without|for|as|from|only|first|person|per) "
    r"?.*,? please[.!]*$",
    re.IGNORECASE,
)
_TRADE = re.compile(
    r"^[^.?!]{2,50}, not (?:an?|the|my|in|on|for|with|from|to)?\b|\bno more[.!]*$|\bto be (?:exact|precise)\b",
    re.IGNORECASE,
)
_THIRD = re.compile(
    r"\bmy (?:wife|husband|friend|teacher|mum|mom|dad|brother|sister|neighbou?r|colleague|boss|gran\w*|book|"
    r"calculator)\b.{0,30}\b(?:said|says|wanted|"
    r"thought|bet|told|gave|never|always|mixed|was|is wrong)\b|\b(?:courier|carrier|cashier|waiter|guide|"
    r"driver|shop|store|airline|bank|plumber)\b|\b(?:he|"
    r"she|they) (?:never|always|mixed|lost|forgot|said|told|closed|keep|should)\b|\b(?:tell|told) (?:my|him|"
    r"her|them)\b|\bdid it\b|\bmust have been\b",
    re.IGNORECASE,
)
_SPEAKS_TO = re.compile(r"\b(?:you|your|please)\b", re.IGNORECASE)


def implied(parts: Sequence[Sentence], agent: str, request: str) -> list[Sentence]:
    """The sentences of a user turn by which it corrects the reply, empty where it does not seem to.

    `agent` is the reply, `request` what was asked before it. The caller has seen that the agent asked nothing.
    """
    if (
        not parts
        or _ON.match(parts[0].text)
        or _WAY.match(parts[0].text)
        or any(_PLANS.search(part.text) for part in parts)
    ):
        return []
    if parts[-1].asks and not _SCOLDS.search(parts[-1].text) and not any(_SCOLDS.search(part.text) for part in parts):
        return []
    if len({stem for part in parts for stem in alignment.heavy_stems(part.text)}) < 2 and not _bare_answer(
        parts[0].text, agent
    ):
        return []
    if any(_THIRD.search(part.text) for part in parts) and not any(_SPEAKS_TO.search(part.text) for part in parts):
        return []
    return [part for n, part in enumerate(parts) if _signs(part, agent, request, first=n == 0) >= _ENOUGH]


_ENOUGH = 2
_FEW_WORDS = 14
"""Words of a reply that a bare answer may replace."""


def _signs(part: Sentence, agent: str, request: str, *, first: bool) -> int:
    """How much in a sentence speaks for a correction: 0 not at all, from 2 on enough."""
    said = part.text.strip()
    startled = said.endswith(("?!", "!?"))
    if _SCOLDS.search(said) or (first and _TAUGHT.search(said)):
        return _ENOUGH
    if (part.asks and not startled) or _HEDGED.search(said):
        return 0
    about = alignment.heavy_stems(agent[:4_000]) | alignment.heavy_stems(request[:2_000])
    shared = bool(alignment.heavy_stems(said) & about)
    judged, meant, norm = (bool(sign.search(said)) for sign in (_JUDGES, _MEANT, _NORMS))
    placed = _PLACED.search(said) is not None
    own = _SELF.match(said) is not None
    figure = _another_figure(said, agent) * (1 if own and not placed else 2)
    points = 2 * (judged + meant + startled) + shared + figure + _opening(said, agent, first=first)
    points += norm and bool(_FIRM.search(said) or _NUMBER_WORDS.search(said))
    points += shared and bool(_REPLACED.search(said))
    points += bool(_FRAGMENT.match(said)) + bool(re.search(r"\b[A-Z]{4,}\b", said))
    if _EDITS.match(said):
        points += 1 + bool(_PRODUCT.search(agent) or judged or meant)
    if not shared and _ELSEWHERE.search(said):
        points -= 2
    return points - (own and not (judged or meant or norm or shared or placed))


def _opening(said: str, agent: str, *, first: bool) -> int:
    """Points of a turn's first sentence: it denies, trades one for another, or answers in the agent's place."""
    if not first:
        return 0
    short = len(agent.split()) <= _FEW_WORDS
    instead = short and (_WITH_A.match(said) or _bare_answer(said, agent) or _DID.match(said))
    return 2 * bool(_DENIES.match(said)) + 2 * bool(instead) + bool(_TRADE.search(said))


_NO_FIGURE = re.compile(
    r"\b(?:times|than|used to|when i|as well|ago|then|left|already|last (?:time|year|week)|bet|more|less|"
    r"another|until now|back then|per person)\b",
    re.IGNORECASE,
)
_STATES = re.compile(
    r"['\u2019]s\b|\bit?s\b|\b(?:is|are|has|have|had|at most|only|so|need|needs|about|takes?|costs?|starts?|"
    r"opens?|closes?|below|under|"
    r"over|above|says?|was|were|runs?|not|would|should|since|max|tops|exactly|won|wrote|in)\b|^\W*(?:two|three|"
    r"four|five|six|seven|eight|nine|ten|\d[\d.,:]*)\b",
    re.IGNORECASE,
)


def _another_figure(said: str, agent: str) -> bool:
    """Whether a statement has a figure where the reply has others."""
    if _NO_FIGURE.search(said) or not _STATES.search(said):
        return False
    mine, theirs = set(_NUMBER_WORDS.findall(said.lower())), set(_NUMBER_WORDS.findall(agent[:600].lower()))
    return bool(mine) and bool(theirs) and not mine <= theirs


_TAUGHT = re.compile(
    r"^(?:we|i)(?:['\u2019](?:re|m)| are| am) (?:on|using|with) [\w.+#-]+[.!]*$|^\w{4,14}!!|\w+ only[.!]*$|"
    r"^(?:that['\u2019]?s|thats|this is|it['\u2019]?s|its|looks like|sounds like) (?:\w+ ){0,2}?(?:spanish|"
    r"french|german|english|italian|dutch|portuguese|latin|"
    r"russian|japanese|chinese|celsius|fahrenheit|metric|imperial|miles|pounds|dollars|euros|an? (?:adverb|"
    r"adjective|noun|verb|quote|film|book|song|list|"
    r"table|summary|plural|singular|draft|poem|joke|question)|plural|singular|past tense|(?:british|american|"
    r"uk|us) \w+|for (?:adults|kids|beginners|"
    r"children|men|women|dogs|cats|windows|mac|linux))\b[^,]{0,12}$|^(?:changed|moved|replaced|renamed|"
    r"updated) (?:last|this|in|to|ages|since)|^\w+ (?:\w+ )?"
    r"(?:don['\u2019]?t|doesn['\u2019]?t|do not|does not) (?:need|want|take|use|require|come|get)\b|\bhas been "
    r"(?:an?|the) .{2,30} (?:for|since)\b|^\w+ (?:lines?|words?|"
    r"sentences?|syllables?|pages?|items?|points?|bullets?|minutes?)\b[^?]{0,30}(?:max|please|only|no more|at "
    r"most|tops)|\bas if (?:i|we|they|he|she) "
    r"(?:were|was|am|is)\b|\bexplain it (?:like|as|to)\b|^to an? [\w -]{2,20}\?$|^(?:it['\u2019]?s|its|it is) "
    r"[\w -]{3,30} (?:for|on|in|at|since|until|after) ",
    re.IGNORECASE,
)


def _bare_answer(said: str, agent: str) -> bool:
    """Whether a few words stand where the reply's few words stood: "George Eliot." after "Jane Austen."."""
    words = said.rstrip(" .!").split()
    if (
        not 1 <= len(words) <= 4
        or said.endswith("?")
        or not all(w[:1].isupper() or w in {"of", "the", "de"} for w in words)
    ):
        return False
    if words[0].lower() in {
        "love",
        "short",
        "these",
        "those",
        "only",
        "that",
        "this",
        "amazing",
        "beautiful",
        "gorgeous",
        "exactly",
        "true",
        "agreed",
        "deal",
        "done",
        "next",
        "sweet",
        "correct",
        "impressive",
        "crazy",
        "sad",
        "odd",
        "weird",
        "same",
    }:
        return False
    stems = alignment.heavy_stems(said)
    return bool(stems) and not stems <= alignment.heavy_stems(agent)
