"""Operators' words after a crash: however often the resolver dies, and whoever goes on, each means what it meant."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from faust.types import TP
from hypothesis import example, given, settings
from hypothesis import strategies as st

from agents.exact.chunks import Chunk
from agents.rows import SortedRows
from pipeline.touchpoint import Identifier
from tests.agents.exact.fakes import FakeRecord
from tests.agents.harness import INSTALLATION
from tests.agents.test_forgetting import ErasingBench
from tests.agents.test_resolver import BONDS, CLAIMS, PEOPLE, Claim, claim, seen

Words = list[tuple[str, list[Identifier]]]
FATES = {
    "goes on": None,
    "commits": None,
    "said, not stored": f"send {BONDS}",
    "stored, not counted": "wake commits",
    "counted, not committed": "commit now",
}
"""What becomes of a worker with a chunk, and the step at which it dies of it."""

some = st.lists(st.sampled_from(PEOPLE), min_size=2, max_size=3, unique=True)
one = st.lists(st.sampled_from(PEOPLE), min_size=1, max_size=1)
two = st.lists(st.sampled_from(PEOPLE), min_size=2, max_size=2, unique=True)
WORDS = st.lists(
    st.one_of(
        st.tuples(st.just("seen"), some),
        st.tuples(st.just("seen"), some),
        st.tuples(st.just("merge"), two),
        st.tuples(st.just("split"), one),
        st.tuples(st.just("erase"), one),
    ),
    min_size=1,
    max_size=10,
)
SCRIPT = st.lists(st.tuples(st.integers(1, 4), st.sampled_from(sorted(FATES)), st.booleans()), max_size=12)


class DiedError(Exception):
    """The worker is killed."""


@dataclass
class Life:
    """The claims, what is committed of them, and what is kept: here, and in the changelog."""

    values: Sequence[bytes]
    rows: SortedRows = field(default_factory=SortedRows)
    logs: dict[tuple[str, int], list[Any]] = field(default_factory=dict)
    committed: int = 0

    async def live(self, script: Sequence[tuple[int, str, bool]]) -> ErasingBench:
        """Take all claims, so many at a time, with this fate; `elsewhere` another worker goes on from the changelog."""
        bench, at = self._worker(), 0
        rest = [(len(self.values), "commits", False)]
        for size, fate, elsewhere in [*script, *rest]:
            values = self.values[at : at + size]
            if not values:
                break
            try:
                await self._take(bench, at, values, FATES[fate])
            except DiedError:
                if elsewhere:
                    self.rows = self._restored()
                bench, at = self._worker(), self.committed
                continue
            at += len(values)
            self.committed = at if fate == "commits" else self.committed
        if at < len(self.values):
            await self._take(bench, at, self.values[at:], None)
        return bench

    async def _take(self, bench: ErasingBench, at: int, values: Sequence[bytes], dies: str | None) -> None:
        def commit() -> None:
            self.committed = bench.loop.fence.committable(TP(CLAIMS, 0), bench.world.generation_id) or 0

        bench.world.hooks = {"commit now": commit}
        if dies is not None:
            bench.world.at(dies, die)
        await bench.loop.outbox.open()
        records = [FakeRecord(CLAIMS, 0, at + n, value=value) for n, value in enumerate(values)]
        assert await bench.loop.take(Chunk(CLAIMS, 0, list(records)), bench.agent)

    def _worker(self) -> ErasingBench:
        bench = ErasingBench(rows=self.rows, next=self.committed)
        bench.producer.logs = self.logs
        return bench

    def _restored(self) -> SortedRows:
        rows = SortedRows()
        rows.write(0, [(key, value) for key, value, _ in self.logs.get((BONDS, 0), [])])
        return rows


def die() -> None:
    """Be killed."""
    raise DiedError


def claims_of(words: Words) -> list[bytes]:
    """Return each as a claim of its own minute."""
    said: list[Claim] = [
        seen(*sorted(who), number=n) if kind == "seen" else claim(kind, *who, number=n)
        for n, (kind, who) in enumerate(words)
    ]
    return [INSTALLATION.book.encode("identity-claim", each) for each in said]


CRM, OTHER, EMAIL, BOB, PHONE, PHONE_2 = PEOPLE


@settings(deadline=None, max_examples=40)
@given(WORDS, SCRIPT)
@example(
    [("seen", [EMAIL, PHONE]), ("split", [PHONE]), ("merge", [EMAIL, PHONE]), ("seen", [EMAIL, BOB])],
    [(1, "commits", False), (3, "stored, not counted", False)],
)
@example([("seen", [CRM, EMAIL]), ("erase", [CRM]), ("seen", [CRM, PHONE])], [(3, "stored, not counted", False)])
@example(
    [("seen", [CRM, EMAIL]), ("seen", [CRM, OTHER]), ("erase", [EMAIL])],
    [(1, "commits", False), (2, "counted, not committed", False)],
)
@example([("merge", [EMAIL, PHONE]), ("merge", [PHONE, EMAIL]), ("split", [PHONE])], [(3, "stored, not counted", True)])
async def test_who_dies_changes_nothing(words: Words, script: list[tuple[int, str, bool]]) -> None:
    """What is kept in the end, and what the directory says, is as if nobody had died."""
    values = claims_of(words)
    calm, life = Life(values), Life(values)
    wanted = await calm.live([])
    ended = await life.live(script)
    assert life.rows.rows.get(0, {}) == calm.rows.rows.get(0, {})
    said = {who: each.answer for who, each in wanted.known.answers(PEOPLE).items()}
    assert {who: each.answer for who, each in ended.known.answers(PEOPLE).items()} == said
