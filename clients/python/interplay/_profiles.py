"""Methods of a client for what is known of users."""

# ruff: noqa: ASYNC109 - a timeout here is the deadline that grpc sends to the server

import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping
from typing import Any

from interplay import _words as words
from interplay import types
from interplay._transport import Transport
from interplay._words import Words
from interplay.types import Time, Word
from interplay.v1 import profile_pb2
from interplay.v1 import profile_service_pb2 as service
from interplay.v1.profile_service_pb2_grpc import ProfileServiceStub


class Profiles:
    """The part of AsyncInterplay that calls ProfileService."""

    _transport: Transport

    async def search_profiles(
        self,
        query: str,
        user_id: str = "",
        *,
        source: str = "",
        category: str = "",
        tags: Iterable[str] = (),
        lifecycles: Words = (),
        arm: Word = None,
        top_k: int = 0,
        mode: Word = None,
        threshold: float | None = None,
        as_of: Time = None,
        timeout: float | None = None,
    ) -> service.SearchProfilesResponse:
        """Searches facts by meaning and words, of all users where `user_id` is empty; `.hits` come best first.

        `top_k` 1 to 100, 0 means 10; `mode` hybrid, vector or text; `threshold` is a cosine, -1 to 1. `lifecycles`
        current (when not said), pending, superseded, archived, expired; `arm` production or shadow.
        """
        request = service.SearchProfilesRequest(
            query=query,
            user_id=user_id,
            source=source,
            category=category,
            tags=words.texts(tags, "tags"),
            lifecycles=words.lifecycles(lifecycles),
            arm=words.arm(arm),
            top_k=top_k,
            mode=words.search_mode(mode),
            threshold=threshold,
            as_of=types.timestamp(as_of, "as_of"),
        )
        return await self._transport.unary(self._transport.profiles.SearchProfiles, request, timeout)

    async def get_profile(self, profile_id: str, *, timeout: float | None = None) -> profile_pb2.Profile:
        """One profile. Raises NotFoundError."""
        request = service.GetProfileRequest(profile_id=profile_id)
        answer = await self._transport.unary(self._transport.profiles.GetProfile, request, timeout)
        return answer.profile

    def list_profiles(
        self,
        user_id: str = "",
        *,
        source: str = "",
        category: str = "",
        tags: Iterable[str] = (),
        lifecycles: Words = (),
        time_to_live: Word = None,
        method: Word = None,
        arm: Word = None,
        as_of: Time = None,
        page_size: int = 0,
        timeout: float | None = None,
    ) -> AsyncIterator[profile_pb2.Profile]:
        """Iterates over all that match, the newest first; words as in search_profiles.

        `method` rules, model or manual; `page_size` 1 to 1,000, 0 means 50; `timeout` counts for each page.
        """
        request = service.ListProfilesRequest(
            user_id=user_id,
            source=source,
            category=category,
            tags=words.texts(tags, "tags"),
            lifecycles=words.lifecycles(lifecycles),
            time_to_live=words.time_to_live(time_to_live),
            method=words.method(method),
            arm=words.arm(arm),
            as_of=types.timestamp(as_of, "as_of"),
            page_size=page_size,
        )
        return self._transport.pages(self._transport.profiles.ListProfiles, request, "profiles", timeout)

    get_profiles = list_profiles

    async def create_profile(
        self,
        user_id: str,
        content: str,
        *,
        category: str = "",
        subject: str = "",
        attribute: str = "",
        value: str = "",
        time_to_live: Word = None,
        confidence: float = 0.0,
        source_interaction_ids: Iterable[str] = (),
        source: str = "",
        tags: Iterable[str] = (),
        custom_features: Mapping[str, Any] | None = None,
        notes: str = "",
        request_id: str | None = None,
        timeout: float | None = None,
    ) -> profile_pb2.Profile:
        """Stores a fact by hand. `request_id` makes a retry safe and is made up when absent.

        `time_to_live` one_day, one_week, one_month, one_quarter, one_year (when not said) or infinity.
        """
        request = service.CreateProfileRequest(
            profile=profile_pb2.Profile(
                user_id=user_id,
                content=content,
                category=category,
                subject=subject,
                attribute=attribute,
                value=value,
                time_to_live=words.time_to_live(time_to_live),
                confidence=confidence,
                source_interaction_ids=words.texts(source_interaction_ids, "source_interaction_ids"),
                source=source,
                tags=words.texts(tags, "tags"),
                custom_features=types.struct(custom_features),
                notes=notes,
            ),
            request_id=request_id or uuid.uuid4().hex,
        )
        answer = await self._transport.unary(self._transport.profiles.CreateProfile, request, timeout)
        return answer.profile

    async def update_profile(
        self,
        profile_id: str,
        *,
        content: str | None = None,
        category: str | None = None,
        subject: str | None = None,
        attribute: str | None = None,
        value: str | None = None,
        time_to_live: Word = None,
        confidence: float | None = None,
        source_interaction_ids: Iterable[str] | None = None,
        source: str | None = None,
        tags: Iterable[str] | None = None,
        custom_features: Mapping[str, Any] | None = None,
        notes: str | None = None,
        etag: str = "",
        timeout: float | None = None,
    ) -> profile_pb2.Profile:
        """Changes what is given and nothing else; None is not given, "" empties. Never retried by itself.

        `etag` as it was read guards the row: AbortedError where it changed since. Raises NotFoundError.
        """
        values, mask = words.changed(
            content=content,
            category=category,
            subject=subject,
            attribute=attribute,
            value=value,
            time_to_live=None if time_to_live is None else words.time_to_live(time_to_live),
            confidence=confidence,
            source_interaction_ids=words.texts(source_interaction_ids, "source_interaction_ids"),
            source=source,
            tags=words.texts(tags, "tags"),
            custom_features=types.struct(custom_features),
            notes=notes,
        )
        request = service.UpdateProfileRequest(
            profile=profile_pb2.Profile(profile_id=profile_id, etag=etag, **values), update_mask=mask
        )
        answer = await self._transport.unary(self._transport.profiles.UpdateProfile, request, timeout)
        return answer.profile

    async def delete_profile(self, profile_id: str, *, etag: str = "", timeout: float | None = None) -> None:
        """Deletes a profile for good, its history included. Raises NotFoundError, AbortedError. Never retried."""
        request = service.DeleteProfileRequest(profile_id=profile_id, etag=etag)
        await self._transport.unary(self._transport.profiles.DeleteProfile, request, timeout)

    def profile_changes(
        self,
        user_id: str = "",
        *,
        profile_id: str = "",
        start_time: Time = None,
        end_time: Time = None,
        change_types: Words = (),
        page_size: int = 0,
        timeout: float | None = None,
    ) -> AsyncIterator[profile_pb2.ProfileChange]:
        """Iterates over what happened to profiles, the latest first; `end_time` is exclusive.

        `change_types` created, confirmed, updated, superseded, restored, witness_removed, deleted.
        """
        request = service.ListProfileChangesRequest(
            user_id=user_id,
            profile_id=profile_id,
            start_time=types.timestamp(start_time, "start_time"),
            end_time=types.timestamp(end_time, "end_time"),
            change_types=words.change_types(change_types),
            page_size=page_size,
        )
        return self._transport.pages(self._transport.profiles.ListProfileChanges, request, "changes", timeout)

    def watch_profiles(
        self,
        *,
        user_id: str = "",
        resume_token: str = "",
        from_beginning: bool = False,
        heartbeat_seconds: int = 0,
        heartbeats: bool = False,
    ) -> AsyncGenerator[service.WatchProfilesResponse, None]:
        """Follows changes of profiles without end, across lost connections.

        Each answer has a `change`, or none in a heart-beat (only with `heartbeats`), and the `resume_token` from which
        a later watch goes on. `heartbeat_seconds` as in watch_interactions.
        """
        request = service.WatchProfilesRequest(
            user_id=user_id,
            resume_token=resume_token,
            from_beginning=from_beginning,
            heartbeat_seconds=heartbeat_seconds,
        )
        return self._transport.watch(
            ProfileServiceStub,
            "WatchProfiles",
            request,
            lambda answer: not answer.HasField("change"),
            heartbeats=heartbeats,
        )
