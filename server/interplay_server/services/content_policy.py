"""How content is stored, of AdminService."""

import asyncio
import time

from interplay.v1 import admin_service_pb2 as pb

from interplay_server.domain import journal
from interplay_server.domain.content_policy import META_KEY, PLAIN, ContentPolicy, ContentRule, dump
from interplay_server.domain.ports import TenantStore
from interplay_server.domain.writing import commit
from interplay_server.errors import ConcurrentChange
from interplay_server.interceptors.call import Call
from interplay_server.services.convert.content_policy import policy_to_pb, rules_from_pb


class ContentPolicyMethods:
    async def set_content_policy(self, call: Call) -> pb.SetContentPolicyResponse:
        request: pb.SetContentPolicyRequest = call.request  # type: ignore[assignment]
        rules, revision = rules_from_pb(request.policy), request.policy.revision
        store = await call.writable()
        # To its end, also for a caller who went away: what is written holds.
        made = await asyncio.shield(asyncio.create_task(_replace(store, rules, revision), name="set content policy"))
        return pb.SetContentPolicyResponse(policy=policy_to_pb(made))

    async def get_content_policy(self, call: Call) -> pb.GetContentPolicyResponse:
        return pb.GetContentPolicyResponse(policy=policy_to_pb(call.store.content.policy))


async def _replace(store: TenantStore, rules: tuple[ContentRule, ...], revision: int) -> ContentPolicy:
    """Raises ConcurrentChange, KeyUnavailable."""
    content = store.content
    async with content.configuring:
        if revision and revision != content.policy.revision:
            raise ConcurrentChange("content_policy")
        if any(rule.encryption != PLAIN for rule in rules):
            await content.ready()
        made = ContentPolicy(rules, time.time_ns() // 1000, content.policy.revision + 1)
        await commit(store, journal.Recorded(meta={META_KEY: dump(made)}))
        content.policy = made
        return made
