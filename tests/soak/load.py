"""Everybody who uses the server at once: each part works on people and customers of its own, through a proxy that harms.

The population stays as large as it was: who has been there for long is erased. What was acked is compared with what is
found, again and again.
"""

import asyncio
import contextlib
import random
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import grpc
from interplay import AsyncInterplay
from interplay.errors import InterplayError
from interplay.v1 import admin_service_pb2 as admin_pb
from interplay.v1 import custody_pb2, operation_pb2, tenant_pb2
from interplay.v1.admin_service_pb2_grpc import AdminServiceStub
from interplay.v1.operation_service_pb2 import GetOperationRequest
from interplay.v1.operation_service_pb2_grpc import OperationServiceStub

from tests.soak.course import Course

TENANT = "soak"
PEOPLE, TURNS = 12, 24
CUSTOMERS, PRODUCTS = 20, 12
BACKUPS = 2
CITIES = ("Oslo", "Bergen", "Porto", "Lyon", "Graz", "Ghent", "Turku", "Bilbao")
DISHES = ("risotto", "ramen", "moussaka", "pierogi", "paella", "goulash", "ceviche", "injera")


@dataclass
class Person:
    user_id: str
    sent: set[str] = field(default_factory=set)
    """External ids of turns that were acked."""
    leaving: bool = False
    """Their erasure was asked for."""


