"""Makes mem0.tar.gz anew with the real mem0; run in an environment of its own, since mem0 wants an older protobuf:

    python -m venv scratch && scratch/bin/pip install mem0ai==2.2.1 chromadb==1.5.9 faiss-cpu==1.15.1
    scratch/bin/python tests/clients/moving/make_mem0.py

Written with mem0ai 2.2.1, qdrant-client 1.20.0, chromadb 1.5.9, faiss-cpu 1.15.1, Python 3.11. Ids and times are new
with every run. The embedder is swapped for a hash of words, and nothing is asked of a model.
"""

import hashlib
import json
import os
import shutil
import sys
import tarfile
import tempfile
from pathlib import Path

os.environ["MEM0_TELEMETRY"] = "False"
os.environ["MEM0_DIR"] = tempfile.mkdtemp()
os.environ["ANONYMIZED_TELEMETRY"] = "False"

from mem0 import Memory

HERE = Path(__file__).parent
DIMENSIONS = 8


class Words:
    """A vector for a text, without a model."""

    def embed(self, text, memory_action=None):
        digest = hashlib.sha256(text.encode()).digest()
        return [(byte - 127.5) / 128 for byte in digest[:DIMENSIONS]]

    def embed_batch(self, texts, memory_action=None):
        return [self.embed(text) for text in texts]


def opened(folder, store):
    config = {"collection_name": "memories", "path": str(folder / store)}
    if store != "chroma":
        config["embedding_model_dims"] = DIMENSIONS
    memory = Memory.from_config(
        {
            "vector_store": {"provider": store, "config": config},
            "llm": {"provider": "openai", "config": {"api_key": "none"}},
            "embedder": {"provider": "openai", "config": {"api_key": "none"}},
            "history_db_path": str(folder / f"{store}-history.db"),
        }
    )
    memory.embedding_model = Words()
    return memory


def fact(memory, text, user, **metadata):
    """As mem0 stores what its model extracted: a memory without a role."""
    return memory._create_memory(text, {text: Words().embed(text)}, {"user_id": user, **metadata})


def fill(memory):
    tea = fact(memory, "Prefers green tea over coffee", "ada", room="kitchen", attributed_to="user")
    fact(memory, "Lives in Porto", "ada", run_id="visit-7")
    fact(memory, "Is allergic to peanuts", "ben", floor=3)
    fact(memory, "Had a parking permit", "ben", expiration_date="2024-05-01")
    gone = fact(memory, "Drives a red van", "ben")
    fact(
        memory,
        "Check the fuse box before you order a new boiler",
        "",
        agent_id="plumber",
        memory_type="procedural_memory",
    )
    memory.update(tea, "Prefers white tea over coffee")
    memory.delete(gone)
    memory.add(
        [
            {"role": "user", "content": "The tap drips at night.", "name": "Ada"},
            {"role": "assistant", "content": "Which tap?"},
        ],
        user_id="ada",
        run_id="visit-7",
        infer=False,
        metadata={"channel": "chat"},
    )
    memory.db.save_messages(
        [{"role": "user", "content": "Can you come on Friday?"}, {"role": "assistant", "content": "At nine."}],
        "run_id=visit-8&user_id=ada",
    )


def anonymous(info):
    info.uid = info.gid = 0
    info.uname = info.gname = ""
    return info


def main():
    with tempfile.TemporaryDirectory() as name:
        folder, out = Path(name) / "work", Path(name) / "mem0"
        folder.mkdir()
        out.mkdir()
        for store in ("qdrant", "chroma", "faiss"):
            memory = opened(folder, store)
            fill(memory)
            if store == "qdrant":
                for user in ("ada", "ben"):
                    held = memory.get_all(filters={"user_id": user}, top_k=100, show_expired=True)
                    (out / f"get_all-{user}.json").write_text(json.dumps(held, indent=1) + "\n")
            memory.close()
        shutil.copytree(folder / "qdrant", out / "qdrant")
        shutil.copy(folder / "qdrant-history.db", out / "history.db")
        (out / "chroma").mkdir()
        shutil.copy(folder / "chroma" / "chroma.sqlite3", out / "chroma")
        (out / "faiss").mkdir()
        shutil.copy(folder / "faiss" / "memories.json", out / "faiss")
        leaving = HERE / "leaving" / "for_mem0.json"
        if leaving.exists():
            memory = opened(folder, "qdrant")
            memory.reset()
            memory.embedding_model = Words()
            for one in json.loads(leaving.read_text()):
                memory.add(**one)
            held = memory.get_all(filters={"user_id": "ada"}, top_k=100)
            (out / "came_from_interplay.json").write_text(json.dumps(held, indent=1) + "\n")
        for path in out.rglob(".lock"):
            path.unlink()
        with tarfile.open(HERE / "mem0.tar.gz", "w:gz") as archive:
            archive.add(out, "mem0", filter=anonymous)


if __name__ == "__main__":
    sys.exit(main())
