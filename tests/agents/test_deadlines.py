"""The clock: what it asks of the state, what it says and when, and what makes it hold its tongue."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from aiokafka import TopicPartition

from agents.caught_up import PATIENCE, Waiting
from agents.deadlines import Clock, Reminders
from agents.exact.chunks import Chunk
from agents.exact.exits import Exit, Leave
from agents.metrics import Metrics
from pipeline.touchpoint import Entry
from tests.agents.exact.fakes import FakeRecord, Left
from tests.agents.harness import INSTALLATION, Bench, bench, touchpoint_of
from tests.pipeline.touchpoints import at, call

DEADLINES, SIGNALS = "voc.deadlines", "voc.journey-signals"
GRACE = INSTALLATION.policy.promise.grace
DUE = at(hours=4)
STEP = timedelta(milliseconds=1)
PLACE, OTHER = TopicPartition("raw", 0), TopicPartition("raw", 1)


def promise(name: str = "1", due: datetime = DUE, customer: str = "anna") -> Entry:
    """Return a call in which somebody promised to come back."""
    return call(name, at(), promised_by=due, customer_id=customer)


@dataclass
class Watched:
    """A clock over the fakes of a worker; `waits` is called where it waits for what Kafka has."""

    here: Bench
    now: datetime = DUE + GRACE
    mine: Collection[int] = (0,)
    waited: int = 0
    rebalances: bool = False
    clock: Clock = field(init=False)

    def __post_init__(self) -> None:
        """Make the clock; the agent reminds it, as in a worker."""
        reminders = Reminders(self.here.loop.group.generation)
        object.__setattr__(self.here.agent, "remind", reminders.note)
        self.clock = Clock(
            kept=self.here.agent.kept,
            reminders=reminders,
            book=INSTALLATION.book,
            topic=DEADLINES,
            outbox=self.here.loop.outbox,
            metrics=Metrics(),
            now=lambda: self.now,
            partitions=lambda: self.mine,
            caught_up=self._wait,
        )

    async def _wait(self) -> None:
        self.waited += 1
        if self.rebalances:
            self.here.world.rebalance()

    @property
    def said(self) -> list[dict[str, object]]:
        """What it wrote to its topic."""
        log = [
            value for (topic, _), log in self.here.producer.logs.items() if topic == DEADLINES for _, value, _ in log
        ]
        return [INSTALLATION.book.decode("deadline", value) for value in log]

    async def hear_itself(self) -> None:
        """Take what was said back as a chunk, as any worker does."""
        encoded = [INSTALLATION.book.encode("deadline", one) for one in self.said]
        records = [FakeRecord(DEADLINES, 0, number, value=value) for number, value in enumerate(encoded)]
        assert await self.here.loop.take(Chunk(DEADLINES, 0, list(records)), self.here.agent)


async def watched(*heard: Entry, rows: Bench | None = None) -> Watched:
    """Return a clock whose worker heard these touchpoints; or has the state of another one."""
    here = await bench(rows=None if rows is None else rows.rows)
    found = Watched(here)
    if heard:
        await here.take([touchpoint_of(each) for each in heard])
    return found


@pytest.mark.parametrize(("past", "said"), [(-STEP, 0), (timedelta(0), 0), (STEP, 1)])
async def test_a_time_is_over_when_the_clock_is_past_it_and_the_grace(past: timedelta, said: int) -> None:
    """Just before, exactly at, just after."""
    one = await watched(promise())
    one.now = DUE + GRACE + past
    await one.clock.look()
    assert one.said == [{"customer_id": "anna", "due_at": DUE}] * said
    assert one.waited == said


async def test_what_it_says_comes_back_as_a_signal_and_is_not_said_again() -> None:
    """By the chunk: stored, published, and remembered by the next worker, which has nothing to say."""
    one = await watched(promise())
    one.now += STEP
    await one.clock.look()
    await one.hear_itself()
    assert [record["state"] for record in one.here.read(SIGNALS)] == ["open", "broken"]
    for worker in (one, await watched(rows=one.here)):
        worker.now = DUE + timedelta(days=9)
        await worker.clock.look()
        assert len(one.said) == 1
    assert worker.said == []


async def test_a_worker_that_takes_over_finds_what_is_open_in_the_state() -> None:
    """Whatever the one before had in mind is gone with it; kept promises are none of its business."""
    died = await watched(
        promise(), promise("2", customer="ben"), call("3", at(hours=1), direction="outbound", customer_id="ben")
    )
    one = await watched(rows=died.here)
    one.now += STEP
    await one.clock.look()
    assert one.said == [{"customer_id": "anna", "due_at": DUE}]


async def test_a_new_generation_asks_the_state_anew() -> None:
    """In between the partition was another's, whose promises are ours now."""
    one = await watched(promise())
    await one.clock.look()
    other = await bench(rows=one.here.rows)
    await other.take([touchpoint_of(promise("2", customer="ben"))])
    one.here.world.rebalance()
    one.now += STEP
    await one.clock.look()
    assert sorted(str(each["customer_id"]) for each in one.said) == ["anna", "ben"]


