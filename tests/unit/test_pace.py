"""Learning rests the longer the faster a tenant publishes, and no longer than the stream lasts."""

import asyncio

import pytest
from interplay_server.learning import pace


class _Clock:
    """Time that passes only in sleeps."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        monkeypatch.setattr(pace.time, "monotonic", lambda: self.now)
        monkeypatch.setattr(pace.asyncio, "sleep", self._sleep)

    async def _sleep(self, seconds: float) -> None:
        self.now += seconds

    def rest(self, one: pace.Pace, worked: float, *, awaited: bool = False) -> float:
        begun = self.now
        asyncio.run(one.rest(worked, lambda: awaited))
        return self.now - begun

    def publish(self, one: pace.Pace, rate: int, seconds: int) -> None:
        for _ in range(seconds * 10):
            self.now += 0.1
            one.published(rate // 10)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> _Clock:
    return _Clock(monkeypatch)


def test_rate_is_that_of_the_stream_and_fades_after_it(clock: _Clock) -> None:
    one = pace.Pace()
    clock.publish(one, 1000, 20)
    assert one.rate == pytest.approx(1000, rel=0.1)
    clock.now += 10
    assert one.rate < 2


def test_quiet_tenant_leaves_a_third_of_the_time(clock: _Clock) -> None:
    assert clock.rest(pace.Pace(), 0.2) == pytest.approx(0.2 * pace.REST)


def test_fast_stream_makes_the_rest_long_and_its_end_ends_it(clock: _Clock) -> None:
    one = pace.Pace()
    clock.publish(one, 2000, 20)
    rest = clock.rest(one, 0.2)
    assert 2 < rest < 0.2 * 2000 * pace.REST_OF_RATE / 2


def test_stream_that_goes_on_is_rested_for_to_the_limit(clock: _Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    one = pace.Pace()
    clock.publish(one, 5000, 20)
    monkeypatch.setattr(pace.Pace, "rate", 5000.0)
    assert clock.rest(one, 1.0) == pytest.approx(pace.LONGEST_REST)


def test_nobody_who_waits_is_kept_by_a_rest(clock: _Clock) -> None:
    one = pace.Pace()
    clock.publish(one, 2000, 20)
    assert clock.rest(one, 0.2, awaited=True) == 0
