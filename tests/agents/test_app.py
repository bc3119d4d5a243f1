"""The composition root: a Faust app with everything bound, and the same flow inside Faust's own test context."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import faust
import pytest

from agents import app as root
from agents.app import faust_app, make_app, make_timelines
from agents.exact.chunks import ChunkSchema
from agents.exact.consumer import exact_transport
from agents.exact.fence import Fence
from agents.exact.loop import ExactLoop
from agents.exact.readback import Readback
from agents.hot import HotCustomers
from agents.installation import Installation
from agents.metrics import Metrics
from agents.settings import Settings
from agents.tables import RowTable
from pipeline.policy import PolicyError
from pipeline.sources import SOURCES
from tests.agents.exact.fakes import FakeProducer, FakeRecord, World, make_loop
from tests.agents.harness import INSTALLATION, intake, read, settled
from tests.builders import RECEIVED, chat_event, phone_event, review_event

RAW = {INSTALLATION.name(f"raw.{source}"): source for source in SOURCES}
ARRIVED = int(RECEIVED.timestamp() * 1000)


@dataclass
class Bound:
    """A Faust app with both agents, whose group and producer are fakes."""

    app: Any
    world: World
    loop: ExactLoop
    producer: FakeProducer
    agents: dict[str, Any]


@pytest.fixture
async def bound(tmp_path: Path) -> AsyncIterator[Bound]:
    """Yield the app as `make_app` wires it: its own tables in memory, fakes for the group and the producer."""
    at = Installation.of(Settings(store="memory"), "nobody:1", tmp_path)
    world, metrics = World(log=set(range(100_000))), Metrics()
    loop, producer = make_loop(world, {topic.name: topic.partitions for topic in at.wanted()})
    app: Any = faust_app(at, [])
    app.loop = asyncio.get_running_loop()
    tables = {name: root.make_table(app, at, name, Readback(1)) for name in root.STATE}
    timelines = make_timelines(at, tables, HotCustomers(loop.group.generation, metrics), metrics)
    bind: dict[str, tuple[Any, Any]] = {
        "intake": (app.topic(*sorted(RAW), schema=ChunkSchema()), intake(at, RAW, metrics)),
        "timelines": (app.topic("voc.touchpoints", schema=ChunkSchema()), timelines),
    }
    agents = {name: app.agent(topic, name=name)(loop.agent(name, step)) for name, (topic, step) in bind.items()}
    app.finalize()
    app.flow_control.resume()
    yield Bound(app, world, loop, producer, agents)
    await app.stop()
    if app._consumer is not None:  # Faust makes one when an event is acknowledged, with a loop that nobody closes
        app._consumer._thread.thread_loop.close()


def _chunk(topic: str, *values: bytes, partition: int = 0) -> list[FakeRecord]:
    return [FakeRecord(topic, partition, i, ARRIVED + i, value=value) for i, value in enumerate(values)]


async def _take(bound: Bound, name: str, *chunks: list[FakeRecord]) -> None:
    """Hand chunks to an agent, and wait until it is done with the last."""
    done = asyncio.Event()
    left = len(chunks)

    def took(*_: object) -> None:
        nonlocal left
        left -= 1
        if not left:
            done.set()

    bound.world.at("took", took)
    async with bound.agents[name].test_context() as agent:
        await agent.put(list(chunks))
        await asyncio.wait_for(done.wait(), 60)


def _json(event: object) -> bytes:
    return json.dumps(event).encode()


async def test_raw_events_become_alerts_and_flags(bound: Bound) -> None:
    """A customer who calls twice about one thing and leaves one star: on Faust's streams, topics and tables."""
    calls = [
        _json(
            phone_event(
                call_id=f"P-{day}",
                queued_at=f"2026-03-0{day}T12:00:00Z",
                occurred_at=f"2026-03-0{day}T12:00:00Z",
                answered_at=f"2026-03-0{day}T12:01:00Z",
                ended_at=f"2026-03-0{day}T12:06:00Z",
            )
        )
        for day in (1, 2)
    ]
    await _take(
        bound,
        "intake",
        _chunk("voc.raw.phone", *calls),
        _chunk("voc.raw.review", _json(review_event(stars=1.0, occurred_at="2026-03-02T12:10:00Z")), b"garbage"),
    )
    (letter,) = read(bound.producer, "voc.dead-letters")
    assert letter["value"] == b"garbage"

    touchpoints = [
        [FakeRecord("voc.touchpoints", partition, i, stamp, key, value) for i, (key, value, stamp) in enumerate(log)]
        for (topic, partition), log in bound.producer.logs.items()
        if topic == "voc.touchpoints"
    ]
    await _take(bound, "timelines", *touchpoints)

    alerts = settled(read(bound.producer, "voc.detractor-alerts"), "voc.detractor-alerts")
    flags = settled(read(bound.producer, "voc.repeat-contacts"), "voc.repeat-contacts")
    # The star was given outright; "charged twice" was said in both calls.
    assert sorted(alert["basis"] for alert in alerts.values()) == ["explicit", "inferred", "inferred"]
    assert [flag["status"] for flag in flags.values()] == ["raised"]
    rows = read(bound.producer, "voc.state.entries")
    assert sorted(row["kind"] for row in rows) == ["call", "call", "review"]
    assert all(bound.loop.fence.committable(tp, 1) for tp in bound.loop.fence._next)


