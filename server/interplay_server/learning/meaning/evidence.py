"""What speaks for and against each relation of two statements, as numbers by name.

Most are 0 or 1; coverages and cosines lie in [-1, 1], counts are halved and end at 2.
"""

import math

from interplay_server.learning.meaning.alignment import Alignment, align
from interplay_server.learning.meaning.attributes import LIGHT
from interplay_server.learning.meaning.gist import GENERIC, Gist
from interplay_server.learning.meaning.likeness import with_wider
from interplay_server.learning.meaning.nearness import Words
from interplay_server.learning.meaning.unordered import compare_gists, quantities, same_attitude
from interplay_server.learning.meaning.verdict import Verdict

_LIGHT = LIGHT | {"@use", "@live_in", "@prefer", "@want"}
_ATTITUDES = {"like", "afraid", "ill"}
_SAME = (Verdict.SAME, Verdict.LESS)

Evidence = dict[str, float]


def evidence(new: Gist, old: Gist, cosine: float, table: Verdict, words: Words) -> Evidence:
    """The evidence on a pair.

    Args:
        new: the later statement.
        old: the known one.
        cosine: of the two texts.
        table: what the parts of the statements, laid side by side, decide.
        words: vectors of single words.
    """
    fit = align(new, old, words)
    loose = compare_gists(new, old, words)[0]
    found: Evidence = {"bias": 1.0, "cosine": cosine}
    found |= _of_words(new, old, fit)
    found |= _of_names_and_quantities(new, old, fit)
    found |= _of_attributes(new, old, fit, cosine)
    found |= _of_time(new, old, fit)
    found |= _of_polarity(new, old, fit)
    found |= _of_grammar(new, old, fit, cosine)
    for name, verdict in (("table", table), ("loose", loose)):
        found[name + "_same"] = verdict in _SAME
        found[name + "_more"] = verdict is Verdict.MORE
        found[name + "_contrary"] = verdict is Verdict.CONTRARY
    return found


def _tied(new: Gist, old: Gist) -> bool:
    """Whether both share a word that says something, a name or an attribute."""
    return bool((new.words & old.words) - GENERIC or new.names & old.names or new.families & old.families)


def _of_words(new: Gist, old: Gist, fit: Alignment) -> Evidence:
    mine, yours = fit.lone
    both = bool(mine and yours)
    frame = new.predicate == old.predicate
    common = len(new.words & old.words)
    return {
        "covered": fit.covered[0],
        "back": fit.covered[1],
        "both": min(fit.covered),
        "worst": fit.worst[0],
        "worst_back": fit.worst[1],
        "rest": fit.rest,
        "lone_new": min(mine, 4) / 2,
        "lone_old": min(yours, 4) / 2,
        "none_new": not mine,
        "none_old": not yours,
        "none": not mine and not yours,
        "lone_both": both,
        "lone_rest": both * fit.rest,
        "lone_frame": both and frame,
        "lone_tie": both and bool((new.words & old.words) - GENERIC),
        "swapped": fit.lone == (1, 1),
        "swapped_frame": fit.lone == (1, 1) and frame,
        "swapped_rest": (fit.lone == (1, 1)) * fit.rest,
        "clash": fit.clash,
        "kin": fit.kin,
        "clash_back": (fit.clash or fit.kin) * fit.covered[1],
        "common": min(common, 4) / 2,
        "nothing": not common and not new.names & old.names,
        "tie": _tied(new, old),
    }


def _of_names_and_quantities(new: Gist, old: Gist, fit: Alignment) -> Evidence:
    mine, yours = bool(new.names - old.words), bool(old.names - new.words)
    differ, more, less = quantities(new, old)
    return {
        "named_new": mine,
        "named_old": yours,
        "named": mine and yours,
        "named_one": mine != yours,
        "names": min(len(new.names & old.names), 2),
        "differ": differ,
        "more": more,
        "less": less,
        "agree": bool(new.quantities) and not (differ or more or less),
        "differ_both": differ * min(fit.covered),
        "more_back": fit.covered[1] * (fit.lone[0] > fit.lone[1] or more),
    }


