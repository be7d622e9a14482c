"""`interplay evaluate`, `compare`, `audit-judge` and `experiments` against a real server, each test in its own tenant."""

import json
import re
import signal
import subprocess

import pytest

ASKS = "Happy to help you with that. What is your email or phone number?"
KNOWS = "Happy to help. I can see your phone number is 555-0100. I have sent the refund there."


@pytest.fixture(autouse=True)
def _tenant(cli, user):
    cli.environment["INTERPLAY_TENANT"] = user


@pytest.fixture
def shop(cli):
    """30 people whom the shadow, who knows their number, would have served better."""
    return stock(cli, 30)


def stock(cli, people):
    rows = []
    for number in range(people):
        where = {
            "user_id": f"u{number}", "session_id": f"s{number}", "agent_id": "shop", "agent_version": f"1.{number % 2}",
            "source": "web" if number % 3 else "phone",
        }  # fmt: skip
        rows += [
            where | {"role": "User", "content": "My phone number is 555-0100. I would like to get a refund."},
            where | {"role": "Agent", "content": ASKS, "shadow_content": KNOWS},
            where | {"role": "User", "content": "No, I told you my number already."},
        ]
    cli("publish", "-", stdin="\n".join(map(json.dumps, rows))).ok()
    return people


def test_compare_for_people(cli, shop):
    done = cli("compare", "--agent", "shop").ok()
    first, *_ = done.out.splitlines()
    assert first.startswith("PROMOTE: the shadow is better")
    assert "30 of 30 decisive session votes" in first
    assert re.search(r"^decision +PROMOTE \(SHADOW_BETTER, UNAUDITED\)$", done.out, re.MULTILINE)
    assert re.search(r"^pairs +30: won 30, lost 0, tied 0 \(flips 0\)$", done.out, re.MULTILINE)
    assert re.search(r"^votes +30, one a session$", done.out, re.MULTILINE)
    assert re.search(r"^win rate of pairs +100\.0 % \[88\.6, 100\.0\] n=30$", done.out, re.MULTILINE)
    assert re.search(r"^evidence, at any look +e-value \S+ of 30 decisive votes; 100\.0 % \[", done.out, re.MULTILINE)
    assert re.search(r"^source +phone +10 +10/0/0 +100\.0 %", done.out, re.MULTILINE)
    assert re.search(r"^asks_for_known +100\.0 %", done.out, re.MULTILINE)
    assert re.search(r"^judge \S+ \(\w+\): unaudited; measure it with interplay audit-judge$", done.out, re.MULTILINE)
    assert not done.err
    shown = cli("compare", "--verdicts", "--max-pairs", 4, "--vote", "user").ok().out
    assert len(re.findall(r"^ +[0-3]  challenger  0\.\d\d  \S", shown, re.MULTILINE)) == 4
    assert "votes" in shown and "4, one a user" in shown


def test_compare_for_scripts(cli, shop):
    *verdicts, last = cli("compare", "--json", "--request-id", "r").ok().json
    assert [list(one) for one in verdicts] == [["verdict"]] * 30
    assert [int(one["verdict"].get("index", 0)) for one in verdicts] == list(range(30))
    assert list(last) == ["report"]
    assert last["report"]["decision"] == "COMPARISON_DECISION_PROMOTE"
    assert (last["report"]["wins"], last["report"]["win_rate"]["n"]) == ("30", "30")
    *rest, again = cli("compare", "--json", "--request-id", "r", "--resume-after", 28).ok().json
    assert [one["verdict"]["index"] for one in rest] == ["28", "29"]
    assert again == last
    (only,) = cli("compare", "--json", "--report-only", "--source", "phone").ok().json
    assert only["report"]["pairs"] == "10"
    assert (
        cli("compare", "--json", "--report-only", "--source", "mail").ok().json[0]["report"]["reasons"][0] == "NO_PAIRS"
    )


def test_the_exit_code_is_a_gate(cli, shop):
    assert cli("compare", "--report-only", "--fail-unless", "promote").ok().out
    done = cli("compare", "--report-only", "--fail-unless", "keep")
    assert done.code == 3
    assert done.err == "the decision is not keep\n"
    done = cli("compare", "--user", "u1", "--fail-unless", "promote")
    assert done.code == 3
    assert "INCONCLUSIVE" in done.out.splitlines()[0]


