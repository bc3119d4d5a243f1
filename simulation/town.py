"""Many customers at once: their stories set into the calendar, told in the order of sending.

Rule 1. Story number i ends in the i-th stretch of `every` after `start + LONGEST_STORY`: no event is before
        `start`, and early stories can be told before late ones are made, so their number costs no memory.
Rule 2. A few events are late, and a few are sent twice; neither changes what should be found.
Rule 3. Each customer has dice of their own, seeded with the simulation's seed and their number; what they are known by
        is thrown with other dice, so that the same town can be told either way: by one identifier, or across many.
Rule 4. Across identifiers, every `TANGLE_EVERY`-th customer is followed by a hard case (`simulation.tangles`).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from itertools import count
from random import Random

from simulation.events import Simulated
from simulation.manners import manner
from simulation.people import person
from simulation.plots import PLOTS
from simulation.story import Story, Told
from simulation.tangles import PLAIN, TANGLE_EVERY, TANGLES, tangle

LONGEST_STORY = timedelta(days=13)
LATE, LATE_BY_AT_MOST = 0.02, timedelta(minutes=30)
_ANY_TIME = datetime(2000, 1, 1, tzinfo=UTC)  # how much a customer tells does not depend on when
TWICE, TWICE_WITHIN = 0.02, timedelta(hours=1)


def simulate(
    seed: int,
    customers: int | None,
    start: datetime,
    *,
    every: timedelta = timedelta(minutes=12),
    one_identifier: bool = False,
) -> Iterator[Simulated]:
    """Yield the events of so many customers (None: of ever more) in the order of `sent_at`.

    `start` is before the first event; a customer's story ends about `every` after the one before. `one_identifier`:
    every event carries the customer's strongest identifier, and there are no hard cases.
    """
    waiting: list[tuple[datetime, int, Simulated]] = []
    ticket = count()
    for number in count() if customers is None else range(customers):
        ends = start + LONGEST_STORY + every * number
        while waiting and waiting[0][0] < ends - LONGEST_STORY:
            yield heappop(waiting)[2]
        events = story(seed, number, ends, every, one_identifier=one_identifier)
        if not one_identifier and number % TANGLE_EVERY == TANGLE_EVERY - 1:
            events += tangled(seed, number // TANGLE_EVERY, ends, every)
        for event in events:
            heappush(waiting, (event.sent_at, next(ticket), event))
    while waiting:
        yield heappop(waiting)[2]


def customers_for(seed: int, events: int, *, one_identifier: bool = False) -> int:
    """Return how many customers it takes to tell so many events; their last few are told in vain."""
    told = 0
    for number in count():
        if told >= events:
            return number
        told += len(story(seed, number, _ANY_TIME, timedelta(0), one_identifier=one_identifier))
    raise AssertionError  # there is always another customer


def story(
    seed: int, number: int, ends: datetime, within: timedelta, *, one_identifier: bool = False
) -> list[Simulated]:
    """Return one customer's events; the last of them is at `ends`, or at most `within` later."""
    dice = Random(f"{seed}/{number}")
    who = person(number, dice)
    teller = Story(who, dice, None if one_identifier else manner(Random(f"{seed}/{number}/manner")))
    plots, weights = zip(*PLOTS, strict=True)
    plot: Callable[[Story], None] = dice.choices(plots, weights)[0]
    plot(teller)
    told = [event for first in teller.told for event in _as_sent(first, dice)]
    begins = _begins(teller, plot.__name__, ends, within)
    return [_dated(event, begins, PLAIN) for event in told]


def tangled(seed: int, number: int, ends: datetime, within: timedelta) -> list[Simulated]:
    """Return the events of hard case `number`; all are sent at once, so that what gives it away is known in time."""
    dice = Random(f"{seed}/tangle/{number}")
    teller = tangle(number, dice)
    name = TANGLES[number % len(TANGLES)].__name__
    begins = _begins(teller, name, ends, within)
    return [_dated(event, begins, name) for event in teller.told]


def _begins(teller: Story, name: str, ends: datetime, within: timedelta) -> datetime:
    if teller.now > LONGEST_STORY:
        raise ValueError(f"{name} lasts {teller.now}: allowed is at most {LONGEST_STORY}")
    return ends + timedelta(seconds=int(teller.dice.random() * within.total_seconds())) - teller.now


def _as_sent(told: Told, dice: Random) -> Iterator[Told]:
    if told.rejected_for is None and dice.random() < LATE:
        told = replace(told, sent=told.occurred + dice.random() * LATE_BY_AT_MOST)
    yield told
    if told.rejected_for is None and dice.random() < TWICE:
        yield replace(told, sent=told.sent + dice.random() * TWICE_WITHIN, again=True, facts=())


def _dated(told: Told, begins: datetime, situation: str) -> Simulated:
    value = told.value
    return Simulated(
        source=told.source,
        key=told.key.encode(),
        event_id=told.event_id,
        occurred_at=begins + told.occurred,
        sent_at=begins + told.sent,
        value=value if isinstance(value, bytes) else {name: _calendar(field, begins) for name, field in value.items()},
        customer=told.customer,
        person=told.person,
        identifiers=told.identifiers,
        situation=situation,
        again=told.again,
        rejected_for=told.rejected_for,
        facts=told.facts,
    )


def _calendar(value: object, begins: datetime) -> object:
    """Return the value with every duration of the story's clock turned into a time, as ISO 8601."""
    if isinstance(value, timedelta):
        return (begins + value).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, Mapping):
        return {name: _calendar(field, begins) for name, field in value.items()}
    if isinstance(value, list):
        return [_calendar(item, begins) for item in value]
    return value
