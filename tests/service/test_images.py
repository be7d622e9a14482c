"""Images: bytes come back whole, only when asked for; what is not an image is refused; URLs are never fetched."""

import hashlib
import socket
import threading
from contextlib import suppress

import pytest

from tests.service.kit import GIF, JPEG, PNG, WEBP, batch, data, pb, refused

KINDS = {"image/png": PNG, "image/jpeg": JPEG, "image/gif": GIF, "image/webp": WEBP}
FULL = pb.INTERACTION_VIEW_FULL


def get(api, made, view):
    return api.GetInteraction(pb.GetInteractionRequest(interaction_id=made, view=view)).interaction


@pytest.mark.parametrize("media_type", KINDS)
@pytest.mark.parametrize("wait", [1, 2], ids=["tail", "tables"])
def test_round_trip(api, media_type, wait):
    image = KINDS[media_type] + bytes(range(256)) * 40
    made = api.PublishInteractions(batch(data("look", image=image), wait=wait)).interaction_ids[0]
    for view in (0, pb.INTERACTION_VIEW_BASIC):
        row = get(api, made, view)
        assert row.data.image == b""
        assert (row.image_info.media_type, row.image_info.size_bytes) == (media_type, len(image))
        assert row.image_info.sha256 == hashlib.sha256(image).hexdigest()
    assert get(api, made, FULL).data.image == image
    assert api.listed(view=FULL)[0].data.image == image
    assert api.listed()[0].data.image == b""
    assert api.search("look", user_id="u")[0].interaction.data.image == b""


def test_one_image_of_many_interactions_lives_with_the_last(api):
    rows = [data(str(at), image=PNG + b"shared") for at in range(3)]
    ids = list(api.PublishInteractions(batch(*rows, wait=pb.WAIT_LEVEL_VISIBLE)).interaction_ids)
    api.DeleteInteractions(pb.DeleteInteractionsRequest(interaction_ids=ids[:2]))
    api.PublishInteractions(batch("later", wait=pb.WAIT_LEVEL_VISIBLE))
    assert get(api, ids[2], FULL).data.image == PNG + b"shared"


@pytest.mark.parametrize("image", [b"x", b"GIF", b"GIF88a" + b"\0" * 20, PNG[:20], JPEG[:3], b"RIFF\0\0\0\0WAVE" + b"\0" * 9,
                                   b"<svg xmlns='http://www.w3.org/2000/svg'/>" * 2, b"BM" + b"\0" * 60, b"\0" * 1000])  # fmt: skip
def test_what_is_not_an_image(api, image):
    error = refused(api.PublishInteractions, batch("fine", data("look", image=image)))
    assert (error.code, error.fields) == ("INVALID_ARGUMENT", ["interactions[1].image"])
    assert api.listed() == []


def test_at_the_limit_and_beyond(api):
    limit = 8 * 2**20
    image = (PNG + bytes(limit))[:limit]
    (made,) = api.publish(data("big", image=image))
    assert get(api, made, FULL).data.image == image
    error = refused(api.PublishInteractions, batch(data("too big", image=image + b"\0")))
    assert (error.code, error.fields) == ("INVALID_ARGUMENT", ["interactions[0].image"])
    assert api.contents() == ["big"]


def test_a_page_of_big_images_ends_early(api):
    for at in range(4):
        api.publish(data(str(at), image=PNG + bytes([at]) * 5 * 2**20))
    token, seen, sizes = "", [], []
    while True:
        page = api.ListInteractions(pb.ListInteractionsRequest(view=FULL, page_token=token))
        seen += [one.data.content for one in page.interactions]
        sizes.append(page.ByteSize())
        token = page.next_page_token
        if not token:
            break
    assert seen == ["0", "1", "2", "3"] and len(sizes) > 1
    assert max(sizes) <= 16 * 2**20
    assert len(api.listed()) == 4


def test_urls_are_never_fetched(api):
    fetched = []
    with socket.create_server(("127.0.0.1", 0)) as trap:
        trap.settimeout(0.5)

        def listen():
            with suppress(TimeoutError):
                fetched.append(trap.accept())

        listener = threading.Thread(target=listen)
        listener.start()
        url = f"http://127.0.0.1:{trap.getsockname()[1]}/image.png"
        (made,) = api.publish(data("look", interacted_image_url=url))
        row = get(api, made, FULL)
        api.search("look", user_id="u")
        listener.join()
    assert row.data.interacted_image_url == url
    assert not row.HasField("image_info") and not row.data.image
    assert not fetched
