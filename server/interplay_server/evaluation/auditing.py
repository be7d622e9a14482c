"""A judge measured against people: labelled pairs, judged in both orders and compared with the labels."""

import asyncio
import hashlib
from collections.abc import Sequence

import msgspec

from interplay_server.domain.evaluation import CHALLENGER, MODEL, PRODUCTION, TIE, Ordered
from interplay_server.domain.evaluation_config import EvaluationConfig
from interplay_server.evaluation.judges import Judge, PairCase
from interplay_server.evaluation.pairs import OrderFailure, Orders, both_orders, is_down, taken_together
from interplay_server.evaluation.statistics import agreement as agree
from interplay_server.evaluation.statistics.audit import Audit, AuditLimits, audit
from interplay_server.evaluation.statistics.calibration import Calibration, calibration
from interplay_server.evaluation.statistics.estimates import Estimate
from interplay_server.evaluation.statistics.judge_bias import (
    FIRST,
    SECOND,
    Positions,
    Shift,
    favour,
    first_share,
    positions,
    verbosity,
)
from interplay_server.evaluation.statistics.length import longer_wins
from interplay_server.evaluation.statistics.votes import LOSS, WIN

MOST_KEPT = 4000
_LABEL = {PRODUCTION: agree.A, CHALLENGER: agree.B, TIE: agree.TIE}
_VALUE = {PRODUCTION: LOSS, CHALLENGER: WIN, TIE: 0}


class Labelled(msgspec.Struct, frozen=True):
    """A pair and what people say of it; families are those of the models that wrote the answers."""

    case: PairCase
    label: str
    production_family: str = ""
    challenger_family: str = ""


class KeptOrders:
    """What judges said of labelled pairs, the latest of them: an audit that a model broke off goes on where it was."""

    def __init__(self) -> None:
        self._kept: dict[bytes, Orders] = {}

    def get(self, key: bytes) -> Orders | None:
        return self._kept.get(key)

    def put(self, key: bytes, orders: Orders) -> None:
        if len(self._kept) >= MOST_KEPT:
            del self._kept[next(iter(self._kept))]
        self._kept[key] = orders

    @staticmethod
    def key(tenant: str, judge: Judge, case: PairCase) -> bytes:
        """Of everything that the judge sees."""
        return hashlib.blake2b(msgspec.msgpack.encode((tenant, judge.digest, case)), digest_size=16).digest()


class AuditFound(msgspec.Struct, frozen=True, kw_only=True):
    pairs: int
    failed: int
    agreement: agree.Agreement
    places: Positions
    first: Estimate
    longer: Estimate
    human_longer: Estimate
    own: Shift | None
    calibration: Calibration
    audit: Audit


async def judge_labelled(
    judge: Judge, pairs: Sequence[Labelled], config: EvaluationConfig, *, kept: KeptOrders, tenant: str
) -> list[tuple[Labelled, Ordered, Ordered]]:
    """Both orders of every pair that can be judged, those that a model judged from what was kept. Raises ModelFailure
    where the model is down; what was judged is kept.
    """
    limit = asyncio.Semaphore(config.max_concurrent)
    down: list[OrderFailure] = []

    async def one(pair: Labelled) -> tuple[Labelled, Ordered, Ordered] | None:
        key = kept.key(tenant, judge, pair.case)
        async with limit:
            orders = kept.get(key)
            if orders is None and not down:
                try:
                    orders = await both_orders(judge, pair.case)
                except OrderFailure as failure:
                    if is_down(failure):
                        down.append(failure)
                else:
                    if judge.method == MODEL:
                        kept.put(key, orders)
        return None if orders is None else (pair, orders.first, orders.second)

    found = await asyncio.gather(*map(one, pairs))
    if down:
        raise down[0]
    return [judged for judged in found if judged is not None]


def make_audit(
    judged: Sequence[tuple[Labelled, Ordered, Ordered]],
    *,
    failed: int,
    judge_family: str,
    config: EvaluationConfig,
) -> AuditFound:
    confidence = config.confidence
    human = [pair.label for pair, _, _ in judged]
    taken = [taken_together(first, second) for _, first, second in judged]
    found = [winner for winner, *_ in taken]
    labels = ([_LABEL[one] for one in human], [_LABEL[one] for one in found])
    lengths = [(len(pair.case.production), len(pair.case.challenger)) for pair, _, _ in judged]
    agreement = agree.agreement(*labels, confidence=confidence)
    places = positions([(_place(first), _place(second)) for _, first, second in judged], confidence)
    longer = [float(two - one) for one, two in lengths]
    # Here the judge comes first: it is how much more it favours a side than people do.
    one_by_one = ([float(one) for one, _ in lengths], [float(two) for _, two in lengths])
    length = verbosity(*labels[::-1], *one_by_one, confidence)
    own = None
    if judge_family:
        sides = [_side(pair, judge_family) for pair, _, _ in judged]
        own = favour(*labels[::-1], sides, confidence) if any(sides) else None
    sure = [0.5 + magnitude / 2 for winner, _, magnitude, *_ in taken if winner != TIE]
    right = [float(one == other) for one, other in zip(human, found, strict=True) if other != TIE]
    limits = AuditLimits(least_kappa=config.min_kappa, most_flips=config.max_flip_rate)
    return AuditFound(
        pairs=len(judged),
        failed=failed,
        agreement=agreement,
        places=places,
        first=first_share([_place(one) for _, *both in judged for one in both], confidence),
        longer=longer_wins([_VALUE[one] for one in found], longer, confidence),
        human_longer=longer_wins([_VALUE[one] for one in human], longer, confidence),
        own=own,
        calibration=calibration(sure, right, confidence=confidence),
        audit=audit(agreement, places=places, length=length, own=own, limits=limits),
    )


def _place(one: Ordered) -> str:
    """Which place the judge picked in this order."""
    if one.winner == TIE:
        return agree.TIE
    return FIRST if (one.winner == PRODUCTION) == one.production_first else SECOND


def _side(pair: Labelled, family: str) -> str | None:
    """The answer that the judge's own family wrote; None where neither or both are."""
    own = (pair.production_family == family, pair.challenger_family == family)
    return {(True, False): agree.A, (False, True): agree.B}.get(own)