async def test_it_says_nothing_of_what_it_lost_while_it_waited() -> None:
    """The generation ended while Kafka was asked: whoever holds the partition now tells its time."""
    one = await watched(promise())
    one.now, one.rebalances = one.now + STEP, True
    await one.clock.look()
    assert (one.waited, one.said) == (1, [])
    one.rebalances = False
    await one.clock.look()
    assert len(one.said) == 1


async def test_it_says_nothing_where_it_has_no_partition() -> None:
    """While the group rebalances or state is restored, the store is not to be asked."""
    one = await watched(promise())
    one.now, one.mine = one.now + STEP, ()
    await one.clock.look()
    assert (one.waited, one.said) == (0, [])


async def test_what_was_kept_while_it_waited_is_not_said() -> None:
    """The call-back was in the backlog: nobody is accused."""
    one = await watched(promise())
    one.now += STEP

    async def comes_in() -> None:
        await one.here.take([touchpoint_of(call("2", at(hours=1), direction="outbound", customer_id="anna"))])

    one.clock.caught_up = comes_in
    await one.clock.look()
    assert one.said == []


async def test_what_goes_wrong_ends_the_worker() -> None:
    """A worker without a clock would look well and say nothing."""

    async def fails() -> None:
        raise RuntimeError

    def leave(code: Exit, why: str) -> None:
        raise Left(code, why)

    one = await watched(promise())
    one.now, one.clock.caught_up = one.now + STEP, fails
    ended: Leave = leave  # type: ignore[assignment]
    with pytest.raises(Left):
        await one.clock.watch(lambda: False, ended)


def test_waiting_ends_when_all_that_was_there_is_committed() -> None:
    """One partition behind is behind; more that came meanwhile is not waited for."""
    waiting = Waiting({PLACE: 5, OTHER: 0})
    assert not waiting.is_over({PLACE: 4}, 0.0)
    assert waiting.is_over({PLACE: 5}, 1.0)
    assert waiting.is_over({PLACE: 9}, 2.0)


@pytest.mark.parametrize(("seconds", "is_over"), [(-0.1, False), (0, False), (0.1, True)])
def test_waiting_ends_when_what_is_missing_stands_still(seconds: float, is_over: bool) -> None:  # noqa: FBT001 -- a parameter
    """Just before the patience ends, exactly at it, just after; what moves is waited for."""
    waiting = Waiting({PLACE: 5, OTHER: 5})
    assert not waiting.is_over({PLACE: 1}, 0.0)
    assert not waiting.is_over({PLACE: 2}, PATIENCE)
    assert waiting.is_over({PLACE: 2, OTHER: 0}, 2 * PATIENCE + seconds) is is_over
