"""Each script of docs/examples against a real server, with buf and with grpcurl."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.support.grpcurl import grpcurl

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
EXPECTED = {
    "publish_and_search.sh": ["interactionIds", "matchedTerms", "humming noise"],
    "stream_publish.sh": ['"opened"', '"ack"', '"flushed": true', '"finished"', '"nextOffset": "2"'],
    "list_get_delete.sh": ['"sessions"', '"interactions"', '"interaction"', '"deletedCount": "2"'],
    "watch.sh": ['"heartbeat"', '"published"', '"deleted"', "resumeToken"],
    "context.sh": ["LEARNING_STATE_DONE", "llergic to peanuts", "Has no oven", '"rendered"', '"citations"'],
    "learning.sh": [
        '"instruction"',
        "OPERATION_STATE_SUCCEEDED",
        "APPROVAL_STATUS_APPROVED",
        '"previous"',
        "LEARNING_STATE_DONE",
    ],
    "evaluation.sh": [
        "PAIR_WINNER_CHALLENGER",
        "COMPARISON_DECISION_INCONCLUSIVE",
        '"kappa"',
        "EVALUATION_METHOD_REPORTED",
        '"leastVotes"',
    ],
    "admin.sh": ['"embedder"', '"secret"', '"apiKeys"', "revokeTime"],
}


def test_every_script_is_tested():
    assert {path.name for path in EXAMPLES.glob("*.sh")} - {"call.sh"} == EXPECTED.keys()


@pytest.mark.parametrize("caller", ["buf", "grpcurl"])
@pytest.mark.parametrize("script", EXPECTED)
def test_script(server, script, caller):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("INTERPLAY_")}
    if caller == "grpcurl":
        environment["PATH"] = f"{Path(grpcurl()).parent}{os.pathsep}{environment['PATH']}"
    done = subprocess.run(
        ["bash", str(EXAMPLES / script), server.target],
        env=environment | {"INTERPLAY_CALLER": caller},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for text in EXPECTED[script]:
        assert text in done.stdout, done.stdout
