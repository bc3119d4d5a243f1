"""The loop that takes chunks: fence, work, state, outputs, done. The order of the lines is the guarantee.

Rule 1. The work of a chunk is asked for as `Effects` and acted on here: state first, acknowledged, then outputs. What
        an erasure deletes goes last, for until its outputs are acknowledged it may have to be done again from it.
        The local store comes after the changelog: it is a copy, and a worker that dies in between, and has the
        partition again after another one, must not find rows there that nobody else ever heard of.
Rule 2. Work that outlives its generation is dropped, neither stored nor sent nor counted: the partition may be another
        worker's by now, who takes the chunk again.
Rule 3. A step that takes long gives way (`await asyncio.sleep(0)`) every few milliseconds, so that nothing starves.
Rule 4. While a chunk waits for Kafka, the agent works on another partition's (`lanes`); a partition's chunks never
        overlap, and what comes meanwhile is the next one. What waits is in nobody's hands: only work can crash the
        worker, and what cannot be sent raises.
Rule 5. After a crash what is done is committed at once, for a while. Else each run would tell again what it told, a
        record that crashes the next agent would come again and again as another one, and no run would get further.
Rule 6. What is in hand is written down first (`agents.exact.journal`). A record that crashed the worker, alone, as
        often as it may goes to `condemn` instead of the step: what follows from it is acted on like anything else.
Rule 7. When the group takes partitions back, nothing more is begun, and what is under way may be done: it is committed
        before they go (`agents.exact.consumer`), and nobody does it again.
Rule 8. What comes again because the consumer was sent back, and was done meanwhile, is left out: it cost a fifth of a
        catch-up, and an operator's word would be spoken once more after newer ones.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple, NoReturn, Protocol

from faust import StreamT
from faust.types import TP

from agents.exact.chunks import Chunk, Record
from agents.exact.crashes import Part
from agents.exact.exits import Exit, Leave, where
from agents.exact.fence import Fence, Verdict
from agents.exact.gathering import Arrived
from agents.exact.group import Group
from agents.exact.journal import Journal, no_journal
from agents.exact.lanes import Lanes
from agents.exact.outbox import Outbox, Packed, Send

SEEK_AGAIN_AFTER = 0.5
"""Seconds: after a seek the chunks that were in the buffer come first; another seek would only add to them."""

MOST_DROPS = 200
"""Chunks out of sequence in one generation before the worker leaves: a seek that does not help will not help."""

REST_FOR = 1.0
"""Seconds for what is under way when partitions are taken back; the whole group waits meanwhile."""

WARY = 60.0
"""Seconds after a start for which a crash is still near; suspects of partitions that went elsewhere stay for ever."""


class Table(Protocol):
    """A table's store and where its changelog is."""

    changelog: str

    def write(self, partition: int, rows: Iterable[tuple[bytes, bytes | None]]) -> None:
        """Write into the local store, in their order; None deletes."""

    def reached(self, partition: int, first: int, last: int) -> None:
        """Take note that the changelog's records from first to last are in the local store."""


class Put(NamedTuple):
    """A state record to write: locally, and to the table's changelog. `timestamp` is epoch milliseconds.

    Without a value the row is deleted: locally, and from the changelog once Kafka compacts it. Like `Send` it is a
    tuple: they are made for every event, and a frozen dataclass takes three times as long.
    """

    table: Table
    key: bytes
    value: bytes | None
    timestamp: int


@dataclass(frozen=True, slots=True)
class Effects:
    """What follows from a chunk: state, then outputs, then state that may only change once these are out (`last`), then
    what to say of it (metrics) once it is done.

    `taken` is how many of the chunk's records, from its first, this is of; None means all. The step is asked again for
    the others, so that a chunk of costly records is committed by and by. `apart`: it would not mean the same once more
    was taken, and what is before it not after it. So that is committed first, and this before anything else is taken.
    """

    puts: tuple[Put, ...] = ()
    sends: tuple[Send, ...] = ()
    done: Callable[[], None] = lambda: None
    taken: int | None = None
    last: tuple[Put, ...] = ()
    apart: bool = False


@dataclass(frozen=True, slots=True)
class Ready:
    """Effects as they go to Kafka: what of the state goes to the changelogs, and the outputs."""

    effects: Effects
    changes: Packed
    sends: Packed


Step = Callable[[Chunk], Awaitable[Effects]]


