"""Filters are data: whatever a filter says, it finds what holds exactly that, and nothing else."""

import pytest

from tests.service.kit import data, fresh, pb

TEXTS = [
    "' OR 1=1 --", "' OR '1'='1", "'; DROP TABLE interactions; --", '" OR ""="', "\\' OR 1=1 --", "\\' OR 1=1) --", "\\'", "\\\\'", "x\\", "') OR true --",
    "user_id IS NOT NULL", "x' UNION SELECT * FROM api_keys --", "%", "_", "%%", "a%b_c", "*", "?", "[a-z]*", ".*", "^$",
    "`", "``", "$1", "?1", "{}", "${HOME}", "%s%n", "\\", "\\\\", "\\0", "\0", "a\0b", "\n", "a\r\nb", "\t|\t", "'", '"',
    "''''", "NULL", "null", "None", "true", "1", "-1", "1e999", "NaN", "../../etc/passwd", "C:\\", "<script>", "&amp;",
    "\u202egnp.exe", "\u200b\u200b", "\ufeff", "é", "e\u0301", "ß", "ﬁ", "İ", "\u0131", "Σς", "中", "🏕️", "\U0010ffff",
    "a" * 256, "'" * 256, "🏕" * 256, "CAST(1 AS INT)", "regexp_match('a','a')", "lit(1)", "col('user_id')",
]  # fmt: skip
FIELDS = {
    "ListInteractions": [
        "user_id",
        "session_id",
        "source",
        "agent_version",
        "agent_id",
        "external_id",
        "request_id",
        "role",
    ],
    "SearchInteractions": ["user_id", "session_id", "source", "agent_version", "agent_id", "external_id", "role"],
    "DeleteInteractions": ["user_id", "session_id", "source", "agent_version"],
    "ListSessions": ["user_id", "source", "agent_version"],
}
ROW = {"external_id", "role"}


@pytest.fixture(scope="module")
def target(storage_api):
    """One interaction a text, with the text in every field there is, and one that is plain; all in the tables."""
    api = storage_api.by(tenant=fresh("hostile"))
    api.publish(data("plain", role="plain", external_id="plain"), user="plain", session="plain")
    for at, text in enumerate(TEXTS):
        fields = {"user": text, "session": text} if text.strip() else {"user": f"u{at}", "session": f"s{at}"}
        api.publish(
            data(f"found {at}", role=text, external_id=text), source=text, agent_version=text, agent_id=text,
            request_id=text, **fields,
        )  # fmt: skip
    last = [data("plain")]
    api.PublishInteractions(
        pb.PublishInteractionsRequest(
            user_id="plain", session_id="plain", interactions=last, wait=pb.WAIT_LEVEL_VISIBLE
        )
    )
    return api


@pytest.mark.parametrize("text", TEXTS, ids=ascii)
def test_equal_and_nothing_else(target, text):
    at = TEXTS.index(text)
    own = [f"found {at}"]
    names = {"user_id", "session_id"}
    # Roles are compared without case: these are the same.
    roles = sorted(f"found {other}" for other, one in enumerate(TEXTS) if one.lower() == text.lower())
    for field in FIELDS["ListInteractions"]:
        expected = roles if field == "role" else own if text.strip() or field not in names else []
        assert sorted(target.contents(**{field: text})) == expected, field
    for field in FIELDS["SearchInteractions"]:
        expected = roles if field == "role" else own if text.strip() or field not in names else []
        assert sorted(target.found("found", top_k=100, **{field: text})) == expected, field
        if field == "user_id":
            assert target.found("found", top_k=100, mode=pb.SEARCH_MODE_TEXT, **{field: text}) == expected
    for field in FIELDS["DeleteInteractions"]:
        expected = len(own) if text.strip() or field not in names else 0
        request = pb.DeleteInteractionsRequest(**{field: text}, validate_only=True)
        assert target.DeleteInteractions(request).deleted_count == expected, field
    for field in FIELDS["ListSessions"]:
        expected = len(own) if text.strip() or field not in names else 0
        assert len(target.ListSessions(pb.ListSessionsRequest(**{field: text})).sessions) == expected, field


@pytest.mark.parametrize("text", [one for one in TEXTS if len(one) <= 64], ids=ascii)
def test_ids_are_data_too(target, text):
    request = pb.DeleteInteractionsRequest(interaction_ids=[text, "x", f"{text}'"], validate_only=True)
    if len(text) < 64:
        assert target.DeleteInteractions(request).deleted_count == 0
    watched = target.WatchInteractions(pb.WatchInteractionsRequest(from_beginning=True, source=text))
    answers = (next(watched) for _ in range(2))
    published = [one.data.content for answer in answers for one in answer.published.interactions]
    watched.cancel()
    assert published == [f"found {TEXTS.index(text)}"]


@pytest.mark.parametrize("text", TEXTS, ids=ascii)
def test_delete_takes_no_more_than_it_says(storage_api, text):
    api = storage_api.by(tenant="hostile-deletions")
    api.publish("mine", user="x", source=text)
    others = len(api.listed(user_id="other")) or len(api.publish("other", user="other"))
    assert api.DeleteInteractions(pb.DeleteInteractionsRequest(source=text)).deleted_count == 1
    assert len(api.listed()) == others
