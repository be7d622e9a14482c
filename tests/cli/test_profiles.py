"""`interplay profiles` against a real server."""

import json
import re
import signal
import subprocess

import pytest


@pytest.fixture
def city(cli, learnt):
    """Id of the fact where the person lives."""
    return next(row["profile_id"] for row in rows(cli, learnt) if row["content"] == "Lives in Lisbon")


def rows(cli, user, *flags):
    return cli("profiles", "--user", user, "--json", *flags).ok().json


def test_list(cli, learnt):
    heading, *lines = cli("profiles", "list", "--user", learnt).ok().out.splitlines()
    assert heading.split() == ["profile", "user", "said", "state", "fact"]
    assert any(re.search(rf"^\w{{26}} +{learnt} .* current +Lives in Lisbon$", line) for line in lines)
    found = rows(cli, learnt)
    assert {"Lives in Lisbon", "Is allergic to peanuts"} <= {row["content"] for row in found}
    assert {row["origin"]["method"] for row in found} == {"LEARNING_METHOD_RULES"}
    assert len(rows(cli, learnt, "--limit", 1)) == 1


@pytest.mark.parametrize(
    ("flags", "found"),
    [
        (["--method", "manual"], False),
        (["--method", "rules"], True),
        (["--lifecycle", "superseded", "--lifecycle", "expired"], False),
        (["--as-of", "-1d"], False),
        (["--category", "nonsense"], False),
        (["--source", "elsewhere"], False),
        (["--tag", "none"], False),
        (["--arm", "shadow"], False),
        (["--time-to-live", "one-day"], False),
    ],
)
def test_list_filters(cli, learnt, flags, found):
    assert bool(rows(cli, learnt, *flags)) is found


def test_search(cli, learnt):
    heading, first, why, *_ = (
        cli("profiles", "search", "which nuts are dangerous?", "--user", learnt, "--explain").ok().out.splitlines()
    )
    assert heading.split() == ["#", "score", "similar", "matched", "profile", "user", "fact"]
    assert first.endswith("Is allergic to peanuts")
    assert "cosine +" in why
    best, *_ = cli("profiles", "search", "peanuts", "--user", learnt, "--json", "--top-k", 1).ok().json
    assert best["profile"]["content"] == "Is allergic to peanuts"
    assert best["matched_terms"]
    done = cli("profiles", "search", "peanuts", "--user", "nobody").ok()
    assert (done.out, done.err) == ("", "nothing found\n")


def test_show(cli, city, learnt):
    text = cli("profiles", "show", city).ok().out
    for line in (rf"user +{learnt}", r"fact +Lives in Lisbon", r"about +user: \w+ = Lisbon", r"state +current"):
        assert re.search(f"^{line}$", text, re.MULTILINE), text
    assert re.search(r"^made +rules, \S+, extractor profiles, generation 1, window \w+$", text, re.MULTILINE)
    assert re.search(r"^learnt from +\w{26} content\[\d+:\d+\]  \d{4}-", text, re.MULTILINE)
    assert cli("profiles", "show", city, "--json").ok().json[0]["profile_id"] == city
    assert "NOT_FOUND (PROFILE_NOT_FOUND)" in cli("profiles", "show", "nope").failed().err


