"""Groups of lessons: admission, support, votes, wording, and what one member more may change."""

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from interplay_server.learning.aggregation.aggregate import (
    aggregate,
    assign,
    default_similarity,
    fingerprint,
    same_lesson,
    suppressed,
)
from interplay_server.learning.aggregation.keys import key_vectors
from interplay_server.learning.aggregation.model import AggregationSettings, Member, Rejected, Seed
from interplay_server.models.wordllama import WordLlamaEmbedder

EMBEDDER = WordLlamaEmbedder()
USUAL = AggregationSettings()


def lesson(playbook_id, trigger, instruction, **more):
    kept = {
        "user_id": f"user-{playbook_id}", "session_id": f"session-{playbook_id}", "agent_id": "shop", "agent_version": "1",
        "origin": "correction",
    }  # fmt: skip
    return Member(playbook_id=playbook_id, trigger=trigger, instruction=instruction, **(kept | more))


def groups(members, given=USUAL, seeds=()):
    return aggregate(members, key_vectors(members, EMBEDDER), given, seeds)


def seeds_of(made):
    return [Seed(group.fingerprint, group.member_ids) for group in made]


REFUND = "Customer asks for a refund"
CARD = "Refund the money to the original card"


def test_two_users_make_a_group_with_its_support():
    members = [
        lesson("b", REFUND, CARD, pitfall="Offered a voucher", time=30, agent_version="2"),
        lesson("a", "The customer wants a refund", "Refund to the original card", time=10),
        lesson("c", "Write release notes", "Leave out emojis", time=5),
    ]
    (group,) = groups(members)
    assert group.member_ids == ("a", "b")
    assert (group.member_count, group.distinct_users, group.distinct_sessions, group.expert_count) == (2, 2, 2, 0)
    assert (group.first_time, group.last_time, group.agent_versions) == (10, 30, ("1", "2"))
    assert (group.winner_share, group.conflict, group.dissent, group.weight) == (1.0, False, (), 2.0)
    assert group.confidence == 0.5
    assert (group.trigger, group.instruction) in {(one.trigger, one.instruction) for one in members[:2]}
    assert group.pitfall == "Offered a voucher"
    assert group.content == f"When {group.trigger}: {group.instruction}. Avoid: Offered a voucher."
    assert group.fingerprint == fingerprint(["b", "a"])
    assert np.linalg.norm(group.centroid) == pytest.approx(1, abs=1e-6)


def test_one_user_is_no_group_but_one_expert_is():
    said = {"trigger": REFUND, "instruction": CARD}
    assert groups([lesson("a", **said)]) == []
    (group,) = groups([lesson("a", **said, origin="expert")])
    assert (group.member_count, group.expert_count, group.confidence) == (1, 1, 3 / 5)
    bar = AggregationSettings(min_users=2)
    assert groups([lesson("a", **said, origin="expert")], bar) == []
    twice = [lesson("a", **said, user_id="u"), lesson("b", **said, user_id="u")]
    assert len(groups(twice)) == 1
    assert groups(twice, bar) == []


def test_agents_do_not_share_lessons_and_versions_do():
    members = [lesson("a", REFUND, CARD, agent_version="1"), lesson("b", REFUND, CARD, agent_version="9")]
    assert len(groups(members)) == 1
    assert groups([members[0], msgspec.structs.replace(members[1], agent_id="bank")]) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Offer a voucher", "Do not offer a voucher"),
        ("Present the comparison as a table", "Write the comparison as text, never as a table"),
        ("Answer in kilometres", "Answer in miles"),
        ("Allow returns within 30 days", "Allow returns within 14 days"),
        ("Keep the answer brief", "Give a long, detailed answer"),
        ("Send the invoice before the delivery", "Send the invoice after the delivery"),
    ],
)
def test_opposite_advice_is_one_group_in_conflict(one, other):
    (group,) = groups([lesson("a", REFUND, one), lesson("b", REFUND, other)])
    assert group.conflict
    assert group.winner_share == 0.5
    assert group.confidence == pytest.approx(1 / 3 * 0.5)
    (dissent,) = group.dissent
    assert {group.instruction, dissent.instruction} == {one, other}
    assert dissent.weight == 1.0
    assert dissent.member_ids == ("b",)


