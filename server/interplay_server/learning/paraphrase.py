"""Statements that say with other words what a reply said: each takes up one clause of the reply, in its order."""

from collections.abc import Collection, Sequence
from functools import lru_cache

from interplay_server.learning import alignment
from interplay_server.learning.sentences import Sentence, clauses

_MOST_NEW = 3
_REPEATED = 0.6
_SAME_MATTER = 2
"""Words that a clause and a statement share from which on they contradict each other if only one denies."""

# Everyday words that may stand for each other where two texts answer one question; the first names the group.
_SYNONYMS = """
soap detergent cleaner wash-up washing-up
dry moisture damp wet wipe
id identity passport identification
prove proof evidence show demonstrate
address residence home domicile live
fixed same regular constant consistent steady
dark light bright dim blackout
random shuffle mix arbitrary
weather forecast
tell let inform know notify say mention
somebody someone friend person anybody anyone relative
water drink thirst hydrate fluid liquid
money refund cash sum amount
receive arrive reach get obtain come
buy purchase get order
parcel package box shipment item goods
quick fast soon rapid prompt immediate swift once straightaway
slow gradual gentle
begin start commence launch open
end finish stop complete close
big large huge great
small little tiny short
warm hot heat
cold cool chill ice fridge refrigerate
bag luggage suitcase backpack
doctor gp physician medic
medicine drug medication pill tablet
child kid baby infant toddler
car vehicle auto automobile
job work employ profession
house home flat apartment building
repair fix mend
break damage crack defect
clean wash rinse scrub
food meal eat dish feed
cook boil bake fry simmer
sleep bed bedtime rest nap
route path way trail track road
plan schedule arrange prepare organise
check look inspect examine test verify control
choose pick select decide
write note jot record document
remove delete take erase strip
add include put insert
send mail post forward deliver
call phone ring telephone dial
pay cost price fee charge
cheap inexpensive low affordable budget
expensive dear pricey costly
often frequent regular daily every
use apply employ utilise
keep hold retain store preserve save
turn switch flip
off unplug disconnect
restart reboot reset
computer laptop pc machine device
password code pin credential
letter mail message email
bill invoice receipt statement
form application paper document
sign signature
change alter modify adjust swap replace
avoid skip omit without
allow permit let may
need require must necessary
danger risk hazard unsafe
safe secure protect
sun sunlight sunshine light
garden yard plot bed
plant seed sow
soil earth ground
cut trim prune chop slice
cover wrap lid
oven stove hob
pan pot saucepan skillet
minute moment
bank account branch
insurance cover policy
ticket fare pass
train rail railway
plane flight fly air
hotel room accommodation
exercise workout train training sport
walk stroll hike go
run jog
stretch limber warm-up
pain ache hurt sore
read book study learn
speak talk say
error bug fault failure
screen display monitor
button key
share common joint
share distribute
cause reason why source
edit rewrite revise
short brief concise
friendly polite kind courteous
customer client buyer
shop store outlet
offer deal discount sale
try attempt
help support assist
wait pause hold
heat heating radiator
leak drip
window pane
air ventilate ventilation oxygen
lock secure close shut
outside outdoors open-air
inside indoors
""".strip().splitlines()


@lru_cache(maxsize=1)
def _groups() -> dict[str, frozenset[int]]:
    made: dict[str, set[int]] = {}
    for number, line in enumerate(_SYNONYMS):
        for stem in alignment.stems(line):
            made.setdefault(stem, set()).add(number)
    return {stem: frozenset(numbers) for stem, numbers in made.items()}


def alike(one: str, two: str) -> bool:
    """Whether two stems are the same, share a long beginning, or may stand for each other."""
    if one == two or (min(len(one), len(two)) >= 5 and one[:5] == two[:5]):
        return True
    groups = _groups()
    return bool(groups.get(one, frozenset()) & groups.get(two, frozenset()))


def _matter(text: str) -> set[str]:
    return {stem for stem in alignment.stems(text) if not alignment.is_light(stem) or stem in _groups()}


def reworded(agent: Sequence[Sentence], said: Sequence[Sentence], lacking: Collection[int], question: str) -> set[int]:
    """Which of the statements `lacking` (indices of `said`) only put a clause of the reply into other words.

    A clause that another statement repeats is taken already, and each clause serves once. What brings a figure of its
    own or more than a few words that neither clause nor question holds is no rewording.
    """
    parts = [clause for sentence in agent for clause in (clauses(sentence) or [sentence])]
    kept = [_matter(part.text) for part in parts]
    repeated = [set(alignment.stems(one.text)) for n, one in enumerate(said) if n not in lacking]
    free = [bool(own) and not any(len(own & other) >= _REPEATED * len(own) for other in repeated) for own in kept]
    known = alignment.heavy_stems(question)
    whole = set().union(*kept) if kept else set()
    figures = {value for values in alignment.numbers(" ".join(one.text for one in agent)).values() for value in values}
    found: set[int] = set()
    for n in sorted(lacking):
        text = said[n].text
        own = _matter(text)
        mine = {value for values in alignment.numbers(text).values() for value in values}
        new = {
            stem for stem in own
            if not alignment.is_light(stem) and stem not in known and not any(alike(stem, other) for other in whole)
        }  # fmt: skip
        if not own or not mine <= figures or len(new) > _MOST_NEW:
            continue
        denied = alignment.negates(text)
        for at, clause in enumerate(kept):
            if denied != alignment.negates(parts[at].text) and len(own & clause) >= _SAME_MATTER:
                continue
            linked = {stem for stem in own - known if any(alike(stem, other) for other in clause - known)}
            if free[at] and linked and len(new) <= 2 * len(linked):
                free[at] = False
                found.add(n)
                break
    return found
