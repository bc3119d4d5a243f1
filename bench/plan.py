"""What an installation of a given size comes to, from what one event, one identifier and one claim cost. Pure.

Rule 1. Sizes are what is asked; costs are what was measured; everything else is arithmetic that can be read here.
Rule 2. How a start goes is simulated hour by hour: at first everybody is new, and each customer's first events bring
        what the resolver has to hear; by and by only what is new to people who are known does.
Rule 3. A wall is where one worker, or the one resolver, has to hold or do more than it can, however many there are.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil, exp

YEAR = 365 * 86_400
GIB = 1 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """What is asked. `entries` are of state, a customer; `churn` what is new of a known customer, claims a year."""

    workers: int
    customers: int
    rate: float
    entries: int = 10
    churn: float = 6.0
    partitions_a_worker: int = 2
    copies: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """What was measured: seconds of one core, bytes, and counts a customer."""

    event_seconds: float
    claim_seconds: float
    hear_seconds: float
    said_a_claim: float
    identifiers: float
    pairs: float
    identifier_bytes: float
    pair_bytes: float
    identifier_record: float
    pair_record: float
    row_bytes: float
    recovered_a_second: float
    shares: Sequence[float]
    """Of customers' first events, second events and so on, the share that needs the resolver."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What it comes to."""

    event_cores: float
    partitions: int
    copies: int
    directory_gib: float
    directory_topic_gib: float
    directory_start_seconds: float
    hearing_share: float
    hearing_share_at_most: float
    state_gib_a_worker: float
    recovery_seconds: float
    first_claims: float
    steady_claims_a_second: float
    resolver_share: float


@dataclass(frozen=True, slots=True)
class Hour:
    """An hour of the start: claims that came a second, those that wait at its end, and how late the newest is."""

    hour: int
    events_a_customer: float
    share: float
    claims_a_second: float
    waiting: float
    late_seconds: float


def plan(size: Size, costs: Costs, shared_topics: int, other_partitions: int) -> Plan:
    """Return what an installation comes to once its customers are known."""
    partitions = size.workers * size.partitions_a_worker
    records = size.customers * (costs.identifiers + costs.pairs)
    steady = size.customers * size.churn / YEAR
    rows = size.customers * size.entries / size.workers
    return Plan(
        event_cores=size.rate * costs.event_seconds,
        partitions=shared_topics * partitions + other_partitions,
        copies=(shared_topics * partitions + other_partitions) * size.copies,
        directory_gib=directory_bytes(size.customers, costs) / GIB,
        directory_topic_gib=size.customers
        * (costs.identifiers * costs.identifier_record + costs.pairs * costs.pair_record)
        / GIB,
        directory_start_seconds=records * costs.hear_seconds,
        hearing_share=steady * costs.said_a_claim * costs.hear_seconds,
        hearing_share_at_most=costs.said_a_claim * costs.hear_seconds / costs.claim_seconds,
        state_gib_a_worker=rows * costs.row_bytes / GIB,
        recovery_seconds=rows / costs.recovered_a_second,
        first_claims=size.customers * sum(costs.shares),
        steady_claims_a_second=steady,
        resolver_share=steady * costs.claim_seconds,
    )


def directory_bytes(customers: float, costs: Costs) -> float:
    """Return the bytes that every worker's directory takes."""
    return customers * (costs.identifiers * costs.identifier_bytes + costs.pairs * costs.pair_bytes)


def most_customers(memory: float, costs: Costs) -> int:
    """Return for how many customers a directory has room in so many bytes: the first wall."""
    return int(memory / directory_bytes(1, costs))


def most_new_events(costs: Costs) -> int:
    """Return how many events a second of people who were never there before the one resolver keeps up with."""
    return int(1 / costs.claim_seconds / costs.shares[0])


def start(size: Size, costs: Costs, hours: int) -> Iterator[Hour]:
    """Yield the first hours of an installation whose customers are all new, at its full rate."""
    waiting, steps = 0.0, 60
    for hour in range(1, hours + 1):
        came = 0.0
        for step in range(steps):
            seen = size.rate * (hour - 1 + step / steps) * 3600 / size.customers
            rate = claims_a_second(size, costs, seen)
            came += rate * 3600 / steps
            waiting = max(0.0, waiting + (rate - 1 / costs.claim_seconds) * 3600 / steps)
        seen = size.rate * hour * 3600 / size.customers
        yield Hour(hour, seen, came / 3600 / size.rate, came / 3600, waiting, waiting * costs.claim_seconds)


def claims_a_second(size: Size, costs: Costs, seen: float) -> float:
    """Return the claims a second once customers had `seen` events each, on average; how many one had is Poisson."""
    chance, new = exp(-seen), 0.0
    for number, share in enumerate(costs.shares, start=1):
        new += chance * share
        chance *= seen / number
    return size.rate * new + size.customers * size.churn / YEAR


def crews(size: Size, costs: Costs, busy: float) -> int:
    """Return how many workers of one core the events take, each busy for so large a share of its time."""
    return ceil(size.rate * costs.event_seconds / busy)
