"""Pushes rows to the online store as they are computed anew: python push.py HOST:PORT [CHANGES], for ever without."""

import itertools
import sys
from pathlib import Path

import pandas as pd
from feast import FeatureStore
from interplay import FeatureRow, Interplay

REPOSITORY = Path(__file__).parent / "feature_repo"


def record(row: FeatureRow) -> dict[str, object]:
    keys = {"customer_id": row.customer_id, "product_id": row.product_id}
    return {**keys, **row.features, "as_of": row.as_of, "computed_at": row.computed_at}


def main(target: str, changes: str = "") -> None:
    store = FeatureStore(repo_path=str(REPOSITORY))
    with Interplay(target) as client:
        followed = (change for change in client.watch_features() if change.rows)
        for change in itertools.islice(followed, int(changes) if changes else None):
            rows = pd.DataFrame([record(row) for row in change.rows])
            store.push("pushed_interactions", rows)
            print(f"pushed {len(rows)}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
