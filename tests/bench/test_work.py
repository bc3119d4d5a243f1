"""The defined work, and that Tellonce's row does it whatever the chunks, and again when events are told again."""

from hypothesis import given
from hypothesis import strategies as st

from agents.exact.chunks import Chunk, Record
from agents.exact.loop import Effects
from agents.rows import SortedRows
from agents.tables import StateTable
from bench import work
from bench.events import events
from bench.tellonce_row import Step
from tests.agents.exact.fakes import FakeRecord

moods = st.floats(-1, 1)


@given(st.lists(moods, min_size=1, max_size=30))
def test_a_history_is_the_last_ten_moods(heard: list[float]) -> None:
    """In order, never more, and it survives being written down."""
    history: list[float] = []
    for mood in heard:
        history = work.extended(history, mood)
    assert history == heard[-work.KEPT :]
    assert work.moods(work.moods_bytes(history)) == history


def test_an_alert_is_due_where_the_event_and_the_mean_are_bad() -> None:
    """Just above, exactly at, and just below the limit, of either."""
    event = next(events(1, 1))
    assert work.alert(event, [work.BAD + 0.01]) is None
    assert work.alert(event, [work.BAD]) is not None
    assert work.alert(event, [work.BAD - 0.01]) is not None
    assert work.alert(event, [0.5, -0.9]) is None


def test_the_events_are_the_same_for_everybody() -> None:
    """The same count and seed bring the same events, and a record brings them back."""
    once, again = list(events(50, 7)), list(events(50, 7))
    assert once == again
    assert [work.event(work.event_bytes(event)) for event in once] == once


def _score(text: str) -> float:
    return (len(text) * 7 % 21 - 10) / 10


class Life:
    """A worker of Tellonce's row, which may die and come back with what was stored."""

    def __init__(self) -> None:
        """Begin."""
        self.rows = SortedRows()
        self.outputs: list[bytes] = []
        self.alerts: list[bytes] = []
        self.restart()

    def restart(self) -> None:
        """Forget what was in memory."""
        table = StateTable(lambda: self.rows, "state")
        self.step = Step(table, "outputs", "alerts", _score, lambda: 1)

    async def take(self, records: list[Record], *, lost: bool) -> None:
        """Take a chunk; where it is lost, the worker dies after it stored and sent, and before it counted."""
        effects: Effects = await self.step(Chunk("events", 0, records))
        for put in effects.puts:
            put.table.write(0, [(put.key, put.value)])
        self.outputs += [send.value or b"" for send in effects.sends if send.topic == "outputs"]
        self.alerts += [send.value or b"" for send in effects.sends if send.topic == "alerts"]
        if lost:
            self.restart()
            return
        for put in effects.last:
            put.table.write(0, [(put.key, put.value)])
        effects.done()


@given(st.lists(st.tuples(st.integers(1, 9), st.booleans()), min_size=1, max_size=20))
async def test_the_row_does_the_defined_work(chunks: list[tuple[int, bool]]) -> None:
    """Every event has one output, equal to the defined one; a worker that dies and takes a chunk again repeats it."""
    told = list(events(sum(size for size, _ in chunks), 3))
    expected: list[bytes] = []
    alerts: list[bytes] = []
    histories: dict[str, list[float]] = {}
    for event in told:
        history = work.extended(histories.get(event["customer_id"], []), _score(event["text"]))
        histories[event["customer_id"]] = history
        expected.append(work.output_bytes(work.output(event, history)))
        due = work.alert(event, history)
        if due is not None:
            alerts.append(work.alert_bytes(due))

    life, at = Life(), 0
    for size, dies in chunks:
        records: list[Record] = [
            FakeRecord("events", 0, offset, value=work.event_bytes(told[offset])) for offset in range(at, at + size)
        ]
        for lost in (True, False) if dies else (False,):
            await life.take(records, lost=lost)
        at += size
    assert list(dict.fromkeys(life.outputs)) == expected
    assert list(dict.fromkeys(life.alerts)) == alerts
    rows = [key.split(b"\0")[0] for key in life.rows.rows[0]]
    assert all(rows.count(name) <= 2 * work.KEPT + 9 for name in set(rows))
