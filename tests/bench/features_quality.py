"""How well two scores tell which sessions end in a purchase, on public sessions of a shop (Sakar et al., 2018).

The definitions are not fitted to it: intent is nearly a function of the page count there. Without the data it says so.
"""

import numpy as np
from interplay_server.features import kernel
from interplay_server.features.inputs import inputs

from tests.bench.common import Plan, say
from tests.bench.table import Row
from tests.support import shop_data

START, DAY = 1_740_000_000_000_000, 86_400_000_000


def auc(scores: np.ndarray, bought: np.ndarray) -> float:
    """Chance that a session that bought scores above one that did not; ties count one half."""
    _, place, count = np.unique(scores, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    rank = (last - (count - 1) / 2)[place]
    positive = int(bought.sum())
    return float((rank[bought].sum() - positive * (positive + 1) / 2) / (positive * (len(bought) - positive)))


def measure(plan: Plan | None = None) -> list[Row]:
    data = shop_data.folder("online_shoppers")
    if data is None:
        say("features-quality: the online_shoppers data are not there (INTERPLAY_DATA)")
        return []
    sessions = shop_data.shopper_sessions(data)
    bought = np.array([row["Revenue"] == "TRUE" for row in sessions])
    table = kernel.compute(inputs(shop_data.shopper_events(sessions, START)), START + DAY)
    rows = {row["customer_id"]: row for row in table.to_pylist()}

    def score(name: str) -> np.ndarray:
        return np.array([rows.get(f"shopper{n}", {}).get(name) or 0.0 for n in range(len(sessions))])

    def column(name: str) -> np.ndarray:
        return np.array([float(row[name]) for row in sessions])

    pages, seconds = auc(column("ProductRelated"), bought), auc(column("ProductRelated_Duration"), bought)
    exits = auc(-column("ExitRates"), bought)
    limit = f"pages {pages:.3f}, seconds {seconds:.3f}, low exit rate {exits:.3f}"
    return [
        Row(f"{name}: AUC of a purchase, {len(sessions)} sessions", f"{auc(score(name), bought):.3f}", limit)
        for name in ("intent_score", "engagement_score")
    ]