def _of_attributes(new: Gist, old: Gist, fit: Alignment, cosine: float) -> Evidence:
    shared = new.families & old.families
    single = any(family.single for family in shared)
    named = bool(new.names - old.words and old.names - new.words)
    qualified = bool((new.qualifiers ^ old.qualifiers) - new.denied - old.denied)
    return {
        "family": bool(shared),
        "single": single,
        "foreign": bool(new.families and old.families and not shared),
        "family_cosine": bool(shared) * cosine,
        "single_named": single and named,
        "single_kin": single and (fit.kin or fit.clash),
        "single_differ": single and quantities(new, old)[0],
        "single_rest": single * fit.rest,
        "single_lone": single and bool(fit.lone[0] and fit.lone[1]),
        "qualified": qualified,
        "qualified_family": qualified and bool(shared),
        "qualified_both": bool(new.qualifiers - old.words) and bool(old.qualifiers - new.words),
    }


def _of_time(new: Gist, old: Gist, fit: Alignment) -> Evidence:
    tied = bool((new.words & old.words) - GENERIC or new.names & old.names)
    common = len(new.words & old.words)
    names = len(new.names & old.names)
    return {
        "changed": new.changed,
        "changed_old": old.changed,
        "changed_tie": new.changed and _tied(new, old),
        "changed_common": new.changed * min(common + bool(new.families & old.families), 3) / 2,
        "added": new.added,
        "ended": new.ended,
        "ended_old": old.ended,
        "ended_common": (new.ended and not old.ended) * min(common, 3) / 2,
        "ending": new.ending,
        "ending_old": old.ending,
        "ending_tie": new.ending and not old.ending and tied,
        "ending_both": (new.ending or new.ended) and (old.ending or old.ended),
        "solved": new.solved and old.problem,
        "solved_tie": new.solved and tied and not old.solved,
        "event": new.event,
        "event_old": old.event,
        "event_both": new.event and old.event,
        "event_common": (new.event and not old.event) * min(common + names, 3) / 2,
        "former": new.former,
        "former_other": new.former != old.former,
        "former_lone": new.former and bool(fit.lone[0]),
        "past": new.past,
        "past_old": old.past,
    }


def _of_polarity(new: Gist, old: Gist, fit: Alignment) -> Evidence:
    turned = bool(new.denied & with_wider(old.stated) or old.denied & with_wider(new.stated))
    negation = bool(new.denied) != bool(old.denied)
    attitudes = _ATTITUDES - {"ill"} if new.denied & old.denied else _ATTITUDES
    return {
        "turned": turned,
        "turned_both": turned * min(fit.covered),
        "turned_max": turned * max(fit.covered),
        "negation": negation,
        "negation_covered": negation * fit.covered[0],
        "negation_back": negation * fit.covered[1],
        "denied_both": bool(new.denied & old.denied),
        "attitude": bool((new.modes ^ old.modes) & attitudes) and not same_attitude(new, old),
        "mode": new.modes == old.modes,
        "other_mode": bool(new.modes and old.modes and not new.modes & old.modes),
    }


def _of_grammar(new: Gist, old: Gist, fit: Alignment, cosine: float) -> Evidence:
    noun = bool(new.noun) and new.noun == old.noun
    return {
        "holder": new.holder != old.holder,
        "holder_cosine": (new.holder != old.holder) * cosine,
        "cosine_mode": cosine * (new.modes == old.modes),
        "predicate": new.predicate == old.predicate,
        "verbs": new.predicate != old.predicate and not {new.predicate, old.predicate} & _LIGHT,
        "same_noun": noun,
        "other_noun": bool(new.noun and old.noun) and not noun,
        "noun_lone": noun and bool(fit.lone[0] and fit.lone[1]),
        "noun_kin": noun and (fit.kin or fit.clash),
        "noun_named": noun and bool(new.names - old.words and old.names - new.words),
        "noun_differ": noun and quantities(new, old)[0],
        "heads": bool(new.heads & old.heads),
        "heads_old": bool(old.heads) and old.heads <= new.heads,
        "heads_new": bool(new.heads) and new.heads <= old.heads,
        "longer": math.log((1 + len(new.text)) / (1 + len(old.text))),
    }