def test_a_clear_majority_wins_and_dissent_is_recorded():
    members = [lesson(name, REFUND, "Offer a voucher") for name in "abc"]
    (group,) = groups([*members, lesson("d", REFUND, "Do not offer a voucher", pitfall="Sent one")])
    assert not group.conflict
    assert group.instruction == "Offer a voucher"
    assert group.winner_share == 0.75
    assert group.pitfall == ""
    assert [(one.instruction, one.weight, one.member_ids) for one in group.dissent] == [
        ("Do not offer a voucher", 1.0, ("d",))
    ]


def test_a_share_of_exactly_the_bar_is_a_conflict():
    for_it = [lesson(f"a{n}", REFUND, "Offer a voucher") for n in range(3)]
    against = [lesson(f"b{n}", REFUND, "Do not offer a voucher") for n in range(2)]
    (group,) = groups([*for_it, *against])
    assert group.winner_share == 0.6
    assert group.conflict
    (group,) = groups([*for_it, *against], AggregationSettings(winner_share=0.59))
    assert not group.conflict


def test_one_noisy_user_does_not_outvote_three():
    noisy = [lesson(f"n{n}", REFUND, "Offer a voucher", user_id="loud") for n in range(10)]
    others = [lesson(f"o{n}", REFUND, "Do not offer a voucher") for n in range(4)]
    (group,) = groups([*noisy, *others])
    assert group.instruction == "Do not offer a voucher"
    assert (group.weight, group.winner_share, group.conflict) == (pytest.approx(6.0), pytest.approx(4 / 6), False)
    assert group.member_count == 14


def test_an_expert_outweighs_two_users_and_is_not_cut_by_the_cap():
    members = [
        lesson("a", REFUND, "Offer a voucher"),
        lesson("b", REFUND, "Do not offer a voucher", origin="expert"),
    ]
    (group,) = groups(members)
    assert group.instruction == "Do not offer a voucher"
    assert (group.winner_share, group.conflict) == (0.75, False)


def test_what_is_in_the_way_needs_half_the_weight():
    blocked = {"blocking_kind": "missing_tool", "blocking_details": "no refund tool"}
    members = [lesson("a", REFUND, CARD, **blocked), lesson("b", REFUND, CARD), lesson("c", REFUND, CARD)]
    (group,) = groups(members)
    assert (group.blocking_kind, group.blocking_details) == ("", "")
    (group,) = groups([*members[:2], msgspec.structs.replace(members[2], **blocked)])
    assert (group.blocking_kind, group.blocking_details) == ("missing_tool", "no refund tool")


def test_one_instruction_for_two_situations_is_two_lessons():
    members = [
        lesson("a", "Write release notes", "Do not use emojis"),
        lesson("b", "Draft the release notes of a version", "Leave out emojis"),
        lesson("c", "Write a social media post", "Use one or two emojis"),
    ]
    (group,) = groups(members)
    assert group.member_ids == ("a", "b")
    assert group.dissent == ()


def test_a_rejected_lesson_stays_away_until_its_support_doubles():
    members = [lesson(name, REFUND, "Offer a voucher") for name in "abcd"]
    (two,) = groups(members[:2])
    memory = [Rejected(two.centroid, two.weight, two.instruction)]
    (three,), (four,) = groups(members[:3]), groups(members)
    assert suppressed(two, memory, USUAL)
    assert suppressed(three, memory, USUAL)
    assert not suppressed(four, memory, USUAL)
    repeated = [*members[:2], *(lesson(f"r{n}", REFUND, "Offer a voucher", user_id="user-a") for n in range(9))]
    assert suppressed(groups(repeated)[0], memory, USUAL)
    (contrary,) = groups([lesson(name, REFUND, "Do not offer a voucher") for name in "xy"])
    assert same_lesson(contrary.centroid, two.centroid, USUAL.similarity)
    assert not suppressed(contrary, memory, USUAL)
    (other,) = groups([lesson(name, "Write release notes", "Leave out emojis") for name in "pq"])
    assert not suppressed(other, memory, USUAL)


