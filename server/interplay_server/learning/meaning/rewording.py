"""Turns of phrase that are reworded before a statement is cut into words: contractions, changes, ways to work."""

import re

_PARTS = {
    "{HAVE}": "(?:has |have )?",
    "{MY}": "(?:the |his |her |their |my |a )?",
    "{ATTRIBUTE}": "job|profession|occupation|employer|birthday|hometown|mother tongue|hobby|religion|diet",
    "{CHOSEN}": "favou?rite|preferred|go-to|main|usual|default|primary|first|current|native",
    "{BARRED}": "no-go|off limits|off-limits|unwelcome|out of the question|taboo|forbidden|not for (?:him|her|them|me)",
    "{PRON}": "(?:they |he |she |i |we |user )?",
    "{VEHICLE}": "train|bus|tram|underground|subway|metro|bike|bicycle|car|ferry",
    "{SHIFTED}": "moved|postponed|rescheduled|shifted|brought forward|pushed(?: back)?|changed|delayed",
    "{SWITCHED}": "switched|changed|migrated|converted|swapped|upgraded",
    "{RAISED}": "raised|lowered|increased|reduced|cut|extended|changed|doubled|updated",
}
# Patterns and, behind the arrow, what takes their place, in this order; "_" is a space at an edge.
_TABLE = r"""
\bwon't\b => will not
\bcan't\b|\bcannot\b => can not
\b(\w+)n't\b => \1 not
\b(i)'m\b => \1 am
\b(\w+)'re\b => \1 are
\b(\w+)'ve\b => \1 have
\b(\w+)'ll\b => \1 will
\b(i|they|he|she|we|you)'d\b => \1 would
\b(he|she|it|that|there|who)'s\b => \1 is
's\b =>
s'(?=\s) => s
\bused to (?=\w+(?<!ing)\b) => formerly_
\b(?:no longer|(?:not|n't) any ?(?:more|longer))\b => formerly
\bnot (.*?),? any ?(?:more|longer)\b => formerly \1
\bno one\b|\bnobody\b => not person
\bdoes not\b|\bdo not\b|\bdid not\b => not
\bnon-(?=\w) => not_
(?<=\w)-free\b => _free
\bvia\b|\bthrough\b => by
\be\.g\. => such as
\s&\s => _and_
\bper cent\b => percent
\b(?:every )?mornings? and (?:every )?(?:evening|night)s?\b => twice a day
\b(?:every|each) (morning|evening|night|afternoon)s?\b => every day in \1
\beach (?=\w) => every_
^(.+?) is (?:the (?:city|town|place|country) )?where {PRON}(?:currently |now )?lives?\b => lives in \1
^(.+?) is {MY}(?:town|city|place) {PRON}lives? in\b => lives in \1
^(.+?) is what {PRON}(\w+)(?: the most| most)?$ => \2 \1
^(.+?) is (?:the|their|his|her|my) ({CHOSEN}) (\w+)$ => \2 \3 is \1
^(.+?) is (?:the|their|his|her|my) ({ATTRIBUTE})$ => \2 is \1
^(.+?) employs\b => works for \1
\b(?:in |on )?(?:the )?(?:us/)?(pacific|eastern|mountain|atlantic)(?: standard| daylight)? time\b => timezone \1
\bus/(pacific|eastern|mountain|central)\b => \1
\b(?:contacted|reached|called|phoned) (?:by|on|over|via) (?:the )?(phone|e-?mail|text|chat|post)\b => contacted by \1
\b(?:rings?|ringing|(?:tele)?phone calls?|calls? by phone|talking on the phone)\b => phone
\baddressed (?:as|by) => called_
\b(?:likes|prefers) to be called\b => is called
\b(?:extra[- ]large)\b => xl
\b(?:an? )(small|medium|large)(?= in\b)|\bsize (small|medium|large)\b => size \1\2
\brather than\b => instead of
\bsize (s|m|l)(?:mall|edium|arge)\b => size \1
\b(once|twice|thrice|\w+ times|\dx) (?:weekly)\b => \1 a week
\b(once|twice|thrice|\w+ times|\dx) (?:daily)\b => \1 a day
\b(once|twice|thrice|\w+ times|\dx) (?:monthly)\b => \1 a month
^(.+?) (?:makes?|made) (?:him|her|them|me)? *(?:ill|sick|sneeze|itch)\b => allergic to \1
^(.+?) (?:is|are) (?:a )?(?:{BARRED})\b => not like \1
\b(over|than|to|of|no|prefers?|dislikes?|hates?|or|and|wants?) (?:phone |telephone )?calls?\b => \1 phone
^refuses? (?:to )?=> not_
^up at (?=\d) => wakes up at_
^(?:now )?on (?=[a-z]) => uses_
^(?:has )?(?:left|quit) (?!home|school|the (?:house|flat))(.+?) (?:for|to join) (.+) => works for \2 instead of \1
\bmoved out of (.+?)(?:,| and)? (?:now|lives) in (.+) => lives in \2 instead of \1
\bon-the-go\b => on the go
\bnine[- ]to[- ]five\b => full-time
\bnot only\b =>
\bmore than one\b => several
\bin question\b =>
\black(?:s|ed|ing)?\b => not have
\b(?:the )?year (?=\d{4}) =>
\baged\b => age
\bis a cell(?:o?ist|er)\b => plays the cello
\bis a pian(?:o?ist|er)\b => plays the piano
\bis a guitar(?:o?ist|er)\b => plays the guitar
\bis a violin(?:o?ist|er)\b => plays the violin
\bis a drumm(?:o?ist|er)\b => plays the drums
\bis a flaut(?:o?ist|er)\b => plays the flute
\bany\b(?! ?(?:more|longer)) =>
\bcalls? ([\w ]+) home\b => lives in \1
\bis an only child\b => does not have siblings
\bnative (\w+) speaker\b => first language \1
\b(?:is |am |are )?(?:an? )?early (?:riser|bird)\b => wakes up early
\b(?:take|takes|taking|has|attends) ([a-z]+) (?:lessons|classes|courses)\b => learns \1
\b(?:takes?|rides?|catches|uses) {MY}({VEHICLE}) to (?:work|the office)\b => commutes by \1
\bdrives? to (?:work|the office)\b => commutes by car
\b(?:cycle|bike)s? to (?:work|the office)\b => commutes by bicycle
\bwalks? to (?:work|the office)\b => commutes by walk
\b(?:was|is|has been|got|were) (?:{SHIFTED})(?: from .+?)? to\b => is on
\b{HAVE}(?:{RAISED}) {MY}([a-z]+(?: (?:for|of) [a-z ]+?)?)(?: from .+?)? to\b => \1 is
\b{HAVE}(?:quit|left|lost|resigned from) {MY}(?:job|position|role|post) (?:at|with|as)\b => formerly works at
\b{HAVE}(?:resigned from|was laid off (?:by|from)|was fired (?:by|from)|was let go (?:by|from))\b => formerly works at
\b{HAVE}(?:started|begun|began|resumed|gone back to|went back to|taken up) (?=[a-z]+ing\b) =>
\b{HAVE}(?:switched|changed|migrated|converted|upgraded|moved over) to (?=[a-z0-9]+\b(?! (?:house|flat))) => uses_
\b{HAVE}moved (?:over )?from (.+?) to (.+) => lives in \2 instead of \1
\b{HAVE}(?:{SWITCHED}|went) (?:over )?from (.+?) to (.+) => uses \2 instead of \1
\b{HAVE}(?:replaced|swapped|traded) (.+?) (?:with|by|for|in for) (.+) => uses \2 instead of \1
, (?:and |but )?(?:not|no longer) (?=(?!to\b|any)\S+(?: \S+){0,2}$) => _instead_of_
\bwoman (?=named|called)|\bman (?=named|called) =>
\bas (?:a|an|the|his|her|their) (?:main |primary )?(?=editor|browser|phone|computer|system) => _
"""


def _compiled(line: str) -> tuple[re.Pattern[str], str]:
    pattern, _, wording = line.partition(" =>")
    for name, part in _PARTS.items():
        pattern = pattern.replace(name, part)
    return re.compile(pattern), wording[1:].replace("_", " ")


_REWORDINGS = [_compiled(line) for line in _TABLE.strip().splitlines()]


def reword(text: str) -> str:
    """The text, in lower case, in plainer words."""
    for pattern, wording in _REWORDINGS:
        text = pattern.sub(wording, text)
    return text