def test_compare_writes_a_page(cli, shop, tmp_path):
    file = tmp_path / "shadow.html"
    done = cli("compare", "--report", file, "--json").ok()
    assert done.err == f"the page is {file}\n"
    assert len(done.json) == 31
    page = file.read_text()
    assert page.startswith("<!DOCTYPE html>")
    assert page.count("<svg") == 4
    assert "<b>PROMOTE</b>" in page
    assert "The first 30 of 30 verdicts" in page
    assert "20 decides" in page
    assert "u29 / s29" in page
    cli("evaluate", "config", "set", "confidence=0.99").ok()
    cli("compare", "--report", file, "--report-only").ok()
    assert "100 decides" in file.read_text()
    assert "No verdict was asked for." in file.read_text()
    missing = cli("compare", "--report", tmp_path / "absent" / "x.html").failed(2)
    assert "absent is no folder that can be written to" in missing.err


def test_compare_used_wrongly(cli, lonely_cli):
    assert "--session needs --user" in cli("compare", "--session", "s").failed(2).err
    assert "--resume-after needs --request-id" in cli("compare", "--resume-after", 3).failed(2).err
    assert "'b'" in cli("compare", "--contest", "b").failed(2).err
    cli("compare", "--expected-share", 0).failed(2)
    assert "FAILED_PRECONDITION" in cli("compare", "--judge", "anthropic").failed().err
    assert "UNAVAILABLE" in lonely_cli("compare").failed().err


def test_compare_interrupted_says_how_to_come_back(cli, user):
    stock(cli, 60)
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with cli.start("compare", "--json", "--request-id", user, **pipes) as running:
        line = running.stdout.readline()
        running.send_signal(signal.SIGINT)
        rest, err = running.stdout.read(), running.stderr.read()
        code = running.wait(30)
    assert "verdict" in json.loads(line)
    seen = [json.loads(one) for one in [line, *rest.splitlines()]]
    if "report" in seen[-1]:
        # It had been faster than the signal.
        return
    assert code == 130
    if len(seen) == 60:
        # It had the last verdict, and was interrupted at its end.
        return
    (after,) = re.findall(rf"come back with the same options and --request-id {user} --resume-after (\d+)", err)
    *others, report = cli("compare", "--json", "--request-id", user, "--resume-after", after).ok().json
    places = [int(one["verdict"].get("index", 0)) for one in seen + others]
    assert places == list(range(60))
    assert report["report"]["wins"] == "60"


def test_evaluate_one_person(cli, user):
    stock(cli, 3)
    done = cli("evaluate", "--user", "u1").ok()
    assert re.search(r"^state +succeeded$", done.out, re.MULTILINE)
    assert re.search(r"^sessions +1$", done.out, re.MULTILINE)
    heading, row = done.out.splitlines()[-2:]
    assert heading.split()[:3] == ["when", "user", "session"]
    assert re.search(r" u1 +s1 +1\.1 +\w+ +rules +0\.\d\d +1 of 2 ", row)
    operation, evaluation = cli("evaluate", "run", "--user", "u2", "--session", "s2", "--json").ok().json
    assert operation["state"] == "OPERATION_STATE_SUCCEEDED"
    assert (evaluation["session_id"], evaluation["method"]) == ("s2", "EVALUATION_METHOD_RULES")
    started = cli("evaluate", "run", "--no-wait", "--again").ok()
    assert re.fullmatch(r"\w{26}\n", started.out)
    assert "interplay operations watch" in started.err
    assert "--session needs --user" in cli("evaluate", "--session", "s").failed(2).err
    assert "FAILED_PRECONDITION" in cli("evaluate", "--judge", "anthropic").failed().err


def test_evaluate_an_agent(cli, user):
    stock(cli, 6)
    done = cli("evaluate", "--agent", "shop").ok()
    assert re.search(r"^sessions 6: ", done.out, re.MULTILINE)
    assert re.search(r"^success +\d+\.\d % \[", done.out, re.MULTILINE)
    assert re.search(r"^1\.0 +3 ", done.out, re.MULTILINE)
    _, answer = cli("evaluate", "run", "--agent", "shop", "--json").ok().json
    assert answer["total"]["sessions"] == "6"


