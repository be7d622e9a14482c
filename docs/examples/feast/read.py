"""Reads from Feast: python read.py CUSTOMER PRODUCT INSTANT..., the features at each instant and those served now."""

import sys
from pathlib import Path

import pandas as pd
from feast import FeatureStore

NAMES = ["interactions:total_views", "interactions:purchases", "interactions:intent_score"]


def main(customer: str, product: str, *instants: str) -> None:
    store = FeatureStore(repo_path=str(Path(__file__).parent / "feature_repo"))
    labels = pd.DataFrame(
        {
            "customer_id": customer,
            "product_id": product,
            "event_timestamp": pd.to_datetime(list(instants), utc=True),
        }
    )
    history = store.get_historical_features(entity_df=labels, features=NAMES).to_df()
    for row in history.sort_values("event_timestamp").itertuples():
        print(f"{row.event_timestamp:%Y-%m-%d}", row.total_views, row.purchases, round(row.intent_score, 3))
    pair = {"customer_id": customer, "product_id": product}
    served = store.get_online_features(features=NAMES, entity_rows=[pair]).to_dict()
    print("online", *(served[name.partition(":")[2]][0] for name in NAMES[:2]), served["intent_score"][0])


if __name__ == "__main__":
    main(*sys.argv[1:])
