"""Every case of cases.json in every language."""

import json
from pathlib import Path

import pytest

from tests.conformance import calling, publishing, talking
from tests.conformance.driver import Unsupported
from tests.conformance.stage import Stage

CASES = json.loads(Path(__file__).with_name("cases.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
async def test_case(language, case, tmp_path, borrowed_server):
    (scenario,) = {getattr(module, case["scenario"], None) for module in (publishing, calling, talking)} - {None}
    try:
        async with Stage(language, case, tmp_path, borrowed_server) as stage:
            await scenario(stage)
    except Unsupported as lacking:
        pytest.skip(f"{language.title} has no {lacking}")
