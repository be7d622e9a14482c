"""The verdict of the evidence on a pair of statements."""

import numpy as np

from interplay_server.learning.meaning.evidence import Evidence, evidence
from interplay_server.learning.meaning.gist import Gist
from interplay_server.learning.meaning.nearness import Words
from interplay_server.learning.meaning.verdict import Found, Verdict
from interplay_server.learning.meaning.weights import NAMES, WEIGHTS

_ORDER = (Verdict.SAME, Verdict.MORE, Verdict.CONTRARY, Verdict.OTHER)
_LEAST = {Verdict.SAME: 0.7, Verdict.MORE: 0.5, Verdict.CONTRARY: 0.8}
"""Probability from which a verdict that changes what is stored is given against the table's; chosen in cross-validation
over the pairs of the fit, where 95 % of such verdicts were right."""
_KEPT = 0.1
"""Probability below which a verdict of the table is dropped: its parts are surer than what is likely."""
_SWAPPED = 0.4
"""Cosine below which two words in one frame say different things."""
_UNRELATED = 0.25
"""Cosine below which statements that share nothing are not looked at."""
_REMOTE = 0.15
"""Cosine below which only the parts of two statements can make them contrary."""


def judge(new: Gist, old: Gist, cosine: float, table: Found, words: Words) -> Found:
    """The most probable verdict, where it is probable enough and nothing forbids it; else OTHER.

    The evidence is weighed by a multinomial logistic regression. Some things no probability outweighs: statements
    whose numbers, names, polarity or subject disagree never merge, and only what is tied together is contrary.

    Args:
        new: the later statement.
        old: the known one.
        cosine: of the two texts.
        table: what the parts of the statements decide, and why.
        words: vectors of single words.
    """
    apart = not (new.words & old.words or new.names & old.names or new.families & old.families)
    if table[0] is Verdict.OTHER and apart and cosine < _UNRELATED:
        return table
    found = evidence(new, old, cosine, table[0], words)
    scores = np.array([found[name] for name in NAMES]) @ WEIGHTS
    odds = np.exp(scores - scores.max())
    shares = dict(zip(_ORDER, (odds / odds.sum()).tolist(), strict=True))
    best = max((v for v in _LEAST if not _forbidden(v, found)), key=shares.__getitem__, default=Verdict.OTHER)
    mine = Verdict.SAME if table[0] is Verdict.LESS else table[0]
    likely = best is not Verdict.OTHER and shares[best] >= _LEAST[best]
    if mine is best or (mine is not Verdict.OTHER and not (likely and shares[best] > shares[mine])):
        return table if mine is Verdict.OTHER or shares[mine] >= _KEPT else (Verdict.OTHER, "too little speaks for it")
    if not likely:
        return Verdict.OTHER, "too little speaks for it"
    return best, f"{_REASONS[best]}, {shares[best]:.0%} sure"


_REASONS = {
    Verdict.SAME: "same in other words",
    Verdict.MORE: "says more in other words",
    Verdict.CONTRARY: "cannot hold together",
}


def _forbidden(verdict: Verdict, found: Evidence) -> bool:
    """What no probability outweighs."""
    if verdict is Verdict.CONTRARY:
        return _forbids_contrary(found)
    if any(found[name] for name in ("differ", "named", "turned", "clash", "holder", "attitude")):
        return True
    if found["less" if verdict is Verdict.MORE else "more"]:
        return True
    return bool(found["swapped_frame"]) and found["rest"] < _SWAPPED


def _forbids_contrary(found: Evidence) -> bool:
    if found["holder"] or (found["former"] and not found["ended"]):
        return True
    if found["table_contrary"]:
        return False
    if found["added"] or found["qualified_both"] or found["former"] or found["cosine"] < _REMOTE:
        return True
    return not (found["tie"] or found["turned"])