def test_assign_names_the_group_that_a_member_joins():
    members = [lesson(f"a{n}", REFUND, CARD) for n in range(3)]
    members += [lesson(f"b{n}", "Write release notes", "Leave out emojis") for n in range(2)]
    made = groups(members)
    centroids, cohesions = np.array([group.centroid for group in made]), [group.cohesion for group in made]
    near = lesson("z", "Draft release notes", "Do not use emojis in the release notes")
    far = lesson("z", "Booking a hotel room", "Ask whether breakfast is wanted")
    (vector,) = key_vectors([near], EMBEDDER)
    assert assign(vector, centroids, cohesions, USUAL.similarity) == [1]
    again = groups([*members, near], seeds=seeds_of(made))
    assert again[0] == msgspec.structs.replace(made[0], seed_id=made[0].fingerprint)
    assert again[1].member_ids == (*made[1].member_ids, "z")
    (vector,) = key_vectors([far], EMBEDDER)
    assert assign(vector, centroids, cohesions, USUAL.similarity) == []
    assert assign(vector, np.zeros((0, 512), np.float32), [], USUAL.similarity) == []


def test_a_seed_keeps_its_members_and_loses_who_left():
    members = [lesson(name, REFUND, CARD) for name in "abc"] + [lesson("d", "Write release notes", "Leave out emojis")]
    (group,) = groups(members, seeds=[Seed("kept", ("a", "b", "d", "gone"))])
    assert group.member_ids == ("a", "b", "c", "d")
    assert group.seed_id == "kept"
    (group,) = groups(members[1:3], seeds=[Seed("kept", ("a", "b", "d", "gone"))])
    assert (group.member_ids, group.seed_id) == (("b", "c"), "kept")


def test_settings_are_checked():
    for wrong in (
        {"similarity": 0}, {"similarity": 1.1}, {"winner_share": 1}, {"per_user_cap": 0}, {"min_users": 0},
        {"direction_overlap": -0.1},
    ):  # fmt: skip
        with pytest.raises(ValueError):
            AggregationSettings(**wrong)
    member = lesson("a", REFUND, CARD)
    with pytest.raises(ValueError):
        aggregate([member], np.zeros((2, 4), np.float32), USUAL)
    with pytest.raises(ValueError):
        aggregate([member, member], np.zeros((2, 4), np.float32), USUAL)
    assert default_similarity("wordllama-256") == default_similarity("unknown") == USUAL.similarity


RETURNS = [
    ("original receipt", "Mention that electronics can be returned within 30 days with the original receipt"),
    ("original packaging", "Mention that items must be in original packaging and include all accessories"),
    ("opened software", "Mention that opened software and personal care electronics are final sale"),
    ("defective items", "Mention that for defective items, the return window extends to 90 days"),
    ("refunds", "Mention that refunds are processed to the original payment method within 5-7 business days"),
]
OTHER_WORDS = [
    ("receipt", "Say that the original receipt is needed to return electronics within 30 days"),
    ("packaging", "Tell the customer that returned items need their original packaging and all of the accessories"),
    ("software", "Explain that opened software and electronics for personal care cannot be returned: final sale"),
    ("defects", "Point out that defective items may be returned for 90 days"),
    ("refund", "State that refunds go to the original payment method in 5-7 business days"),
]


def gaps(name, said, **more):
    return [
        lesson(f"{name}{n}", f"User asks about the return policy for electronics: {topic}", text, origin="expert",
               user_id=name, session_id=name, apart=name, **more)
        for n, (topic, text) in enumerate(said)
    ]  # fmt: skip


def test_the_gaps_of_one_reply_stay_apart_and_join_those_of_another():
    first = gaps("a", RETURNS)
    made = groups(first)
    assert [group.member_ids for group in made] == [(f"a{n}",) for n in range(5)]
    both = [*first, *gaps("b", OTHER_WORDS)]
    joined = [(f"a{n}", f"b{n}") for n in range(5)]
    assert [group.member_ids for group in groups(both)] == joined
    assert [group.member_ids for group in groups(both, seeds=seeds_of(made))] == joined