def test_outcomes(cli, user):
    stock(cli, 2)
    said = cli("evaluate", "outcome", "u1", "s1", "--action", "purchase", "--value", 12.5).ok().out
    assert re.search(r"^outcome +success, reported$", said, re.MULTILINE)
    assert re.search(r"^value +12\.5$", said, re.MULTILINE)
    again = cli("evaluate", "outcome", "u1", "s1", "--action", "purchase", "--value", 12.5).ok().out
    assert "the same had been reported" in again
    assert "ALREADY_EXISTS" in cli("evaluate", "outcome", "u1", "s1", "--outcome", "failure").failed().err
    (answer,) = cli("evaluate", "outcome", "u1", "s1", "--outcome", "failure", "--replace", "--json").ok().json
    assert answer["evaluation"]["outcome"] == "SESSION_OUTCOME_FAILURE"
    assert "NOT_FOUND" in cli("evaluate", "outcome", "u1", "absent", "--outcome", "success").failed().err
    assert "INVALID_ARGUMENT" in cli("evaluate", "outcome", "u1", "s1", "--value", 1, "--at", "+5d").failed().err
    assert "INVALID_ARGUMENT" in cli("evaluate", "outcome", "u1", "s1", "--value", "nan").failed().err
    assert "nothing to report" in cli("evaluate", "outcome", "u1", "s1").failed(2).err
    listed = cli("evaluate", "list", "--method", "reported", "--json").ok().json
    assert [one["session_id"] for one in listed] == ["s1"]
    assert cli("evaluate", "list", "--outcome", "success").ok().err == "nothing evaluated\n"
    assert re.search(r"u1 +s1 +1\.1 +failure +reported", cli("evaluate", "list", "--limit", 5).ok().out)


def test_the_report_on_an_agent(cli, user):
    stock(cli, 4)
    for number in range(4):
        outcome = "success" if number else "failure"
        cli("evaluate", "outcome", f"u{number}", f"s{number}", "--outcome", outcome, "--value", 2).ok()
    text = cli("evaluate", "report", "--agent", "shop", "--by-day").ok().out
    assert "sessions 4: failure 1, success 3" in text
    assert re.search(r"^success +75\.0 % \[\d+\.\d, \d+\.\d\] n=4$", text, re.MULTILINE)
    assert re.search(r"^value reported +8$", text, re.MULTILINE)
    assert re.search(r" \d{4}-\d\d-\d\d +[1-4] ", text, re.MULTILINE)
    (answer,) = cli("evaluate", "report", "--agent-version", "1.1", "--json").ok().json
    assert answer["total"]["sessions"] == "2"


def test_the_configuration(cli):
    text = cli("evaluate", "config", "get").ok().out
    assert '\njudge = "rules"\n' in text
    assert "\nleast_votes = 20\n" in text
    changed = cli("evaluate", "config", "set", "least_votes=30", "sample_rate=0.5").ok().out
    assert "\nleast_votes = 30\n" in changed and "\nsample_rate = 0.5\n" in changed
    (back,) = cli("evaluate", "config", "set", "least_votes=", "--json").ok().json
    assert (back["least_votes"], back["sample_rate"]) == (20, 0.5)
    stale = cli("evaluate", "config", "set", "idle_seconds=60", "--etag", "evaluation-0").failed()
    assert "ABORTED" in stale.err
    assert "INVALID_ARGUMENT" in cli("evaluate", "config", "set", "confidence=2").failed().err
    assert "is not KEY=VALUE of one of" in cli("evaluate", "config", "set", "colour=red").failed(2).err
    assert "FAILED_PRECONDITION" in cli("evaluate", "config", "set", "judge=anthropic").failed().err


def label(label, **fields):
    return json.dumps({"question": "I would like a refund.", "production": ASKS, "label": label} | fields)


