"""The wheel holds all it needs and asks for nothing of the server's."""

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROBE = """
import importlib.abc, sys

class Blocked(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"lancedb", "pyarrow", "interplay_server", "protovalidate", "numpy", "wordllama"}:
            raise ImportError(name + " is none of the client's business")

sys.meta_path.insert(0, Blocked())
sys.path.insert(0, sys.argv[1])
import interplay, interplay.config
assert interplay.__file__.startswith(sys.argv[1]), interplay.__file__
assert interplay.config.service_config()["retryThrottling"]
print(interplay.InteractionData(content="hello").to_proto().content)
"""


def test_it_holds_everything_and_imports_without_the_server(tmp_path):
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), "clients/python"]
    built = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stdout + built.stderr
    (wheel,) = tmp_path.glob("interplay-*.whl")
    package = ROOT / "clients/python/interplay"
    wanted = {
        f"interplay/{path.relative_to(package)}" for path in package.rglob("*.py*") if "__pycache__" not in path.parts
    }
    with zipfile.ZipFile(wheel) as archive:
        held = set(archive.namelist())
        archive.extractall(tmp_path / "site")
    assert wanted | {"interplay/service_config.json", "buf/validate/validate_pb2.py"} <= held
    assert {"interplay/client.py", "interplay/v1/interaction_service_pb2_grpc.py"} <= held
    assert {name.partition("/")[0] for name in held} == {"interplay", "buf", "interplay-0.1.0.dist-info"}
    probe = [sys.executable, "-W", "error", "-c", PROBE, str(tmp_path / "site")]
    ran = subprocess.run(probe, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.stdout == "hello\n", ran.stderr
