"""What the statistics need at run time."""

import ast
import sys

import pytest

from tests.conftest import ROOT

PACKAGE = "interplay_server.evaluation.statistics"
MODULES = sorted((ROOT / "server" / "interplay_server" / "evaluation" / "statistics").glob("*.py"))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_only_numpy_and_msgspec_beside_the_standard_library(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
        names += [node.module] if isinstance(node, ast.ImportFrom) else []
        for name in names:
            library = name.partition(".")[0]
            assert library in {*sys.stdlib_module_names, "numpy", "msgspec"} or name.startswith(PACKAGE), name


def test_there_are_modules():
    assert len(MODULES) > 15