def test_one_reply_that_says_the_same_twice_still_is_two_lessons():
    twice = [lesson(name, REFUND, CARD, origin="expert", apart="reply") for name in "ab"]
    assert [group.member_ids for group in groups(twice)] == [("a",), ("b",)]
    third = [*twice, lesson("c", REFUND, CARD), lesson("d", REFUND, CARD, apart="another")]
    assert [group.member_ids for group in groups(third)] == [("a", "c", "d"), ("b",)]


def test_a_seed_gives_up_what_must_stay_apart():
    members = [*gaps("a", RETURNS), lesson("z", REFUND, CARD)]
    (kept, *others) = groups(members, seeds=[Seed("old", ("a3", "a1", "a4", "z"))])
    assert (kept.member_ids, kept.seed_id) == (("a0",), "")
    assert [(group.member_ids, group.seed_id) for group in others] == [
        (("a1", "z"), "old"), (("a2",), ""), (("a3",), ""), (("a4",), ""),
    ]  # fmt: skip


def test_what_a_user_says_at_once_in_other_words_is_another_lesson():
    said = {"user_id": "u", "session_id": "s"}
    wash = lesson("a", "Laundry advice", "Wash wool at thirty degrees", **said)
    dry = lesson("b", "laundry  advice", "Dry wool flat on a towel", **said)
    assert groups([wash, dry], AggregationSettings(similarity=0.1)) == []
    apart = msgspec.structs.replace(dry, session_id="later")
    assert len(groups([wash, apart], AggregationSettings(similarity=0.1))) == 1
    again = lesson("c", "Laundry advice", "Wash all wool at thirty degrees at most", **said)
    (group,) = groups([wash, dry, again])
    assert group.member_ids == ("a", "c")
    against = lesson("d", "Laundry advice", "Never wash wool at thirty degrees", **said)
    (group,) = groups([wash, against])
    assert group.conflict


def test_different_rules_for_one_situation_stay_apart():
    for_order = "Cancel pending order"
    rules = [
        "An order can only be cancelled if its status is pending, and the status has to be checked beforehand",
        "The customer has to name one of two reasons, no longer needed or ordered by mistake",
        "The total goes back to a gift card at once, to other payment methods in five to seven working days",
    ]
    members = [lesson(f"{n}", for_order, rule) for n, rule in enumerate(rules)]
    assert groups(members) == []
    members.append(lesson("z", for_order, "Refund the total at once to a gift card, otherwise in 5 to 7 working days"))
    assert [group.member_ids for group in groups(members)] == [("2", "z")]


def test_a_style_for_every_situation_is_one_lesson_however_it_is_worded():
    said = ["Be polite", "Answer politely", "Use a polite tone", "Be polite and respectful", "Speak politely to users"]
    members = [lesson(f"{n}", "", text) for n, text in enumerate(said)]
    members += [lesson("x", "", "Answer in English"), lesson("y", "", "Name your sources")]
    (group,) = groups(members)
    assert group.member_ids == ("0", "1", "2", "3", "4")


SAYINGS = [
    "offer a voucher",
    "do not offer a voucher",
    "ask first",
    "never ask",
    "wait 3 days",
    "wait 5 days",
    "send it",
]


def scene(seed, count, centres, spread):
    """Lessons around some centres; both halves of the vectors scatter."""
    chance = np.random.default_rng(seed)
    middle = chance.standard_normal((centres, 2, 8))
    rows = middle[chance.integers(centres, size=count)] + spread * chance.standard_normal((count, 2, 8))
    rows /= np.linalg.norm(rows, axis=2, keepdims=True)
    vectors = (rows * np.sqrt([[0.4], [0.6]])).reshape(count, 16).astype(np.float32)
    members = [
        lesson(
            f"{n:03}", "", SAYINGS[chance.integers(len(SAYINGS))], user_id=f"u{chance.integers(5)}",
            session_id=f"s{chance.integers(3)}", agent_id=f"agent{chance.integers(2)}",
            origin="expert" if chance.random() < 0.1 else "correction",
            apart=f"reply{chance.integers(4)}" if chance.random() < 0.4 else "",
        )
        for n in chance.permutation(count)
    ]  # fmt: skip
    return members, vectors


drawn_scene = st.builds(
    scene, st.integers(0, 10**6), st.integers(2, 40), st.integers(1, 6), st.floats(0.1, 1.2)
)  # fmt: skip


