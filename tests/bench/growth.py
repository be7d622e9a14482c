"""`python -m tests.bench.growth`: a SIMULATION of larger machines from costs that were measured on a small one.

Nothing here is measured: the costs of one operation, which are, go in as options, and a model of queues says what so
many servers would carry. Each server serves one call at a time for each of its processors, first come first served;
tenants are dealt to servers by the hash of their name, and their sizes follow Zipf's law. A row tells the greatest load
at which 99 of 100 calls of the busiest server wait and take less than the limit.
"""

import argparse
import heapq
import random
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

TENANTS = 1000
CALLS = 10_000
WARM = 1000


@dataclass(frozen=True)
class Costs:
    """Milliseconds of processor: of a publish with everything that follows it, of a search, of what a replica does for
    each publish it takes in.
    """

    publish: float
    search: float
    follow: float


def shares(skew: float) -> list[float]:
    """What part of all calls each tenant makes."""
    weights = [1 / (at + 1) ** skew for at in range(TENANTS)]
    return [one / sum(weights) for one in weights]


def busiest(skew: float, servers: int) -> float:
    """The part of all calls that the busiest server gets."""
    loads = [0.0] * servers
    for at, share in enumerate(shares(skew)):
        loads[int.from_bytes(blake2b(f"tenant-{at}".encode(), digest_size=8).digest()) % servers] += share
    return max(loads)


def waited(rate: float, service: Sequence[tuple[float, float]], processors: int, draw: random.Random) -> float:
    """Milliseconds under which 99 of 100 calls stay that come at random, `rate` a second; `service` are kinds of calls
    as (their part, mean milliseconds), each drawn from an exponential distribution.
    """
    free = [0.0] * processors
    now, found = 0.0, []
    kinds, parts = [mean for _, mean in service], [part for part, _ in service]
    chosen = draw.choices(kinds, parts, k=CALLS)
    for at, mean in enumerate(chosen):
        now += draw.expovariate(rate / 1000)
        began = max(now, heapq.heappop(free))
        ended = began + draw.expovariate(1 / mean)
        heapq.heappush(free, ended)
        if at >= WARM:
            found.append(ended - now)
    found.sort()
    return found[int(0.99 * len(found))]


def carried(costs: Costs, options: argparse.Namespace, servers: int, replicas: int, skew: float) -> float:
    """Calls a second of the whole fleet."""
    part = busiest(skew, servers)
    reads = options.reads
    # Reads of a server are spread over its replicas and itself; each replica follows all of its publishes.
    own_reads = reads / (1 + replicas)
    own = [(1 - reads, costs.publish), (own_reads, costs.search)]
    copy = [(1 - reads, costs.follow), (own_reads, costs.search)]
    low, high = 0.0, 1e5
    for _ in range(18):
        load = (low + high) / 2
        worst = 0.0
        for kinds in (own, copy) if replicas else (own,):
            total = sum(one for one, _ in kinds)
            if total > 0:
                worst = max(worst, waited(load * part * total, kinds, options.processors, random.Random(1)))
        low, high = (load, high) if worst < options.limit else (low, load)
    return low


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--publish", type=float, default=2.5, help="ms of processor; measured by make bench")
    parser.add_argument("--search", type=float, default=2.5, help="ms of processor; measured by tests.bench.replica")
    parser.add_argument("--follow", type=float, default=0.3, help="ms of processor; measured by tests.bench.replica")
    parser.add_argument("--reads", type=float, default=0.8, help="part of all calls")
    parser.add_argument("--processors", type=int, default=1, help="that a server can use at once")
    parser.add_argument("--limit", type=float, default=100.0, help="ms")
    options = parser.parse_args()
    costs = Costs(options.publish, options.search, options.follow)
    print(
        f"SIMULATION, not a measurement: {TENANTS} tenants, {options.reads:.0%} reads, 99 % within {options.limit:g} ms"
    )
    print(f"ms of processor: publish {costs.publish:g}, search {costs.search:g}, a publish followed {costs.follow:g}\n")
    print("| servers | replicas of each | tenants alike | skew 0.8 | skew 1.1 |")
    print("|---:|---:|---:|---:|---:|")
    for servers, replicas in ((1, 0), (1, 1), (1, 3), (2, 0), (2, 1), (4, 0), (4, 2), (8, 0), (16, 0), (16, 2)):
        row = [carried(costs, options, servers, replicas, skew) for skew in (0.0, 0.8, 1.1)]
        print(f"| {servers} | {replicas} | " + " | ".join(f"{one:,.0f}" for one in row) + " |")
    print("\nCalls a second that the whole fleet carries. The busiest server's part of all calls:")
    for servers in (2, 4, 8, 16):
        print(f"  {servers:2} servers: " + ", ".join(f"{busiest(skew, servers):.0%}" for skew in (0.0, 0.8, 1.1)))


if __name__ == "__main__":
    main()
