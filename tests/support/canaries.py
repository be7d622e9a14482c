"""Canaries: one person's traces put through every service, and a scan that finds what is left of them.

The scan decodes every LanceDB table at every version it still has, every table of every SQLite database, and searches
the bytes of every file, free pages and write-ahead logs included, for the canaries in many encodings.
"""

import asyncio
import contextlib
import os
import shutil
import signal
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

import lancedb

from tests.service.evaluation_kit import SUCCESS
from tests.service.kit import PNG, admin_pb, data, eval_pb, feature_pb, ipb, operation_pb, shop_pb
from tests.service.learning_kit import agent, turns, user
from tests.service.monitor_kit import Monitor
from tests.service.shop_kit import Shop, event, order
from tests.storage.monitor_scan import _plain, found_in

WORD = "xylocanary"
"""In every text of the person, and in nobody else's."""
IMAGE = PNG + b"XYLOCANARY-PIXELS" * 8


def plant(api, person, *, guest="", word=WORD, image=IMAGE):
    """Puts `word` and the person's id through every service; gives ids of what a test may ask for afterwards."""
    shop, monitor = Shop(api), Monitor(api)
    made = api.PublishInteractions(
        turns(
            data(f"My {word} is broken and I live in {word} street.", role="User", image=image),
            agent(
                f"Please restart the {word}.", shadow_content=f"Buy a new {word}.", expert_content=f"Clean the {word}."
            ),
            user(f"I prefer {word} tea. Always answer me in {word} words."),
            data("", role="User", user_action=ipb.USER_ACTION_CLICK, user_action_description=f"clicked {word}"),
            user=person,
            session=f"session-{person}",
            request_id=f"request-{person}",
            metadata={"of": word},
            session_finished=True,
        )
    )
    ids = list(made.interaction_ids)
    stream = api.stream(stream_id=f"stream-{person}", user_id=person, session_id=f"streamed-{person}")
    stream.append(f"streamed {word}", offset=0)
    stream.finish()
    api.annotate(ids[1], expert_content=f"Dust the {word} first.", comment=f"the {word} again", annotator="reviewer")
    api.profile(f"owns a {word}", user=person)
    api.lesson(f"ask about the {word} first", trigger=f"when {word} is named", user=person, agent_id="support")
    shop.record(
        event(customer=person, product="kettle", session_id=word, user_id=person),
        event(customer=person, product="kettle", client_id=f"client-{word}", kind="customer_linked"),
        event(customer="", product="kettle", client_id=f"client-{word}"),
    )
    shop.orders(order(f"order-{word}", product="kettle", customer=person))
    shop.links((f"client-{word}", person, 1))
    api.UpsertCustomers(
        feature_pb.UpsertCustomersRequest(
            customers=[shop_pb.Customer(customer_id=person, email=f"{word}@example.org", first_name=word)]
        )
    )
    shop.get(person, "kettle")
    monitor.record("deploy", person, status=2, error_message=f"{word} failed", session_id=f"usage-{word}")
    api.report(person, f"session-{person}", SUCCESS, comment=f"glad about {word}", action=word, reporter="desk")
    if guest:
        api.PublishInteractions(turns(f"as a guest: {word}", user=guest, session=f"session-{guest}"))
        api.LinkUsers(admin_pb.LinkUsersRequest(guest_id=guest, account_id=person))
    api.ended(api.EvaluateSessions(_sessions_of(person)).operation.operation_id)
    list(api.ComputeInteractionFeatures(feature_pb.ComputeInteractionFeaturesRequest()))
    list(api.ExportInteractionFeatures(feature_pb.ExportInteractionFeaturesRequest(format=1)))
    monitor.exported()
    api.applied()
    return ids


def _sessions_of(person):
    return eval_pb.EvaluateSessionsRequest(filter=eval_pb.SessionFilter(user_id=person), again=True)


def erased(api, person, **fields):
    """Erases somebody and waits for it: the operation and the receipt."""
    answer = api.EraseUser(admin_pb.EraseUserRequest(user_id=person, **fields))
    operation = ended(api, answer.operation.operation_id)
    [receipt, *_] = api.ListErasures(admin_pb.ListErasuresRequest(user_id=person)).erasures
    return operation, receipt


def ended(api, operation_id):
    *_, last = api.WatchOperation(operation_pb.WatchOperationRequest(operation_id=operation_id))
    return last.operation


def remains(server, canaries):
    """(where, canary, form) of every canary in a server's folder as it is now."""
    with tempfile.TemporaryDirectory() as copy:
        folder = Path(copy) / "data"
        if server.process is not None:
            os.kill(server.pid, signal.SIGSTOP)
        try:
            shutil.copytree(server.data, folder, ignore=shutil.ignore_patterns(".backups"))
        finally:
            if server.process is not None:
                os.kill(server.pid, signal.SIGCONT)
        hits = remains_in(folder, canaries)
    return hits | (unlinked(server.pid, canaries) if server.process is not None else set())


def unlinked(pid, canaries):
    """As `remains`, of files that are deleted and still open: their bytes are on the disk until they are closed."""
    hits = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            if (name := str(link.readlink())).endswith(" (deleted)"):
                hits |= {(name, *one) for one in found_in(link.read_bytes(), canaries)}
    return hits


def remains_in(folder, canaries):
    """As `remains`, of a folder that nobody writes to but the scan."""
    hits = set()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            hits |= {(path.relative_to(folder).as_posix(), *one) for one in found_in(path.read_bytes(), canaries)}
    for name, text in decoded(folder):
        hits |= {(name, *one) for one in found_in(text, canaries)}
    return hits


def decoded(folder):
    """(name, bytes) of every version of every table of both kinds of databases."""
    for path in folder.rglob("*.sqlite3"):
        with closing(sqlite3.connect(path)) as db:
            for (table,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                yield f"{path.name}:{table}", _plain(db.execute(f"SELECT * FROM {table}").fetchall())
    for parent in sorted({path.parent for path in folder.rglob("*.lance") if path.is_dir()}):
        yield from asyncio.run(_tables(parent))


async def _tables(folder):
    db, made = await lancedb.connect_async(str(folder)), []
    for name in (await db.list_tables()).tables:
        table = await db.open_table(name)
        for version in [one["version"] for one in await table.list_versions()]:
            await table.checkout(version)
            try:
                rows = await table.query().to_arrow()
            except RuntimeError as error:
                if "Not found" not in str(error):
                    raise
                continue  # an old version that was being pruned when the folder was copied
            made.append((f"{folder.name}/{name}@{version}", _plain(rows.to_pylist())))
    return made


def stale(folder, since):
    """Index files and versions of tables that are older than `since`, in seconds since 1970, or that no index needs:
    an index keeps words of rows that were deleted after it was made.
    """
    return asyncio.run(_stale(folder, since))


async def _stale(folder, since):
    found, db = [], await lancedb.connect_async(str(folder))
    for name in (await db.list_tables()).tables:
        table, root = await db.open_table(name), folder / f"{name}.lance"
        indexes = [path for path in (root / "_indices").glob("*") if path.is_dir()]
        found += [f"{name}: {path.name}" for path in indexes if path.stat().st_mtime < since]
        if len(indexes) > len(await table.list_indices()):
            found.append(f"{name}: {len(indexes)} indexes")
        if list((root / "_deletions").glob("*")):
            found.append(f"{name}: deleted rows in its files")
    return found
