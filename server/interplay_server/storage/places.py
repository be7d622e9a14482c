"""Where LanceDB tables lie: a folder (`Path`), or a prefix of a bucket, which answers what is asked of a folder."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Place:
    uri: str
    options: Mapping[str, str] = field(repr=False)
    """Of LanceDB's storage; with secrets."""

    def __truediv__(self, name: str) -> "Place":
        return Place(f"{self.uri}/{name}", self.options)

    def __str__(self) -> str:
        return self.uri

    def is_dir(self) -> bool:
        """A prefix needs no making."""
        return True


def options_of(place: Path | Place) -> dict[str, str] | None:
    return dict(place.options) if isinstance(place, Place) else None
