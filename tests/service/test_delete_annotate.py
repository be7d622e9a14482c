"""DeleteInteractions and AnnotateInteraction: what they reach, at once, after it is applied and after a restart."""

import pytest

from tests.service.kit import batch, data, fresh, ipb, micros, now, pb, refused, stamp


def delete(api, *ids, **filters):
    return api.DeleteInteractions(pb.DeleteInteractionsRequest(interaction_ids=ids, **filters)).deleted_count


class TestDelete:
    def test_by_ids(self, api):
        ids = api.publish("one", "two", "three")
        assert delete(api, ids[0], ids[2]) == 2
        assert api.contents() == ["two"]

    def test_twice_is_once(self, api):
        ids = api.publish("one", "two")
        assert delete(api, ids[0], ids[0]) == 1
        assert delete(api, ids[0]) == 0
        assert delete(api, ids[0], ids[1]) == 1

    def test_unknown_ids_are_no_error(self, api):
        (made,) = api.publish("one")
        assert delete(api, "unknown", made, "01JD0000000000000000000000") == 1

    @pytest.mark.parametrize(
        ("filters", "left"),
        [
            ({"user_id": "ada"}, "cd"), ({"session_id": "s1"}, "bd"), ({"user_id": "ada", "session_id": "s1"}, "bcd"),
            ({"source": "web"}, "bcd"), ({"agent_version": "v1"}, "acd"),
            ({"end_time": stamp(1_700_000_000)}, "abc"), ({"start_time": stamp(1_700_000_000)}, "d"),
            ({"user_id": "nobody"}, "abcd"), ({"user_id": "ada", "source": "app"}, "abcd"),
        ],
        ids=str,
    )  # fmt: skip
    @pytest.mark.parametrize("visible", [False, True], ids=["tail", "tables"])
    def test_by_filter(self, api, filters, left, visible):
        api.publish("a", user="ada", session="s1", source="web")
        api.publish("b", user="ada", session="s2", agent_version="v1")
        api.publish("c", user="bob", session="s1")
        api.PublishInteractions(batch(data("d", occur_time=stamp(1)), user="bob", session="s2", wait=int(visible) + 1))
        assert delete(api, validate_only=True, **filters) == 4 - len(left)
        assert sorted(api.contents()) == list("abcd")
        assert delete(api, **filters) == 4 - len(left)
        assert sorted(api.contents()) == list(left)

    def test_validate_only_with_ids(self, api):
        ids = api.publish("one", "two")
        assert delete(api, *ids, "unknown", validate_only=True) == 2
        assert api.contents() == ["one", "two"]

    @pytest.mark.parametrize("request_", [{}, {"validate_only": True}])
    def test_of_nothing_in_particular(self, api, request_):
        api.publish("one")
        error = refused(api.DeleteInteractions, pb.DeleteInteractionsRequest(**request_))
        assert (error.code, error.fields) == ("INVALID_ARGUMENT", ["interaction_ids"])
        assert api.contents() == ["one"]

    def test_of_ids_and_a_filter(self, api):
        ids = api.publish("one")
        error = refused(api.DeleteInteractions, pb.DeleteInteractionsRequest(interaction_ids=ids, user_id="u"))
        assert (error.code, error.fields) == ("INVALID_ARGUMENT", ["interaction_ids"])
        assert api.contents() == ["one"]

    def test_many(self, api):
        ids = [one for _ in range(11) for one in api.publish(*["x"] * 1000)]
        assert delete(api, *ids[:10_000]) == 10_000
        assert len(api.listed()) == 1000
        assert delete(api, user_id="u") == 1000
        assert api.listed() == []


class TestAnnotate:
    @pytest.fixture
    def made(self, api):
        return api.publish("an answer")[0]

    @staticmethod
    def annotate(api, made, request_id="", **fields):
        request = pb.AnnotateInteractionRequest(
            interaction_id=made, request_id=request_id, annotation=ipb.Annotation(**fields)
        )
        return api.AnnotateInteraction(request).annotation

    def test_accumulate_newest_last(self, api, made):
        before = micros(now())
        first = self.annotate(
            api, made, annotator="ada", expert_content="better", thumb=ipb.THUMB_DOWN, rating=1.5, comment="meh",
            corrected_content="right",
        )  # fmt: skip
        second = self.annotate(api, made, thumb=ipb.THUMB_UP)
        assert first.annotation_id and first.annotation_id != second.annotation_id
        assert before <= micros(first.create_time) <= micros(second.create_time) <= micros(now())
        assert (first.annotator, first.expert_content, first.thumb, first.rating) == ("ada", "better", 2, 1.5)
        assert (first.comment, first.corrected_content) == ("meh", "right")
        assert not second.HasField("rating")
        got = api.GetInteraction(pb.GetInteractionRequest(interaction_id=made)).interaction
        assert list(got.annotations) == [first, second] == list(api.listed()[0].annotations)
        assert list(api.search("answer")[0].interaction.annotations) == [first, second]

    def test_id_and_time_are_the_servers(self, api, made):
        note = self.annotate(api, made, comment="x", annotation_id="mine", create_time=stamp(1))
        assert note.annotation_id != "mine" and note.create_time.seconds > 1_700_000_000

    @pytest.mark.parametrize("rating", [1.0, 5.0, 3.25])
    def test_ratings(self, api, made, rating):
        assert self.annotate(api, made, rating=rating).rating == rating

    def test_idempotent_by_request_id(self, api, made):
        key = fresh()
        first = self.annotate(api, made, key, comment="once")
        assert self.annotate(api, made, key, comment="once") == first
        assert len(api.listed()[0].annotations) == 1
        request = pb.AnnotateInteractionRequest(
            interaction_id=made, request_id=key, annotation=ipb.Annotation(comment="other")
        )
        error = refused(api.AnnotateInteraction, request)
        assert (error.code, error.reason) == ("ALREADY_EXISTS", "REQUEST_ID_REUSED")

    @pytest.mark.parametrize("fields", [{}, {"annotator": "ada"}, {"comment": "  "}, {"annotation_id": "x"}])
    def test_without_a_judgement(self, api, made, fields):
        request = pb.AnnotateInteractionRequest(interaction_id=made, annotation=ipb.Annotation(**fields))
        error = refused(api.AnnotateInteraction, request)
        assert (error.code, error.fields) == ("INVALID_ARGUMENT", ["annotation"])
        assert not api.listed()[0].annotations

    def test_of_nothing(self, api):
        request = pb.AnnotateInteractionRequest(interaction_id="unknown", annotation=ipb.Annotation(comment="x"))
        assert refused(api.AnnotateInteraction, request).reason == "INTERACTION_NOT_FOUND"

    def test_expert_text_is_not_searchable(self, api, made):
        self.annotate(api, made, expert_content="zanzibar quixotic", comment="zanzibar", corrected_content="zanzibar")
        assert api.search("zanzibar", mode=pb.SEARCH_MODE_TEXT) == []
