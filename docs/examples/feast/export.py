"""Exports the features as they were at some instants: python export.py HOST:PORT 2025-01-20 2025-01-27 ..."""

import sys
from datetime import UTC, datetime
from pathlib import Path

from interplay import Interplay

FOLDER = Path(__file__).parent / "feature_repo" / "data" / "interactions"


def main(target: str, *days: str) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with Interplay(target) as client:
        for day in days:
            instant = datetime.fromisoformat(day).replace(tzinfo=UTC)
            made = client.export_features(FOLDER / f"{day}.parquet", as_of=instant)
            print(f"{day}: {made.row_count} rows, {made.size} bytes")


if __name__ == "__main__":
    main(*sys.argv[1:])
