"""What an entry of the journal says of people, and what is left of it without some of them."""

from interplay_server.domain import journal, shop
from interplay_server.domain.commerce import Customer, Order
from interplay_server.domain.erasure import names, people_of, person_of, pseudonym_of, without
from interplay_server.domain.evaluation import EXPOSURES, Exposure, exposure_row
from interplay_server.domain.interaction import BatchHeader
from interplay_server.domain.learnt import CREATED, DELETED, Cursor, CursorKey, Origin, Profile, RowChange
from interplay_server.domain.records import Put, Removal

GONE = {"ada"}.__contains__


def profile(user):
    return Profile(f"row-{user}", user, 1, 1, Origin(), content="tea")


def change(user, kind=CREATED):
    return RowChange(f"change-{user}", "profile", f"row-{user}", user, kind, 1)


def order(number, customer):
    made = Order(
        order_id=number,
        customer_id=customer,
        created_at=1,
        currency="EUR",
        total_price=1.0,
        financial_status="paid",
        test=False,
        cancelled_at=None,
        lines=(),
        refunds=(),
    )
    return shop.order_row(made)


def test_pseudonyms_hang_on_the_secret_and_the_whole_id():
    secret = b"s" * 32
    made = {pseudonym_of(key, user) for key in (secret, b"t" * 32) for user in ("ada", "Ada", "ada ", "")}
    assert len(made) == 8
    assert all(len(one) == 32 and int(one, 16) >= 0 for one in made)
    assert pseudonym_of(secret, "ada") == pseudonym_of(secret, "ada")


def test_records_lose_rows_of_the_erased_alone():
    customer = shop.customer_row(Customer(customer_id="ada", email="ada@example.org"))
    entry = journal.Recorded(
        (
            Put(shop.ORDERS.name, (order("1", "ada"), order("2", "bob"))),
            Put(shop.CUSTOMERS.name, (customer,)),
            Put(EXPOSURES.name, (exposure_row(Exposure("e", "bob", "a", 1)),)),
        ),
        (Removal(shop.ORDERS.name, "customer_id", ("ada",)),),
        {"key": "value"},
        (("ada", "s", 1), ("bob", "s", 2)),
    )
    assert people_of(entry) == {"ada", "bob"}
    left = without(entry, GONE)
    assert [(put.collection, len(put.rows)) for put in left.puts] == [(shop.ORDERS.name, 1), (EXPOSURES.name, 1)]
    assert people_of(left) == {"bob"}
    assert left.evaluated == (("bob", "s", 2),)
    assert (left.removed, left.meta) == (entry.removed, entry.meta), "what is removed stays removed"
    assert without(left, GONE) is left
    assert without(entry, lambda _: False) is entry


def test_steps_of_learning_lose_what_they_say_of_the_erased():
    entry = journal.Learnt(
        puts=(profile("ada"), profile("bob")),
        removed=(("profile", "row-ada"),),
        changes=(change("ada", DELETED), change("")),
        cursors=(Cursor(CursorKey("ada", "facts", "production", 1), 4), Cursor(CursorKey("bob", "facts", "p", 1), 5)),
        done=(("ada", 4), ("bob", 5)),
        reopened=("ada",),
    )
    left = without(entry, GONE)
    assert [row.user_id for row in left.puts] == ["bob"]
    assert [one.user_id for one in left.changes] == [""]
    assert [one.key.user_id for one in left.cursors] == ["bob"]
    assert left.done == (("bob", 5),)
    assert left.removed == entry.removed
    assert left.reopened is None, "the empty tuple would mean everybody"
    assert without(journal.Learnt(reopened=()), GONE).reopened == ()


def test_deletions_forget_whose_events_go_and_publishes_have_one_person():
    assert without(journal.Deleted(("i",), ("ada", "bob")), GONE) == journal.Deleted(("i",), ("bob",))
    header = BatchHeader("ada", "s", "", "", "", "", evaluation_only=False)
    assert person_of(journal.Published(header, ())) == "ada"
    assert person_of(journal.Deleted(("ada",))) == ""


def test_a_text_names_somebody_by_their_whole_id():
    assert names('{"user": "ada"}', ["ada"])
    assert names("rerun of user-7, all", ["user-7"])
    assert not names("adapters for canada", ["ada"])
    assert not names("user-70", ["user-7"])
    assert names("a.b+c", ["a.b+c"])
    assert not names("nothing", [])
