"""ProfileService: facts about users."""

from interplay.v1 import profile_pb2
from interplay.v1 import profile_service_pb2 as pb

from interplay_server.domain.learnt import PROFILE, ChangeFilter, LearntFilter, Profile
from interplay_server.errors import ProfileNotFound
from interplay_server.interceptors.call import Call
from interplay_server.learning import rows
from interplay_server.learning.learning import Learning
from interplay_server.learning.recall import Wanted, listed, recall
from interplay_server.learning.tenant import LearningTenant, now_micros
from interplay_server.services.batches import digest
from interplay_server.services.convert.filters import instant_from_pb, page_size, query_key, times_from_pb
from interplay_server.services.convert.learnt import (
    PROFILE_FIELDS,
    Shown,
    arm_name,
    change_names,
    fitting,
    lifecycle_names,
    mask_paths,
    method_name,
    ttl_name,
    written,
)
from interplay_server.services.learnt_hits import hit_fields
from interplay_server.services.search import DEFAULT_TOP_K, MODES
from interplay_server.streaming.learnt_watch import LearntWatches


class ProfileService:
    def __init__(self, learning: Learning, watches: LearntWatches) -> None:
        self._learning, self._watches = learning, watches

    async def search_profiles(self, call: Call) -> pb.SearchProfilesResponse:
        request: pb.SearchProfilesRequest = call.request  # type: ignore[assignment]
        tenant = await self._learning.tenant(call.store)
        wanted = Wanted(
            LearntFilter(
                user_id=request.user_id, source=request.source, category=request.category, arm=arm_name(request.arm)
            ),
            lifecycle_names(request.lifecycles),
            tuple(request.tags),
            instant_from_pb(request, "as_of"),
        )
        found = await recall(
            tenant,
            PROFILE,
            wanted,
            request.query,
            top_k=request.top_k or DEFAULT_TOP_K,
            mode=MODES[request.mode],
            threshold=request.threshold if request.HasField("threshold") else None,
        )
        shown = Shown(tenant.generations, wanted.instant)
        response = pb.SearchProfilesResponse(
            degraded=bool(found.degraded_reason), degraded_reason=found.degraded_reason
        )
        response.hits.extend(
            fitting(
                pb.ProfileHit(profile=shown.profile(one.row), **hit_fields(one.hit))
                for one in found.hits
                if isinstance(one.row, Profile)
            )
        )
        return response

    async def get_profile(self, call: Call) -> pb.GetProfileResponse:
        request: pb.GetProfileRequest = call.request  # type: ignore[assignment]
        tenant = await self._learning.tenant(call.store)
        row = await rows.find(tenant, PROFILE, request.profile_id)
        return pb.GetProfileResponse(profile=_shown(tenant, row))

    async def list_profiles(self, call: Call) -> pb.ListProfilesResponse:
        request: pb.ListProfilesRequest = call.request  # type: ignore[assignment]
        query, size, store = query_key(request), page_size(request.page_size), call.store
        before = store.tokens.read_page_token(request.page_token, query, str) if request.page_token else ""
        tenant = await self._learning.tenant(store)
        wanted = Wanted(
            LearntFilter(
                user_id=request.user_id,
                source=request.source,
                category=request.category,
                ttl=ttl_name(request.time_to_live),
                method=method_name(request.method),
                arm=arm_name(request.arm),
            ),
            lifecycle_names(request.lifecycles),
            tuple(request.tags),
            instant_from_pb(request, "as_of"),
        )
        found = await listed(tenant, PROFILE, wanted, limit=size + 1, before=before)
        shown = Shown(tenant.generations, wanted.instant)
        response = pb.ListProfilesResponse(
            profiles=fitting(shown.profile(row) for row in found[:size] if isinstance(row, Profile))
        )
        if len(found) > (count := len(response.profiles)):
            response.next_page_token = store.tokens.page_token(query, found[count - 1].row_id)
        return response

    async def create_profile(self, call: Call) -> pb.CreateProfileResponse:
        request: pb.CreateProfileRequest = call.request  # type: ignore[assignment]
        request_id = request.request_id
        request.ClearField("request_id")
        given = request.profile
        values = written(
            given, PROFILE_FIELDS, PROFILE_FIELDS, path="profile", required=("content",), named=("user_id",)
        )
        store = await call.writable()
        store.erasures.check(given.user_id)
        tenant = (await self._learning.of(store)).tenant
        row = await rows.create(
            tenant, PROFILE, given.user_id, values, request_id=request_id, signature=digest(request, "profile")
        )
        return pb.CreateProfileResponse(profile=_shown(tenant, row))

    async def update_profile(self, call: Call) -> pb.UpdateProfileResponse:
        request: pb.UpdateProfileRequest = call.request  # type: ignore[assignment]
        given = request.profile
        paths = mask_paths(given, request.update_mask.paths, PROFILE_FIELDS)
        values = written(given, PROFILE_FIELDS, paths, path="profile", required=("content",), named=("profile_id",))
        tenant = await self._existing(call, given.profile_id)
        row = await rows.update(tenant, PROFILE, given.profile_id, values, given.etag)
        return pb.UpdateProfileResponse(profile=_shown(tenant, row))

    async def delete_profile(self, call: Call) -> pb.DeleteProfileResponse:
        request: pb.DeleteProfileRequest = call.request  # type: ignore[assignment]
        tenant = await self._existing(call, request.profile_id)
        await rows.delete(tenant, PROFILE, request.profile_id, request.etag)
        return pb.DeleteProfileResponse()

    async def list_profile_changes(self, call: Call) -> pb.ListProfileChangesResponse:
        request: pb.ListProfileChangesRequest = call.request  # type: ignore[assignment]
        query, size, store = query_key(request), page_size(request.page_size), call.store
        before = (
            store.tokens.read_page_token(request.page_token, query, tuple[int, str]) if request.page_token else None
        )
        start, end = times_from_pb(request)
        where = ChangeFilter(
            (PROFILE,), request.user_id, request.profile_id, change_names(request.change_types), start, end
        )
        found = await store.learnt.changes(where, limit=size + 1, before=before)
        tenant = await self._learning.tenant(store)
        shown = Shown(tenant.generations, now_micros())
        response = pb.ListProfileChangesResponse(changes=fitting(shown.profile_change(one) for one in found[:size]))
        if len(found) > (count := len(response.changes)):
            last = found[count - 1]
            response.next_page_token = store.tokens.page_token(query, (last.seq, last.change_id))
        return response

    async def watch_profiles(self, call: Call) -> None:
        await self._watches.run(call, (PROFILE,))

    async def _existing(self, call: Call, profile_id: str) -> LearningTenant:
        """Raises ProfileNotFound where there is no tenant: a failed write makes none."""
        if not call.store.exists:
            raise ProfileNotFound(profile_id)
        return (await self._learning.of(call.store)).tenant


def _shown(tenant: LearningTenant, row: object) -> profile_pb2.Profile:
    assert isinstance(row, Profile)  # noqa: S101 - by its kind
    return Shown(tenant.generations, now_micros()).profile(row)