@given(drawn_scene, st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=50)
def test_the_order_of_members_changes_nothing(drawn, chance):
    members, vectors = drawn
    order = list(range(len(members)))
    chance.shuffle(order)
    made = aggregate(members, vectors, USUAL)
    assert aggregate([members[i] for i in order], vectors[order], USUAL) == made
    assert aggregate(members, vectors, USUAL) == made


@given(drawn_scene)
@settings(deadline=None, max_examples=50)
def test_what_must_stay_apart_does_with_and_without_seeds(drawn):
    members, vectors = drawn
    one = AggregationSettings(min_cluster_size=1, similarity=0.05)
    everybody = [Seed(agent, tuple(member.playbook_id for member in members)) for agent in ("first", "second")]
    made = aggregate(members, vectors, one)
    by_id = {member.playbook_id: member for member in members}
    for found in (made, aggregate(members, vectors, one, everybody), aggregate(members, vectors, one, seeds_of(made))):
        assert sorted(name for group in found for name in group.member_ids) == sorted(by_id)
        for group in found:
            together = [by_id[name] for name in group.member_ids]
            replies = [member.apart for member in together if member.apart]
            assert len(set(replies)) == len(replies)
            for member in together:
                for other in together:
                    if (member.user_id, member.session_id) == (other.user_id, other.session_id):
                        assert {member.instruction, other.instruction} != {"send it", "ask first"}


@given(drawn_scene, st.integers(1, 3), st.integers(1, 3))
@settings(deadline=None, max_examples=50)
def test_running_again_from_the_groups_changes_nothing(drawn, least, users):
    members, vectors = drawn
    bars = AggregationSettings(min_cluster_size=least, min_users=users)
    made = aggregate(members[: len(members) // 2], vectors[: len(members) // 2], bars)
    first = aggregate(members, vectors, bars, seeds_of(made))
    again = aggregate(members, vectors, bars, seeds_of(first))
    assert [msgspec.structs.replace(group, seed_id="") for group in again] == [
        msgspec.structs.replace(group, seed_id="") for group in first
    ]
    assert [group.seed_id for group in again] == [group.fingerprint for group in first]


@given(drawn_scene)
@settings(deadline=None, max_examples=50)
def test_running_again_after_members_left_changes_nothing(drawn):
    members, vectors = drawn
    made = aggregate(members, vectors, USUAL)
    rest, less = members[::2], vectors[::2]
    first = aggregate(rest, less, USUAL, seeds_of(made))
    again = aggregate(rest, less, USUAL, seeds_of(first))
    assert [group.fingerprint for group in again] == [group.fingerprint for group in first]


@given(drawn_scene)
@settings(deadline=None, max_examples=80)
def test_one_member_more_changes_at_most_one_group(drawn):
    members, vectors = drawn
    made = aggregate(members[1:], vectors[1:], USUAL)
    after = aggregate(members, vectors, USUAL, seeds_of(made))
    new = members[0].playbook_id
    kept = {group.fingerprint: group for group in made}
    changed = [group for group in after if group.fingerprint not in kept]
    assert len(changed) <= 1
    assert all(new in group.member_ids for group in changed)
    assert len(kept.keys() - {group.fingerprint for group in after}) <= len(changed)
    for group in after:
        if group.fingerprint in kept:
            assert msgspec.structs.replace(group, seed_id="") == msgspec.structs.replace(
                kept[group.fingerprint], seed_id=""
            )


@given(drawn_scene)
@settings(deadline=None, max_examples=50)
def test_a_member_far_from_all_changes_nothing_else_even_in_a_full_run(drawn):
    members, vectors = drawn
    wider = np.hstack([vectors, np.zeros((len(vectors), 1), np.float32)])
    wider = np.insert(wider, 8, 0, axis=1)
    far = np.zeros((1, 18), np.float32)
    far[0, [8, 17]] = 0.4**0.5, 0.6**0.5
    stranger = lesson("0", "", "something else", agent_id="agent0", origin="expert")
    made = aggregate(members, wider, USUAL)
    after = aggregate([stranger, *members], np.vstack([far, wider]), USUAL)
    assert [group for group in after if group.member_ids != ("0",)] == made
    assert len(after) == len(made) + 1
