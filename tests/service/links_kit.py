"""What the tests of links share."""

from tests.service.kit import admin_pb


def link(api, guest, account):
    return api.LinkUsers(admin_pb.LinkUsersRequest(guest_id=guest, account_id=account)).link


def unlink(api, guest):
    return api.UnlinkUsers(admin_pb.UnlinkUsersRequest(guest_id=guest)).link


def links(api, user_id=""):
    """All of them, the newest first."""
    request = admin_pb.ListUserLinksRequest(user_id=user_id, page_size=1000)
    return list(api.ListUserLinks(request).links)