def test_audit_judge(cli, tmp_path):
    file, page = tmp_path / "labels.jsonl", tmp_path / "audit.html"
    file.write_text("\n\n".join(label("challenger", challenger=f"{KNOWS} Case {number}.") for number in range(4)))
    done = cli("audit-judge", file, "--report", page).ok()
    assert re.search(r"^result +not passed: TOO_FEW_LABELS$", done.out, re.MULTILINE)
    assert re.search(r"^labels +4 pairs$", done.out, re.MULTILINE)
    assert re.search(r"^agreement +\d+\.\d % \[\d+\.\d, \d+\.\d\] n=4$", done.out, re.MULTILINE)
    assert "<b>NOT PASSED</b>" in page.read_text()
    (audit,) = cli("audit-judge", "-", "--json", stdin=file.read_text()).ok().json
    assert audit["pairs"] == "4"
    refused = cli("audit-judge", file, "--fail-unless-passed")
    assert (refused.code, refused.err) == (3, "the judge did not pass\n")
    assert "FAILED_PRECONDITION" in cli("audit-judge", file, "--judge", "anthropic").failed().err


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("{", "no JSON"),
        ("[]", "must be a mapping"),
        (label("nobody", challenger="x"), "label must be one of production, challenger, tie"),
        (label("tie", chalenger="x"), "did you mean 'challenger'"),
    ],
)
def test_a_wrong_label_is_named_and_nothing_is_judged(cli, line, why):
    done = cli("audit-judge", "-", stdin=f"{label('tie', challenger=KNOWS)}\n\n{line}\n").failed()
    assert "(INVALID_LINE): line 3: " in done.err
    assert why in done.err
    assert not done.out


def test_labels_that_cannot_be_read(cli, tmp_path):
    assert "there are no labels" in cli("audit-judge", "-", stdin="\n").failed().err
    assert "No such file" in cli("audit-judge", tmp_path / "absent").failed().err
    many = "\n".join([label("tie", challenger="x")] * 2001)
    assert "line 2001: more than 2,000 labels" in cli("audit-judge", "-", stdin=many).failed().err
    half = json.dumps({"production": "x", "label": "tie"})
    assert "pairs[0]: either interaction_id or production" in cli("audit-judge", "-", stdin=half).failed().err


def test_experiments(cli, user):
    assert cli("experiments").ok().out.split() == ["experiment", "agent", "arms", "since", "until", "about"]
    made = cli(
        "experiments", "create", "memory", "--arm", "with=3", "--holdout", "without", "--description", "Why?"
    ).ok()
    assert re.search(r"^asks +Why\?$", made.out, re.MULTILINE)
    assert re.search(r"^without +1 +holdout$", made.out, re.MULTILINE)
    assert re.search(r"^with +3$", made.out, re.MULTILINE)
    assert "ALREADY_EXISTS" in cli("experiments", "create", "memory", "--arm", "a", "--arm", "b").failed().err
    assert "INVALID_ARGUMENT" in cli("experiments", "create", "other", "--arm", "alone").failed().err
    assert "neither NAME nor NAME=SHARE" in cli("experiments", "create", "other", "--arm", "a=b").failed(2).err
    (row,) = cli("experiments", "list", "--running", "--reports", "--json").ok().json
    assert [arm["name"] for arm in row["arms"]] == ["without", "with"]
    assert "running" in cli("experiments", "show", "memory").ok().out
    assert "NOT_FOUND" in cli("experiments", "show", "absent").failed().err
    assert "give --yes" in cli("experiments", "stop", "memory").failed(2).err
    assert "running" not in cli("experiments", "stop", "memory", "--yes").ok().out
    assert cli("experiments", "--running", "--json").ok().json == []
    assert "NOT_FOUND" in cli("experiments", "stop", "absent", "--yes").failed().err


def test_progress_is_shown_on_a_terminal(cli, shop):
    """`script` gives the command a terminal, to which standard error goes."""
    if cli.shell("command -v script").returncode:
        pytest.skip("the command `script` is not installed")
    shown = cli.shell("script -qec '$I compare' /dev/null").stdout
    assert re.search(r"30(?: of 30)? pairs: challenger 30, production 0, tie 0, flip 0", shown)