class Load:
    """`run` until `end`, a time.monotonic(); `people` are alive, the oldest first."""

    def __init__(self, target: str, course: Course, seed: int) -> None:
        self.course, self._dice, self._target = course, random.Random(seed), target
        self.client = AsyncInterplay(target, tenant=TENANT, timeout=30.0)
        self._channel = grpc.aio.insecure_channel(target)
        self.admin, self.operations = AdminServiceStub(self._channel), OperationServiceStub(self._channel)
        self.people: deque[Person] = deque()
        self.rows = 0
        self._made = 0

    async def close(self) -> None:
        await self.client.close()
        await self._channel.close()

    async def run(self, end: float) -> None:
        parts = [self._publish] * 3 + [
            self._search, self._shop, self._monitor, self._dialogues, self._evaluate, self._learnt, self._watch,
            self._back_up, self._look_after,
        ]  # fmt: skip
        async with asyncio.TaskGroup() as group:
            for part in parts:
                group.create_task(self._again(part, end))

    async def _again(self, part: Callable[[], Awaitable[None]], end: float) -> None:
        """A part that the network or a kill broke off begins anew."""
        while time.monotonic() < end:
            try:
                async with asyncio.timeout(max(0.1, end - time.monotonic())):
                    await part()
            except TimeoutError:
                if time.monotonic() < end:
                    self.course.failures["TIMEOUT"] += 1
            except (InterplayError, grpc.RpcError) as error:
                code = error.code().name if isinstance(error, grpc.RpcError) else error.code
                self.course.failures[f"{part.__name__.strip('_')} {code}"] += 1
                if code not in ("UNAVAILABLE", "DEADLINE_EXCEEDED", "CANCELLED"):
                    self.course.wrong.append(f"{part.__name__}: {error!r}"[:300])
                await asyncio.sleep(0.5)

    @contextlib.asynccontextmanager
    async def _timed(self, kind: str) -> AsyncIterator[None]:
        start = time.perf_counter()
        yield
        self.course.took(kind, time.perf_counter() - start)

    # --- interactions

    async def _publish(self) -> None:
        """A person talks for some sessions; then the oldest of all is erased."""
        self._made += 1
        person = Person(f"person-{self._made}-{self._dice.randrange(10**6)}")
        self.people.append(person)
        city, dish = self._dice.choice(CITIES), self._dice.choice(DISHES)
        async with self.client.publisher(f"stream-{person.user_id}", user_id=person.user_id) as publisher:
            for turn in range(TURNS):
                external_id = f"{person.user_id}-{turn}"
                said = (
                    f"I live in {city}.", f"I love {dish}.", f"No, please answer in one sentence. ({external_id})",
                    f"Where can I eat {dish} near {city} tonight, number {turn}?",
                )[turn % 4]  # fmt: skip
                batch = [
                    {"role": "User", "content": said, "external_id": external_id},
                    {
                        "role": "Agent",
                        "content": f"Here is an answer about {dish}.",
                        "shadow_content": "Another answer.",
                    },
                ]
                async with self._timed("publish"):
                    receipt = await publisher.append(batch, session_id=f"{person.user_id}-{turn // 8}")
                    await receipt
                person.sent.add(external_id)
                self.rows += 2
                await asyncio.sleep(0.25)
        await self._compare(person)
        while len(self.people) > PEOPLE:
            oldest = self.people.popleft()
            oldest.leaving = True
            try:
                await self._erase(oldest)
            except BaseException:
                self.people.appendleft(oldest)
                raise

    async def _compare(self, person: Person) -> None:
        found = [one.data.external_id async for one in self.client.list_interactions(user_id=person.user_id)]
        mine = [one for one in found if one]
        if sorted(mine) != sorted(person.sent):
            missing, more = len(person.sent - set(mine)), len(mine) - len(set(mine))
            self.course.wrong.append(f"{person.user_id}: {missing} acked turns missing, {more} doubled")

    async def _erase(self, person: Person) -> None:
        request = admin_pb.EraseUserRequest(user_id=person.user_id)
        async with self._timed("erase"):
            operation = (await self.admin.EraseUser(request, metadata=self._tenant, timeout=60)).operation
            await self._ended(operation)
        self.rows -= 2 * len(person.sent)
        if left := [one async for one in self.client.list_interactions(user_id=person.user_id)]:
            self.course.wrong.append(f"{person.user_id}: {len(left)} interactions after the erasure")

    async def check(self) -> None:
        """At the end: everybody who is alive, whole."""
        for person in self.people:
            if not person.leaving:
                await self._compare(person)

    async def _search(self) -> None:
        while True:
            person = self._dice.choice(self.people) if self.people else None
            dish = self._dice.choice(DISHES)
            async with self._timed("search"):
                await self.client.search_interactions(f"where to eat {dish}", person.user_id if person else "")
            if person is not None:
                async with self._timed("context"):
                    await self.client.context(person.user_id, f"dinner with {dish}")
            await asyncio.sleep(0.1)

    async def _learnt(self) -> None:
        while True:
            person = self._dice.choice(self.people) if self.people else None
            async with self._timed("learnt"):
                await self.client.search_profiles("where they live", user_id=person.user_id if person else "")
            await asyncio.sleep(0.5)

    async def _watch(self) -> None:
        async for _ in self.client.watch_interactions():
            self.course.calls["change watched"] += 1

    # --- the other services

    async def _shop(self) -> None:
        number = 0
        while True:
            number += 1
            customer = f"customer-{number // 40 % CUSTOMERS}"
            event = {
                "customer_id": customer, "product_id": f"product-{self._dice.randrange(PRODUCTS)}",
                "event_type": self._dice.choice(("product_viewed", "product_added_to_cart")), "page_type": "product",
                "created_at": datetime.now(UTC),
            }  # fmt: skip
            async with self._timed("event"):
                await self.client.record_events([event])
            async with self._timed("features"):
                await self.client.interaction_features(customer, event["product_id"])
            if number % 40 == 0:
                await self.client.delete_events(customer_id=f"customer-{(number // 40 + 1) % CUSTOMERS}")
            if number % 200 == 0:
                await self.client.compute_features().wait()
            await asyncio.sleep(0.2)

    async def _monitor(self) -> None:
        number = 0
        while True:
            number += 1
            async with self._timed("monitor"):
                await self.client.record_event(
                    self._dice.choice(("build", "deploy", "test")),
                    self._dice.choice(("success", "success", "success", "failure")),
                    self._dice.uniform(5, 500),
                    user_id=f"operator-{number % 30}",
                )
            if number % 50 == 0:
                async with self._timed("analyse"):
                    await self.client.analyze_recent()
            await asyncio.sleep(0.2)

    async def _dialogues(self) -> None:
        while True:
            label = f"soak-{self._dice.randrange(10**9)}"
            async with self._timed("dialogues"):
                await self.client.generate_dialogues(4, label=label).wait()
            await self.client.delete_dialogues(label=label)
            await asyncio.sleep(5)

    async def _evaluate(self) -> None:
        while True:
            async with self._timed("evaluations"):
                async for _ in self.client.list_session_evaluations(page_size=50):
                    pass
            if self.people:
                async with self._timed("comparison"):
                    await self.client.compare_arms(user_id=self._dice.choice(self.people).user_id).wait()
            await asyncio.sleep(3)

    # --- custody

    @property
    def _tenant(self) -> tuple[tuple[str, str], ...]:
        return (("interplay-tenant", TENANT),)

    async def _ended(self, operation: operation_pb2.Operation) -> operation_pb2.Operation:
        while not operation.HasField("end_time"):
            await asyncio.sleep(0.2)
            request = GetOperationRequest(operation_id=operation.operation_id)
            answer = await self.operations.GetOperation(request, metadata=self._tenant, timeout=30)
            operation = answer.operation
        if operation.state != operation_pb2.OPERATION_STATE_SUCCEEDED:
            self.course.wrong.append(f"{operation.kind} ended as {operation.error}"[:300])
        return operation

    async def _back_up(self) -> None:
        while True:
            await asyncio.sleep(30)
            async with self._timed("backup"):
                answer = await self.admin.BackupTenant(
                    admin_pb.BackupTenantRequest(), metadata=self._tenant, timeout=30
                )
                await self._ended(answer.operation)
            listed = await self.admin.ListBackups(admin_pb.ListBackupsRequest(), metadata=self._tenant, timeout=30)
            old: list[tenant_pb2.Backup] = list(listed.backups)[BACKUPS:]
            for backup in old:
                request = admin_pb.DeleteBackupRequest(backup_id=backup.backup_id)
                await self.admin.DeleteBackup(request, metadata=self._tenant, timeout=30)

    async def _look_after(self) -> None:
        """Retention of events, links, exports."""
        rules = [
            custody_pb2.RetentionRule(kind=kind, max_count=2000)
            for kind in (custody_pb2.RETAINED_KIND_MONITOR_EVENTS, custody_pb2.RETAINED_KIND_EVALUATIONS)
        ]
        policy = custody_pb2.RetentionPolicy(rules=rules)
        await self.admin.SetRetention(admin_pb.SetRetentionRequest(policy=policy), metadata=self._tenant, timeout=30)
        while True:
            await asyncio.sleep(20)
            async with self._timed("retention"):
                answer = await self.admin.ApplyRetention(
                    admin_pb.ApplyRetentionRequest(), metadata=self._tenant, timeout=30
                )
                await self._ended(answer.operation)
            if len(self.people) > 2:
                request = admin_pb.ExportUserRequest(user_id=self.people[-3].user_id)
                async with self._timed("export"):
                    async for _ in self.admin.ExportUser(request, metadata=self._tenant, timeout=60):
                        pass
            link = admin_pb.LinkUsersRequest(guest_id=f"guest-{self._dice.randrange(10**9)}", account_id="host")
            async with self._timed("link"):
                await self.admin.LinkUsers(link, metadata=self._tenant, timeout=30)
                unlink = admin_pb.UnlinkUsersRequest(guest_id=link.guest_id)
                await self.admin.UnlinkUsers(unlink, metadata=self._tenant, timeout=30)
