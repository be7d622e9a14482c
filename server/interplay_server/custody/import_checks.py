"""What must hold of the rows of an export together, before any of them is written."""

from collections.abc import Callable, Iterable
from typing import Any

from interplay_server.custody.import_files import Staged, invalid
from interplay_server.domain.dialogue import DIALOGUES
from interplay_server.domain.interaction import ACTIONS, BOTH, MAX_BATCH, MAX_TEXT, PRODUCTION, SHADOW
from interplay_server.domain.ports import TenantStore
from interplay_server.domain.records import Collection, among
from interplay_server.domain.roles import AGENT, SYSTEM, USER
from interplay_server.domain.shop import ORDERS

MAX_ID = 256
_MANIFEST = "manifest.json"
_ROLES = frozenset({USER, AGENT, SYSTEM, ""})
_AT_ONCE = 1000
_OWNERS: dict[str, Callable[[Any], Iterable[str]]] = {
    "interactions": lambda one: [one.header.user_id],
    "profiles": lambda one: [one.user_id],
    "user_playbooks": lambda one: [one.user_id],
    "learning_changes": lambda one: [one.user_id],
    "learning_windows": lambda one: [one.user_id],
    "learning_cursors": lambda one: [one.key.user_id],
    "learners": lambda one: [one.user_id],
    "session_outcomes": lambda one: [one.user_id],
    "session_evaluations": lambda one: [one.user_id],
    "pair_verdicts": lambda one: [one.user_id],
    "experiment_exposures": lambda one: [one.user_id],
    "customers": lambda one: [one.customer_id],
    "orders": lambda one: [one.customer_id],
    "identity_links": lambda one: [one.customer_id],
    "monitor_events": lambda one: [one.user_id],
    "monitor_consents": lambda one: [one.user_id],
    "dialogues": lambda one: [one.persona.persona_id],
    "user_links": lambda one: [one.guest_id, one.account_id],
}
_KEYS: dict[str, Callable[[Any], Any]] = {
    "interactions": lambda one: one.interaction_id,
    "annotations": lambda one: one.annotation_id,
    "profiles": lambda one: one.row_id,
    "user_playbooks": lambda one: one.row_id,
    "learning_changes": lambda one: one.change_id,
    "learning_windows": lambda one: one.window_id,
    "orders": lambda one: one.order_id,
    "dialogues": lambda one: one.dialogue_id,
    "user_links": lambda one: one.guest_id,
}


def check(staged: Staged) -> None:
    """Raises InvalidRequest for the first row that breaks a rule."""
    ids = staged.user_ids
    if not ids or len(set(ids)) != len(ids) or not all(0 < len(one) <= MAX_ID and one.strip() for one in ids):
        raise invalid(_MANIFEST, f"user_ids must be different ids of 1 to {MAX_ID} characters")
    known = frozenset(ids)
    for name, rows in staged.rows.items():
        owners, key, seen = _OWNERS.get(name), _KEYS.get(name), set[Any]()
        for line, one in enumerate(rows, 1):
            if owners is not None and not known.issuperset(owners(one)):
                raise invalid(f"{name}.jsonl", "is about somebody who is not in user_ids of the manifest", line)
            if key is not None:
                if key(one) in seen:
                    raise invalid(f"{name}.jsonl", "has an id that another line has", line)
                seen.add(key(one))
    _check_interactions(staged)
    _check_shop(staged, known)
    _check_rest(staged, ids)


def _check_interactions(staged: Staged) -> None:
    seqs: set[int] = set()
    requests: dict[Any, int] = {}
    for line, one in enumerate(staged.rows.get("interactions", ()), 1):
        data, header = one.data, one.header
        wrong = ""
        if one.seq <= 0 or one.seq in seqs:
            wrong = "seq must be positive and its own"
        elif not header.session_id or not header.request_id:
            wrong = "header must have a session_id and a request_id"
        elif data.role_class not in _ROLES or data.user_action not in ACTIONS:
            wrong = "role_class or user_action is none of those there are"
        elif header.learn_from not in ("", PRODUCTION, SHADOW, BOTH):
            wrong = "header.learn_from is none of those there are"
        elif max(map(len, (data.content, data.shadow_content, data.expert_content))) > MAX_TEXT:
            wrong = f"a text must have at most {MAX_TEXT} characters"
        elif data.image is not None and not _has_image(staged, data.image.sha256):
            wrong = "its image is not among the files"
        if wrong:
            raise invalid("interactions.jsonl", wrong, line)
        seqs.add(one.seq)
        place = (header.request_id, header.session_id, header.user_id, one.publish_time)
        requests[place] = requests.get(place, 0) + 1
        if requests[place] > MAX_BATCH:
            raise invalid("interactions.jsonl", f"a request must have at most {MAX_BATCH} interactions", line)


def _has_image(staged: Staged, sha256: str) -> bool:
    return sha256 in staged.images or sha256 in staged.manifest.missing_images


def _check_shop(staged: Staged, known: frozenset[str]) -> None:
    clients = {one.client_id for one in staged.rows.get("identity_links", ())}
    for line, one in enumerate(staged.rows.get("shop_events", ()), 1):
        mine = one.customer_id in known or one.user_id in known or (not one.customer_id and one.client_id in clients)
        if not mine:
            raise invalid("shop_events.jsonl", "is about somebody who is not in user_ids of the manifest", line)
        if not one.event_id or ord(min(one.event_id)) < ord(" "):
            raise invalid("shop_events.jsonl", "event_id must not hold control characters", line)


def _check_rest(staged: Staged, ids: tuple[str, ...]) -> None:
    dialogues = {one.dialogue_id for one in staged.rows.get("dialogues", ())}
    for line, one in enumerate(staged.rows.get("dialogue_turns", ()), 1):
        if one.dialogue_id not in dialogues:
            raise invalid("dialogue_turns.jsonl", "is of a dialogue that is not in the export", line)
    for line, one in enumerate(staged.rows.get("user_links", ()), 1):
        if one.account_id != ids[0] or one.guest_id == ids[0]:
            raise invalid("user_links.jsonl", "must link a guest to the first of user_ids", line)
    for name, kinds in (("learning_changes", ("profile", "user_playbook")),):
        for line, one in enumerate(staged.rows.get(name, ()), 1):
            parts = [part for part in (one.before, one.after) if part is not None]
            if one.kind not in kinds or any(part.row_id != one.row_id or not _is(part, one.kind) for part in parts):
                raise invalid(f"{name}.jsonl", "kind, before and after must be of the same row", line)


def _is(row: Any, kind: str) -> bool:
    return bool(row.__struct_config__.tag == kind)


async def taken_elsewhere(store: TenantStore, staged: Staged) -> None:
    """Raises InvalidRequest for an id that is somebody else's here."""
    for name, collection, rows in (
        ("orders", ORDERS, [one.order_id for one in staged.rows.get("orders", ())]),
        ("dialogues", DIALOGUES, [one.dialogue_id for one in staged.rows.get("dialogues", ())]),
    ):
        if (line := await _first_held(store, collection, rows)) is not None:
            raise invalid(f"{name}.jsonl", "its id is taken here", line)


async def _first_held(store: TenantStore, collection: Collection, keys: list[str]) -> int | None:
    """The line of the first key that there is."""
    for at in range(0, len(keys), _AT_ONCE):
        found = await store.records.table(
            collection, [among(collection.key, keys[at : at + _AT_ONCE])], columns=(collection.key,)
        )
        there = set(found[collection.key].to_pylist())
        for line, key in enumerate(keys[at : at + _AT_ONCE], at + 1):
            if key in there:
                return line
    return None
