"""The clock's word: a promise whose time is over while nobody speaks becomes a fact on the topic `deadlines`.

Rule 1. Which promises are open is asked of the state: all of a partition's when it comes (a few at a time, so that
        chunks go on), and each new one as it is said. What is held here is only a reminder; a new generation of the
        group empties it, and it is asked anew. So a crash forgets nothing.
Rule 2. A time is over when this machine's clock is past it by more than the policy's grace. It is said only when all
        that Kafka had by then is taken in (`agents.caught_up`): a call-back that waits in a raw topic was made.
Rule 3. Here nothing is judged, stored or published: the fact comes back to whoever holds the partition as a record in a
        chunk, fenced and counted as every other. So a worker that should be dead says what is true, twice at worst.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from heapq import heappop, heappush

from agents.exact.exits import Exit, Leave, where
from agents.exact.outbox import Outbox, Send
from agents.kept import KeptCustomers
from agents.metrics import Metrics
from pipeline.due import open_until
from pipeline.journey.signal import OF_A_PROMISE
from pipeline.wire import SchemaBook

LOOK_EVERY = 0.5
"""Seconds between two looks at the clock."""

ROWS = 5000
"""Rows of the state that are looked at before others may work."""

CUSTOMERS = 20
"""Customers that are read from the state before others may work: a few milliseconds."""

PROMISES = OF_A_PROMISE.encode()
"""What the ids of promises begin with."""

Due = tuple[datetime, int, str]
"""When it is due, the partition, the customer."""


@dataclass(slots=True)
class Reminders:
    """The open promises of this worker's partitions, as far as they are known. `generation` is the group's."""

    generation: Callable[[], int]
    _of: int | None = None
    _heap: list[Due] = field(default_factory=list)
    _held: set[Due] = field(default_factory=set)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._held)

    def note(self, partition: int, customer: str, due: datetime) -> None:
        """Take note of an open promise; again is once."""
        self._enter()
        one = (due, partition, customer)
        if one not in self._held:
            self._held.add(one)
            heappush(self._heap, one)

    def past(self, moment: datetime) -> list[Due]:
        """Take out and return those that are due before a moment; exactly at it is not yet past."""
        self._enter()
        found: list[Due] = []
        while self._heap and self._heap[0][0] < moment:
            found.append(heappop(self._heap))
            self._held.discard(found[-1])
        return found

    def _enter(self) -> None:
        if self.generation() != self._of:
            self._of = self.generation()
            self._heap.clear()
            self._held.clear()


@dataclass(slots=True)
class Clock:
    """Says what time is over. `now` is the machine's clock; `partitions` are this worker's, none while it is busy with
    itself (a rebalance, a recovery); `caught_up` waits as Rule 2 says.
    """

    kept: KeptCustomers
    reminders: Reminders
    book: SchemaBook
    topic: str
    outbox: Outbox
    metrics: Metrics
    now: Callable[[], datetime]
    partitions: Callable[[], Collection[int]]
    caught_up: Callable[[], Awaitable[None]]
    _asked: int | None = None

    async def watch(self, is_over: Callable[[], bool], leave: Leave) -> None:
        """Look until the app stops; what goes wrong ends the worker, for nobody else would tell the time."""
        try:
            while not is_over():
                await self.look()
                await asyncio.sleep(LOOK_EVERY)
        except Exception as error:  # noqa: BLE001 -- as above
            leave(Exit.UNEXPECTED, where(error))

    async def look(self) -> None:
        """Ask the state once a generation, then say which times are over."""
        generation, partitions = self.reminders.generation(), self.partitions()
        if not partitions:
            return
        if self._asked != generation:
            for partition in sorted(partitions):
                if not await self._ask(partition, generation):
                    return
            self._asked = generation
        over = self.reminders.past(self.now() - self.kept.policy.promise.grace)
        if over:
            await self._say(over, generation)

    async def _ask(self, partition: int, generation: int) -> bool:
        """Take note of a partition's open promises; say whether the generation lasted so long (Rule 1)."""
        customers: set[str] = set()
        start: bytes | None = b""
        while start is not None:
            if not self._is_ours(partition, generation):
                return False
            start = self._promised(partition, start, customers)
            await asyncio.sleep(0)
        for number, customer in enumerate(sorted(customers), start=1):
            if not self._is_ours(partition, generation):
                return False
            for due in open_until(self.kept.known(partition, customer).picture):
                self.reminders.note(partition, customer, due)
            if number % CUSTOMERS == 0:
                await asyncio.sleep(0)
        return True

    def _promised(self, partition: int, start: bytes, found: set[str]) -> bytes | None:
        """Add the customers of whom a promise was ever said; return where to go on, None at the end."""
        for number, (key, _) in enumerate(self.kept.raised.scan(partition, b"", start)):
            customer, _, name = key.partition(b"\0")
            if name.startswith(PROMISES):
                found.add(customer.decode())
            if number == ROWS:
                return key
        return None

    async def _say(self, over: list[Due], generation: int) -> None:
        await self.outbox.open()
        await self.caught_up()
        if not all(self._is_ours(partition, generation) for partition in {one[1] for one in over}):
            return  # whoever holds it now asks the state
        sends = list(self._facts(over))
        await self.outbox.deliver(sends)
        self.metrics["deadlines_total"].inc(len(sends))

    def _facts(self, over: list[Due]) -> Iterator[Send]:
        stamp = round(self.now().timestamp() * 1000)
        for due, partition, customer in over:
            if due in open_until(self.kept.known(partition, customer).picture):
                fact = {"customer_id": customer, "due_at": due}
                yield Send(self.topic, customer.encode(), self.book.encode("deadline", fact), stamp)

    def _is_ours(self, partition: int, generation: int) -> bool:
        return self.reminders.generation() == generation and partition in self.partitions()
