"""Slots: never too many, first come first served, halved by refusals, regained by successes, paused on request."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from interplay_server.models.limiter import Limiter

from tests.support.virtual_time import run_virtually


async def settle():
    """Lets every task go as far as it can."""
    for _ in range(20):
        await asyncio.sleep(0)


def now():
    return asyncio.get_running_loop().time()


def test_at_least_one():
    with pytest.raises(ValueError, match="at least one"):
        Limiter(0)


@given(most=st.integers(1, 9), lengths=st.lists(st.floats(0, 10), min_size=1, max_size=40))
@settings(max_examples=50, deadline=None)
def test_never_more_at_once_and_in_order(most, lengths):
    async def main():
        limiter, started, at_once = Limiter(most), [], []

        async def call(number, length):
            async with limiter.slot():
                started.append(number)
                at_once.append(limiter.running)
                await asyncio.sleep(length)

        await asyncio.gather(*(call(number, length) for number, length in enumerate(lengths)))
        assert started == list(range(len(lengths)))
        assert max(at_once) <= most and limiter.running == 0
        assert max(at_once) > 1 or most == 1 or len(lengths) == 1

    run_virtually(main())


def test_slots_work_at_the_same_time():
    async def main():
        limiter = Limiter(4)

        async def call():
            async with limiter.slot():
                await asyncio.sleep(10)

        await asyncio.gather(*(call() for _ in range(12)))
        assert now() == pytest.approx(30)

    run_virtually(main())


def test_a_batch_that_fails_together_cuts_once():
    async def main():
        limiter = Limiter(8)

        async def call():
            async with limiter.slot() as slot:
                await asyncio.sleep(1)
                limiter.throttled(slot)

        await asyncio.gather(*(call() for _ in range(8)))
        assert limiter.limit == 4
        await asyncio.gather(*(call() for _ in range(4)))
        assert limiter.limit == 2

    run_virtually(main())


def test_one_slot_always_remains():
    async def main():
        limiter = Limiter(3)
        for _ in range(20):
            async with limiter.slot() as slot:
                limiter.throttled(slot)
        assert limiter.limit == 1
        async with limiter.slot():
            pass

    run_virtually(main())


def test_success_brings_slots_back_by_and_by():
    async def main():
        limiter = Limiter(8)
        async with limiter.slot() as slot:
            limiter.throttled(slot)
        limits = []
        for _ in range(60):
            async with limiter.slot():
                limiter.succeeded()
            limits.append(limiter.limit)
        assert limits == sorted(limits) and limits[0] == 4 and limits[-1] == 8
        # About as many successes as there are slots add one.
        assert 3 <= limits.count(4) <= 6 and 4 <= limits.count(5) <= 7

    run_virtually(main())


def test_fewer_slots_let_running_calls_end():
    async def main():
        limiter = Limiter(4)
        ends = [asyncio.Event() for _ in range(6)]
        running = []

        async def call(number):
            async with limiter.slot():
                running.append(number)
                await ends[number].wait()

        async with asyncio.TaskGroup() as group:
            for number in range(6):
                group.create_task(call(number))
            await settle()
            limiter.throttled(1)
            assert running == [0, 1, 2, 3] and limiter.limit == 2
            ends[0].set(), ends[1].set()
            await settle()
            assert running == [0, 1, 2, 3] and limiter.running == 2
            ends[2].set()
            await settle()
            assert running == [0, 1, 2, 3, 4]
            for end in ends:
                end.set()

    run_virtually(main())


def test_nobody_starts_during_a_pause():
    async def main():
        limiter = Limiter(4)
        async with limiter.slot() as slot:
            limiter.throttled(slot, 30.0)
        assert limiter.pause() == pytest.approx(30)
        started = []

        async def call():
            async with limiter.slot():
                started.append(now())

        await asyncio.gather(call(), call())
        assert started == [pytest.approx(30)] * 2 and limiter.pause() == 0

    run_virtually(main())


def test_a_longer_pause_wins_and_a_shorter_one_does_not_cut_it():
    async def main():
        limiter = Limiter(4)
        async with limiter.slot() as slot:
            limiter.throttled(slot, 10.0)
            limiter.throttled(slot, 3.0)
        waiting = asyncio.ensure_future(limiter.slot().__aenter__())
        await asyncio.sleep(5)
        limiter.throttled(slot, 20.0)
        await waiting
        assert now() == pytest.approx(25)

    run_virtually(main())


@pytest.mark.parametrize("granted", [False, True], ids=["still waiting", "just granted"])
def test_who_gives_up_loses_no_slot(granted):
    async def main():
        limiter = Limiter(1)
        first = limiter.slot()
        await first.__aenter__()
        second = asyncio.ensure_future(limiter.slot().__aenter__())
        await settle()
        if granted:
            await first.__aexit__(None, None, None)
        second.cancel()
        await settle()
        assert second.cancelled()
        if not granted:
            await first.__aexit__(None, None, None)
        assert limiter.running == 0
        async with limiter.slot():
            assert limiter.running == 1

    run_virtually(main())


def test_a_late_comer_does_not_overtake():
    async def main():
        limiter, order = Limiter(1), []

        async def call(name):
            async with limiter.slot():
                order.append(name)

        async with limiter.slot():
            early = asyncio.ensure_future(call("early"))
            await settle()
        await call("late")
        await early
        assert order == ["early", "late"]

    run_virtually(main())


class TestLatency:
    """Calls whose answers begin late."""

    @staticmethod
    async def calls(limiter, count, seconds):
        async def call():
            async with limiter.slot() as slot:
                await asyncio.sleep(seconds)
                limiter.succeeded(slot, seconds)

        await asyncio.gather(*(call() for _ in range(count)))

    def test_steady_calls_cut_nothing_however_long(self):
        async def main():
            limiter = Limiter(32)
            for seconds in (20.0, 30.0, 0.001, 0.2, 0.001):
                await self.calls(limiter, 64, seconds)
            assert limiter.limit == 32

        run_virtually(main())

    def test_calls_that_become_slow_take_slots_and_fast_ones_bring_them_back(self):
        async def main():
            limiter = Limiter(32)
            await self.calls(limiter, 64, 0.5)
            await self.calls(limiter, 32, 5.0)
            assert limiter.limit == 24
            await self.calls(limiter, 24, 5.0)
            assert limiter.limit == 18
            await self.calls(limiter, 40, 0.5)
            assert 18 < limiter.limit <= 21
            await self.calls(limiter, 600, 0.5)
            assert limiter.limit == 32

        run_virtually(main())

    def test_a_few_slow_calls_are_no_sign(self):
        async def main():
            limiter = Limiter(16)
            await self.calls(limiter, 32, 0.5)
            for _ in range(10):
                await self.calls(limiter, 10, 0.5)
                await self.calls(limiter, 6, 60.0)
            assert limiter.limit == 16

        run_virtually(main())

    def test_it_settles_where_the_endpoint_is_not_full(self):
        """An endpoint that serves ten at once well and then slows down in proportion, without a word."""

        async def main():
            limiter, ran, running = Limiter(100), [], 0

            async def call():
                nonlocal running
                async with limiter.slot() as slot:
                    running += 1
                    seconds = max(1.0, running / 10) * (1.0 if len(ran) > 40 else 0.5)
                    await asyncio.sleep(seconds)
                    running -= 1
                    ran.append(limiter.limit)
                    limiter.succeeded(slot, seconds)

            for _ in range(40):
                await call()
            await asyncio.gather(*(call() for _ in range(3000)))
            assert max(ran[-1000:]) < 60 and min(ran) >= 1
            assert sum(ran[-1000:]) / 1000 > 5

        run_virtually(main())


class TestStart:
    def test_it_starts_at_its_ceiling_unless_told(self):
        assert Limiter(9).limit == 9 and Limiter(9, 2).limit == 2
        for start in (0, 10):
            with pytest.raises(ValueError, match="starts"):
                Limiter(9, start)

    def test_it_doubles_until_the_first_refusal(self):
        async def main():
            limiter, limits = Limiter(64, 2), []
            for _ in range(4):
                for _ in range(limiter.limit):
                    async with limiter.slot() as slot:
                        limiter.succeeded(slot)
                limits.append(limiter.limit)
            assert limits == [4, 8, 16, 32]
            async with limiter.slot() as slot:
                limiter.throttled(slot)
                limiter.succeeded(slot)
            assert limiter.limit == 16

        run_virtually(main())


async def test_a_pause_that_ends_while_it_is_looked_at_keeps_nobody_waiting(monkeypatch):
    limiter = Limiter(1)
    async with limiter.slot() as number:
        limiter.throttled(number, 0.001)
    looks = iter([0.001, 0.001])
    monkeypatch.setattr(limiter, "pause", lambda: next(looks, 0.0))
    async with asyncio.timeout(5), limiter.slot():
        assert limiter.running == 1
