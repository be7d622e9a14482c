"""Dialogues that somebody speaks in, or that were given what was learnt of them."""

from collections.abc import Sequence

from interplay_server.dialogue.store import DialogueStore, Wanted
from interplay_server.domain import journal
from interplay_server.domain.dialogue import DIALOGUES, JOBS
from interplay_server.domain.records import Removal
from interplay_server.domain.writing import commit

_LEAST_WORDS = 16
"""Characters of a statement that is looked for: shorter ones stand everywhere."""
_PAGE = 500


async def resting_on(dialogues: DialogueStore, user_ids: Sequence[str], statements: Sequence[str]) -> list[str]:
    """Ids of dialogues that were played as one of these people or whose record quotes one of the statements."""
    named = set(user_ids)
    quoted = [one.encode() for one in {one.strip() for one in statements} if len(one) >= _LEAST_WORDS]
    found: list[str] = []
    records, order = dialogues.store.records, ("dialogue_id",)
    after: tuple[str, ...] = ()
    while True:
        page = await records.table(
            DIALOGUES, columns=("dialogue_id", "persona_id", "record"), order=order, after=after, limit=_PAGE
        )
        found += [
            row["dialogue_id"]
            for row in page.to_pylist()
            if row["persona_id"] in named or any(one in row["record"] for one in quoted)
        ]
        if page.num_rows < _PAGE:
            return found
        after = (page["dialogue_id"][-1].as_py(),)


async def erase_dialogues(dialogues: DialogueStore, ids: Sequence[str], user_ids: Sequence[str]) -> int:
    """With their turns, and what jobs that name these people were asked for."""
    for at in range(0, len(ids), _PAGE):
        await dialogues.delete(Wanted(dialogue_ids=tuple(ids[at : at + _PAGE])))
    found = await dialogues.store.records.table(JOBS, columns=("operation_id", "request", "state"))
    named = [one.encode() for one in user_ids]
    jobs = tuple(
        row["operation_id"]
        for row in found.to_pylist()
        if any(one in (row["request"] or b"") or one in (row["state"] or b"") for one in named)
    )
    if jobs:
        await commit(dialogues.store, journal.Recorded(removed=(Removal(JOBS.name, "operation_id", jobs),)))
    return len(ids)