async def test_state_lies_in_fausts_own_tables(bound: Bound) -> None:
    """The store that Faust restores is the one that the agents read and write, at the chunk's partition."""
    await _take(bound, "intake", _chunk("voc.raw.chat", _json(chat_event())))
    ((key, value, stamp),) = next(log for (topic, _), log in bound.producer.logs.items() if topic == "voc.touchpoints")
    await _take(bound, "timelines", [FakeRecord("voc.touchpoints", 3, 0, stamp, key, value)])
    table = bound.app.tables["state-entries"]
    assert table.__class__ is RowTable
    rows: Any = table.data
    ((stored, _),) = rows.scan(3, key + b"\0")
    assert stored.startswith(key + b"\0")
    assert table.changelog_topic_name == "voc.state.entries"
    assert list(rows.scan(0, b"")) == []


async def test_the_app_is_fit_for_production(tmp_path: Path) -> None:
    """Faust's defaults that do harm are off: no web server, no topics made; our consumer, one of each agent."""
    at = Installation.of(Settings(), "one:9092,two:9093", tmp_path)
    app: Any = make_app(at, Metrics())
    conf = app.conf
    assert (conf.web_enabled, conf.topic_allow_declare, conf.topic_disable_leader) == (False, False, True)
    assert (conf.broker_session_timeout, conf.broker_heartbeat_interval, conf.broker_commit_interval) == (
        6.0,
        2.0,
        1.0,
    )
    assert [str(url) for url in conf.broker] == ["kafka://one:9092", "kafka://two:9093"]
    assert (conf.table_standby_replicas, conf.processing_guarantee.value) == (0, "at_least_once")
    assert conf.consumer_auto_offset_reset == "earliest"
    assert conf.stream_wait_empty
    assert sorted(app.agents) == ["intake", "resolver", "timelines"]
    assert {agent.concurrency for agent in app.agents.values()} == {1}
    assert sorted(app.tables) == ["state-bonds", "state-entries", "state-kin", "state-raised"]
    expected = exact_transport(Fence(), frozenset(), lambda: None, Readback(1), lambda: asyncio.sleep(0))
    assert [cls.__name__ for cls in type(app.transport).__mro__][:2] == [cls.__name__ for cls in expected.__mro__][:2]


async def test_nothing_that_faust_logs_has_a_customer_in_it(tmp_path: Path) -> None:
    """At DEBUG, Faust writes the key and the value of every send into its log."""
    faust_app(Installation.of(Settings(), "nobody:1", tmp_path), [])
    for name in ("faust", "faust.topics", "mode", "aiokafka"):
        assert not logging.getLogger(name).isEnabledFor(logging.DEBUG)


async def test_all_topics_carry_the_prefix(tmp_path: Path) -> None:
    """Two installations on one Kafka never meet."""
    at = Installation.of(Settings(prefix="other."), "nobody:1", tmp_path)
    app: Any = make_app(at, Metrics())
    names = {name for agent in app.agents.values() for name in agent.channel.topics}
    names |= {app.tables[table].changelog_topic_name for table in app.tables}
    assert names == {f"other.raw.{source}" for source in SOURCES} | {
        "other.identity-claims",
        "other.identity-changes",
        "other.moves",
        "other.deadlines",
        "other.state.kin",
        "other.touchpoints",
        "other.state.bonds",
        "other.state.entries",
        "other.state.raised",
    }
    with pytest.raises(KeyError):
        at.name("no such topic")


def test_keyed_topics_are_counted_by_the_one_list(tmp_path: Path) -> None:
    """The outbox knows the partitions of every topic that is written by key."""
    at = replace(INSTALLATION, settings=Settings(partitions=7), data=tmp_path)
    outbox = root.make_outbox(at)
    keyed = {at.name(name) for name in ("touchpoints", "timelines", "detractor-alerts", "repeat-contacts")}
    assert {outbox._partitions[name] for name in keyed} == {7}
    assert at.name("dead-letters") in outbox._partitions


def test_a_policy_that_makes_no_sense_stops_at_the_start(tmp_path: Path) -> None:
    """Before a topic is read."""
    bad = tmp_path / "policy.toml"
    bad.write_text("[detractor]\nnps = 'eleven'\n")
    with pytest.raises(PolicyError):
        Installation.of(Settings(policy=bad), "nobody:1", tmp_path)


def test_the_region_of_phone_numbers_is_the_settings(tmp_path: Path) -> None:
    """Else the one that the policy's identifiers name."""
    for region in ("US", None):
        at = Installation.of(Settings(default_region=region), "nobody:1", tmp_path)
        rules = intake(at, RAW, Metrics()).intake.rules
        assert rules.default_region == (region or INSTALLATION.identifiers.default_region)


def test_the_app_is_an_app() -> None:
    """Nothing is made when the module is imported."""
    assert not [value for value in vars(root).values() if isinstance(value, faust.App)]
