"""What the tests of moving share: files that other systems wrote, unpacked, and clients of empty tenants."""

import tarfile
from pathlib import Path

from interplay.moving import MemoryImport

HERE = Path(__file__).parent / "moving"


def unpacked(name, folder):
    """The files of an archive that the real library wrote; moving/make_NAME.py makes it again."""
    with tarfile.open(HERE / f"{name}.tar.gz") as archive:
        archive.extractall(folder, filter="data")
    return folder / name


async def everything(client, user_id=""):
    """Whatever a tenant, or one of its users, has: interactions, profiles, user playbooks, agent playbooks."""
    return (
        [row async for row in client.list_interactions(user_id=user_id, view="full")],
        [row async for row in client.list_profiles(user_id)],
        [row async for row in client.list_user_playbooks(user_id)],
        [] if user_id else [row async for row in client.list_agent_playbooks()],
    )


async def imported(client, records, **how):
    return await MemoryImport(client, records, **how).wait()
