"""What the guard takes for progress, and for a stall."""

from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaConnectionError
from faust.types import TP

from agents.exact.exits import Exit
from agents.exact.fence import Fence
from agents.exact.guard import Guard, Watches, _restored
from agents.exact.watches import NUDGE, STALL, HangWatch, PauseWatch, ProgressWatch, StallWatch
from tests.agents.exact.fakes import Left, World

PLACE = TopicPartition("raw.chat", 0)


class Kafka:
    """Has ten records of one partition, of which five are committed, unless it is away."""

    away = False

    async def list_consumer_group_offsets(self, _group: str) -> dict[TopicPartition, Any]:
        """Return what is committed."""
        if self.away:
            raise KafkaConnectionError
        return {PLACE: SimpleNamespace(offset=5)}

    async def end_offsets(self, _places: object) -> dict[TopicPartition, int]:
        """Return the log's end."""
        return {PLACE: 10}

    async def beginning_offsets(self, _places: object) -> dict[TopicPartition, int]:
        """Return the log's start."""
        return {PLACE: 0}


@pytest.mark.parametrize("away", [False, True])
async def test_a_kafka_that_was_away_is_no_stall(away: bool, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: FBT001
    """Commits that stand are one after thirty seconds of looks; not where Kafka did not answer in between."""
    world, kafka = World(now=100.0), Kafka()
    monkeypatch.setattr("agents.exact.guard.time", SimpleNamespace(monotonic=lambda: world.now))

    async def seek(_tp: TP, _offset: int) -> None:
        """Go nowhere."""

    guard = Guard(
        fence=Fence(1),
        topics=frozenset({PLACE.topic}),
        watches=Watches(
            pause=PauseWatch(STALL, world.leave, lambda: world.now),
            hang=HangWatch(STALL, world.leave, lambda: world.now),
            nudge=StallWatch[TopicPartition](NUDGE),
            stall=StallWatch[TopicPartition](STALL),
            rebalance=ProgressWatch(STALL),
        ),
        seek=seek,
        leave=world.leave,
    )
    app: Any = SimpleNamespace(consumer=SimpleNamespace(assignment=lambda: {PLACE}), conf=SimpleNamespace(id="group"))
    client: Any = kafka
    await guard._look_for_stall(app, client, client)
    world.now, kafka.away = 120.0, away
    await guard._look_for_stall(app, client, client)
    world.now, kafka.away = 131.0, False
    if away:
        await guard._look_for_stall(app, client, client)
    else:
        with pytest.raises(Left) as left:
            await guard._look_for_stall(app, client, client)
        assert left.value.code == Exit.STALLED


def _app(rebalances: int, offsets: dict[str, int | None]) -> SimpleNamespace:
    tables = SimpleNamespace(recovery=SimpleNamespace(active_offsets=offsets))
    return SimpleNamespace(rebalancing_count=rebalances, tables=tables)


def test_a_store_that_has_nothing_yet_is_no_error() -> None:
    """Faust has None for a partition that was just handed over; the watch must outlive that."""
    assert _restored(_app(2, {"one": None, "other": 7})) == 9


def test_progress_moves_with_what_is_restored() -> None:
    """A rebalance and a restored record both count."""
    still = _restored(_app(1, {"one": 5}))
    assert _restored(_app(2, {"one": 5})) > still
    assert _restored(_app(1, {"one": 6})) > still