@dataclass(slots=True)
class ExactLoop:
    """Runs steps over chunks, exactly. One for all agents of a worker.

    `seeks` is called for each seek; `clock` returns seconds and never goes back; `took` is told of each chunk that is
    done: the agent's name, the number of records, the seconds; `size` is the most records of a chunk that is gathered.
    """

    group: Group
    fence: Fence
    outbox: Outbox
    leave: Leave
    check_pause: Callable[[], None]
    seeks: Callable[[], None]
    clock: Callable[[], float]
    took: Callable[[str, int, float], None] = lambda _agent, _records, _seconds: None
    journal: Journal = field(default_factory=no_journal)
    condemn: Callable[[Record, int], Effects] = lambda _record, _crashes: Effects()
    most_crashes: int = 3
    size: int = field(kw_only=True)
    _rests: int | None = None
    _under_way: int = 0
    _idle: asyncio.Event = field(default_factory=asyncio.Event)
    _drops: int = 0
    _sought: dict[TP, float] = field(default_factory=dict)
    _began: float = field(init=False)

    def __post_init__(self) -> None:
        """Begin now."""
        self._began = self.clock()

    def agent(self, name: str, step: Step) -> Callable[[StreamT[list[list[Record]]]], Awaitable[None]]:
        """Return a Faust agent that runs `step` over the chunks of its stream, until something unexpected happens."""

        async def work(stream: StreamT[list[list[Record]]]) -> None:
            turn = asyncio.Lock()
            lanes = Lanes(lambda arrived: self._guarded(arrived, step, name, turn), self.size)
            try:
                await self.outbox.open()
                async for event in stream.events():
                    generation = self.group.generation()
                    for records in event.value:
                        chunk = Chunk(records[0].topic, records[0].partition, records)
                        await lanes.put(Arrived(chunk, generation))
                await lanes.end()
            except asyncio.CancelledError:
                raise  # Faust stops its agents so
            except Exception as error:  # noqa: BLE001 -- Faust would go on after the failed chunk: a lost event
                self._give_up(name, error)
            finally:
                await lanes.cancel()

        return work

    async def _guarded(self, arrived: Arrived, step: Step, name: str, turn: asyncio.Lock) -> None:
        """Take a chunk; leave at whatever is unexpected, at once, although nobody asks for this lane yet.

        What waited while the group rebalanced comes again, here or elsewhere (Rule 2); so does what can no more be sent
        because the worker stops. Faust would take the latter for a crash.
        """
        began, chunk = self.clock(), arrived.chunk
        if self.outbox.closed or not self._goes_on(arrived.generation):
            return
        self._under_way += 1
        try:
            if await self.take(chunk, step, name, turn):
                self.took(name, len(chunk.records), self.clock() - began)
        except asyncio.CancelledError:
            if not self.outbox.closed:
                raise
        except Exception as error:  # noqa: BLE001 -- as above
            self._give_up(name, error)
        finally:
            self._under_way -= 1
            self._idle.set()

    async def rest(self) -> None:
        """Begin nothing more in this generation; return when what is under way is done, or after a second (Rule 7)."""
        self._rests = self.group.generation()
        with suppress(TimeoutError):
            async with asyncio.timeout(REST_FOR):
                while self._under_way:
                    self._idle.clear()
                    await self._idle.wait()

    def _goes_on(self, generation: int) -> bool:
        """Say whether something may be begun in a generation: it is not over, nor are its partitions taken back."""
        return generation == self.group.generation() and generation != self._rests

    def _give_up(self, name: str, error: Exception) -> NoReturn:
        self.journal.blame(name, error)
        self.leave(Exit.UNEXPECTED, where(error))

    async def take(self, chunk: Chunk, step: Step, name: str = "", turn: asyncio.Lock | None = None) -> bool:
        """Take one chunk through the fence, the step, the state and the outputs; say whether it is done.

        `name` is the agent's, for what is in hand; who holds `turn` may work, the others wait for Kafka.
        """
        turn = turn or asyncio.Lock()
        tp, generation = TP(chunk.topic, chunk.partition), self.group.generation()
        self.check_pause()
        if generation != self.fence.generation:
            self._drops = 0
            self._sought.clear()
        self.fence.enter(generation)
        want = self.fence.expected(tp)
        if want is None:
            want = await self.group.committed(tp)
            if want is None or self.group.generation() != generation:
                return False
            self.fence.start(tp, want)
            self.journal.started(tp, want)
        rest = chunk.since(self.fence.news(tp, chunk.first))
        if rest is None or not await self._in_sequence(tp, want, rest, generation):
            return False
        while rest is not None:
            part = self.journal.part(rest)
            async with turn, self.journal.holding(name, part):
                ready = await self._worked(part, step, generation)
                if ready is None:
                    return False
                if part.alone and not await self._through(name, tp, part, ready, generation):
                    return False
            if not part.alone and not await self._through(name, tp, part, ready, generation):
                return False
            taken = ready.effects.taken
            rest = rest.after(len(part.chunk.records) if taken is None else taken)
        return True

    async def _worked(self, part: Part, step: Step, generation: int) -> Ready | None:
        """Return what follows from a part, packed; None where the generation did not last so long, or is to end."""
        if not self._goes_on(generation):  # it waited for its turn, and would keep the group waiting
            return None
        if part.crashes < self.most_crashes:
            effects = await step(part.chunk)
        else:
            effects = self.condemn(part.chunk.records[0], part.crashes)
        self.check_pause()
        if self.group.generation() != generation:
            return None
        return Ready(effects, self._changes(part.chunk.partition, effects.puts), self.outbox.packed(effects.sends))

    async def _through(self, name: str, tp: TP, part: Part, ready: Ready, generation: int) -> bool:
        """Bring what is ready to Kafka, and count it as done; say whether the generation lasted so long.

        It is committed at once where it is apart, and after a crash (Rule 5).
        """
        if ready.effects.apart:
            await self.group.commit(tp)
        try:
            if not await self._carry_out(tp, part.chunk, ready, generation):
                return False
        except Exception:
            self.journal.hold(name, part)  # it is its own fault too when its effects cannot be sent
            raise
        wary = self.journal.crashes.suspects and self.clock() - self._began < WARY
        if part.alone or ready.effects.apart or wary:
            await self.group.commit(tp)
        self.journal.survived(part)
        return True

    async def _carry_out(self, tp: TP, chunk: Chunk, ready: Ready, generation: int) -> bool:
        """Keep, send, count as done; say whether the generation lasted so long."""
        effects = ready.effects
        if not await self._keep(chunk.partition, effects.puts, ready.changes, generation):
            return False
        await self.outbox.deliver(ready.sends)
        if self.group.generation() != generation:
            return False
        if effects.last:
            changes = self._changes(chunk.partition, effects.last)
            if not await self._keep(chunk.partition, effects.last, changes, generation):
                return False
        self.fence.done(tp, chunk.upto(effects.taken), generation)
        self.group.wake_commits(tp)
        effects.done()
        return True

    def _changes(self, partition: int, puts: tuple[Put, ...]) -> Packed:
        """Return what of the state goes to the changelogs."""
        return self.outbox.packed(
            [(table.changelog, key, value, stamp, partition) for table, key, value, stamp in puts]
        )

    async def _keep(self, partition: int, puts: tuple[Put, ...], changes: Packed, generation: int) -> bool:
        """Write state into the changelogs, then locally; say whether the generation lasted so long.

        If not, the store is another's to fill, and may be closed: it would be opened again behind Faust's back.
        """
        acknowledged = await self.outbox.deliver(changes)
        if self.group.generation() != generation:
            return False
        rows: dict[str, tuple[Table, list[tuple[bytes, bytes | None]]]] = {}
        for table, key, value, _ in puts:
            rows.setdefault(table.changelog, (table, []))[1].append((key, value))
        for table, news in rows.values():
            table.write(partition, news)
            place = acknowledged[table.changelog, partition]
            if place.whole:
                table.reached(partition, place.first, place.last)
        return True

    async def _in_sequence(self, tp: TP, want: int, chunk: Chunk, generation: int) -> bool:
        """Say whether the chunk continues what was processed; if not, send the consumer back for what is missing.

        A generation that ended while the broker was asked has nothing to say about where the next one reads.
        """
        missing = list(chunk.holes())
        if self.fence.judge(tp, chunk.first) is Verdict.AHEAD:
            missing.insert(0, (want, chunk.first))
        for first, after in missing:
            found = await self.group.first_at_or_after(tp, first)
            if self.group.generation() != generation:
                return False
            if found != after:
                await self._go_back(tp, want, f"{tp.topic}-{tp.partition}: got {after} where {first} should come")
                return False
        return True

    async def _go_back(self, tp: TP, offset: int, why: str) -> None:
        self._drops += 1
        if self._drops > MOST_DROPS:
            self.journal.absolve()
            self.leave(Exit.OUT_OF_SEQUENCE, why)
        now = self.clock()
        if tp not in self._sought or now - self._sought[tp] > SEEK_AGAIN_AFTER:
            self._sought[tp] = now
            await self.send_back(tp, offset)

    async def send_back(self, tp: TP, offset: int) -> None:
        """Send the consumer to an offset. What of the buffer comes first is done by the time that it comes again."""
        self.seeks()
        self.fence.sent_back(tp, offset)
        await self.group.seek(tp, offset)