def test_add_edit_and_delete(cli, user):
    made = cli(
        "profiles", "add", "Has no oven", "--user", user, "--category", "environment", "--attribute", "oven",
        "--value", "none", "--time-to-live", "infinity", "--confidence", "0.7", "--source", "survey", "--tag", "a",
        "--tag", "b", "--notes", "asked twice", "--custom-features", '{"room": "kitchen"}', "--request-id", user,
    ).ok()  # fmt: skip
    row = made.out.strip()
    assert re.fullmatch(r"\w{26}\n", made.out)
    (shown,) = cli("profiles", "show", row, "--json").ok().json
    wanted = {
        "user_id": user, "content": "Has no oven", "category": "environment", "attribute": "oven", "value": "none",
        "time_to_live": "TIME_TO_LIVE_INFINITY", "confidence": 0.7, "source": "survey", "tags": ["a", "b"],
        "notes": "asked twice", "custom_features": {"room": "kitchen"},
    }  # fmt: skip
    assert shown.items() >= wanted.items()
    assert "made            by hand" in cli("profiles", "show", row).ok().out

    assert "ALREADY_EXISTS" in cli("profiles", "add", "Other", "--user", user, "--request-id", user).failed().err
    assert "CONCURRENT_CHANGE" in cli("profiles", "edit", row, "--notes", "x", "--etag", "stale").failed().err

    flags = ("--content", "Has an oven", "--notes", "", "--tag", "c", "--time-to-live", "one-week")
    (changed,) = cli("profiles", "edit", row, *flags, "--etag", shown["etag"], "--json").ok().json
    assert (changed["content"], changed["tags"], changed["confidence"]) == ("Has an oven", ["c"], 0.7)
    assert "notes" not in changed
    assert "fact            Has oven" in cli("profiles", "edit", row, "--content", "Has oven").ok().out
    assert "tags" not in cli("profiles", "edit", row, "--tag", "", "--json").ok().json[0]

    assert "CONCURRENT_CHANGE" in cli("profiles", "delete", row, "--yes", "--etag", "stale").failed().err
    assert cli("profiles", "delete", row, "--yes").ok().out == f"profile {row} is deleted\n"
    assert "PROFILE_NOT_FOUND" in cli("profiles", "delete", row, "--yes").failed().err


def test_refusals_name_the_fields(cli, user):
    assert re.search(r"INVALID_ARGUMENT .*content", cli("profiles", "add", "", "--user", user).failed().err)
    flags = ("--user", user, "--interaction", "nope")
    assert re.search(r"INVALID_ARGUMENT .*source_interaction_ids", cli("profiles", "add", "x", *flags).failed().err)


def test_changes(cli, city, learnt):
    cli("profiles", "edit", city, "--notes", "checked").ok()
    heading, latest, *_ = cli("profiles", "changes", "--profile", city).ok().out.splitlines()
    assert heading.split() == ["when", "change", "row", "user", "why", "text"]
    assert re.search(rf"updated +{city} +{learnt} +manual +Lives in Lisbon$", latest)
    changes = cli("profiles", "changes", "--user", learnt, "--type", "updated", "--since", "-1h", "--json").ok().json
    assert [(one["before"].get("notes"), one["after"]["notes"]) for one in changes] == [(None, "checked")]
    assert cli("profiles", "changes", "--user", learnt, "--until", "-1h", "--json").ok().json == []
    assert len(cli("profiles", "changes", "--user", learnt, "--limit", 1, "--json").ok().json) == 1


def test_a_deleted_row_leaves_ids_only(cli, city, learnt):
    cli("profiles", "delete", city, "--yes", "--json").ok()
    (gone,) = cli("profiles", "changes", "--user", learnt, "--type", "deleted", "--json").ok().json
    assert gone["profile_id"] == city
    assert "Lisbon" not in json.dumps(gone)
    assert re.search(rf"deleted +{city}", cli("profiles", "changes", "--profile", city).ok().out)


def test_watch_and_resume(cli, city, learnt):
    told = len(cli("profiles", "changes", "--user", learnt, "--json").ok().json)
    # All changes of a window have one token, so a watch that breaks off among them is told them again.
    done = cli("profiles", "watch", "--user", learnt, "--from-beginning", "--limit", told).ok()
    assert re.match(r"\d\d:\d\d:\d\d created \w{26} ", done.out)
    token = re.search(r"--resume-token (\S+)", done.err)[1]
    cli("profiles", "edit", city, "--notes", "later").ok()
    flags = ("--user", learnt, "--resume-token", token, "--limit", 1, "--json")
    (answer,) = cli("profiles", "watch", *flags).ok().json
    assert answer["change"]["after"]["notes"] == "later"
    assert answer["resume_token"]
    assert "INVALID_RESUME_TOKEN" in cli("profiles", "watch", "--resume-token", "x").failed().err


def test_watch_ends_cleanly_with_its_token(cli, learnt):
    flags = ("profiles", "watch", "--user", learnt, "--from-beginning")
    with cli.start(*flags, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert "created" in running.stdout.readline()
        running.send_signal(signal.SIGINT)
        assert running.wait(30) == 0
        assert re.search(r"^resume with --resume-token \S+$", running.stderr.read(), re.MULTILINE)
