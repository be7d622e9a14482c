"""Every fragment of docs/agents.md and every program of docs/examples/agents runs, against loopback models."""

import json
import re
from pathlib import Path

import pytest
from interplay import Interplay

from tests.support.agent_models import AgentModels, anthropic_answer, openai_answer, response_answer, run_script

DOCS = Path(__file__).parents[2] / "docs"
GUIDE = (DOCS / "agents.md").read_text(encoding="utf-8")
FRAGMENTS = re.findall(r"^```python\n(.*?)^```\n\n```text\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)


def says(seen):
    """A model that notes, asks for the weather, or recommends a snack, as the prompt has it."""
    speaks = anthropic_answer if seen.protocol == "anthropic" else openai_answer
    speaks = response_answer if seen.path.startswith("/v1/responses") else speaks
    given = seen.body.get("messages") or [{"role": "user", "content": seen.body["input"]}]
    last = json.dumps(given[-1])
    named = json.dumps(seen.body.get("tools", []))
    if "tool_result" in last or given[-1]["role"] == "tool":
        return speaks(seen, "It is 18 degrees." if "degrees" in last else "Noted.")
    if "note" in last and "interplay_record" in named:
        fact = last.partition("note: I ")[2].partition(".")[0]
        return speaks(seen, tools=[("t1", "interplay_record", {"fact": f"I {fact}"})])
    if "weather" in last and '"weather"' in named:
        city = "Lisbon" if "Lisbon" in seen.raw.decode().partition("How is")[0] else "Paris"
        return speaks(seen, tools=[("t2", "weather", {"city": city})])
    if "weather" in last:
        return speaks(seen, "Sunny in Lisbon." if b"I live in Lisbon" in seen.raw else "Where do you live?")
    return speaks(seen, "Rice crackers: nothing with peanuts." if b"peanuts" in seen.raw else "A peanut bar.")


@pytest.fixture(scope="module")
def known(shared_server):
    with Interplay(shared_server.target) as client:
        client.create_profile("ada", "Is allergic to peanuts")
    return shared_server


@pytest.fixture
def models():
    with AgentModels(says).in_thread() as made:
        yield made


@pytest.fixture
def surroundings(known, models):
    return {
        "ANTHROPIC_BASE_URL": models.base_url("anthropic"),
        "ANTHROPIC_API_KEY": "k",
        "OPENAI_BASE_URL": models.base_url("openai"),
        "OPENAI_API_KEY": "k",
        "MODEL": "m",
    }


@pytest.mark.parametrize("number", range(len(FRAGMENTS)))
def test_a_fragment_runs(known, surroundings, monkeypatch, tmp_path, capsys, number):
    text, shown = FRAGMENTS[number]
    for name, value in (surroundings | {"INTERPLAY_TARGET": known.target}).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    exec(compile(text.replace("localhost:50051", known.target), f"fragment {number}", "exec"), {"__name__": "guide"})
    assert capsys.readouterr().out.strip() == shown.strip()


def test_every_fragment_shows_what_it_prints():
    assert len(FRAGMENTS) == GUIDE.count("```python") == 7


@pytest.mark.parametrize("name", ["anthropic_loop", "openai_loop"])
def test_a_loop(known, models, surroundings, name):
    printed = run_script(DOCS / f"examples/agents/{name}.py", known.target, **surroundings)
    assert "Noted.\n" in printed
    assert "It is 18 degrees.\n" in printed
    assert "briefed=2, unbriefed=0, published=2, lost=0, tool_calls=1, tool_failures=0" in printed


def test_the_graph(known, models, surroundings):
    printed = run_script(DOCS / "examples/agents/langgraph_agent.py", known.target, **surroundings)
    assert "Noted.\n" in printed
    assert "Sunny in Lisbon.\n" in printed
    assert "['trip-1', 'trip-0']" in printed
    with Interplay(known.target) as client:
        rows = list(client.list_interactions(user_id="linus", source="agent"))
        assert {(row.session_id, row.data.role) for row in rows} == {
            (f"trip-{thread}", role) for thread in (0, 1) for role in ("User", "Agent")
        }
        noted = next(row for row in rows if row.data.content == "Noted.")
        assert noted.data.tools_used[0].tool_name == "interplay_record"


def test_the_host(known):
    printed = run_script(DOCS / "examples/agents/mcp_host.py", known.target)
    assert printed.splitlines()[0] == "get_context, search_interactions, search_memory, publish, correct"
    assert printed.splitlines()[1] in {"I sail on Sundays.", "Fair winds!"}
