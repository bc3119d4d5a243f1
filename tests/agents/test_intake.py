"""The intake agent: whatever a raw topic holds, each record becomes one send, in its order."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.exact.chunks import Chunk
from agents.exact.loop import Effects
from agents.installation import Installation
from agents.intake import IntakeAgent, raw_record
from agents.metrics import Metrics
from agents.settings import Settings
from pipeline.refusal import Reason, Stage
from tests.agents.exact.fakes import FakeRecord
from tests.agents.harness import intake
from tests.builders import RAW_EVENTS, RECEIVED, chat_event

ARRIVED = int(RECEIVED.timestamp() * 1000)
TOUCHPOINTS, DEAD_LETTERS = "voc.touchpoints", "voc.dead-letters"


@cache
def _installation() -> Installation:
    return Installation.of(Settings(), "nobody:1", Path("/nowhere"))


@cache
def _agent() -> IntakeAgent:
    at = _installation()
    return intake(at, {at.name(f"raw.{source}"): source for source in RAW_EVENTS}, Metrics())


def _counting() -> tuple[IntakeAgent, Metrics]:
    metrics = Metrics()
    return replace(_agent(), metrics=metrics), metrics


async def _effects(agent: IntakeAgent, source: str, *values: bytes | None, **fields: Any) -> Effects:  # noqa: ANN401
    topic = f"voc.raw.{source}"
    records = [FakeRecord(topic, 1, 50 + i, ARRIVED + i, value=value, **fields) for i, value in enumerate(values)]
    return await agent(Chunk(topic, 1, list(records)))


def _decoded(effects: Effects) -> list[Mapping[str, Any]]:
    book = _installation().book
    subjects = {TOUCHPOINTS: "touchpoint", DEAD_LETTERS: "dead-letter"}
    return [book.decode(subjects[send.topic], send.value) for send in effects.sends]


def _json(event: object) -> bytes:
    return json.dumps(event).encode()


HOSTILE: Mapping[str, bytes | None] = {
    "no value": None,
    "an empty value": b"",
    "garbage": b"\x93\x00\xff garbage",
    "an unknown schema": b"\x00\x00\x0f\xff\xff",
    "half an Avro record": b"\x00\x00\x00\x00\x01\x02",
    "not an object": b"[1, 2]",
    "no JSON": b'{"text": ',
    "text of 5 MB": _json(chat_event(text="word " * 1_000_000)),
    "invalid UTF-8": b'{"text": "\xff\xfe"}',
    "a score that is no number": b'{"score": NaN}',
    "nobody": _json(chat_event(customer={})),
    "half an emoji": _json(chat_event(text="\ud83d")),
    "good": _json(chat_event()),
}


async def test_each_record_becomes_one_send_in_order() -> None:
    """Good and hostile side by side: nothing is lost, nothing is doubled, nothing raises."""
    effects = await _effects(_agent(), "chat", *HOSTILE.values())

    assert effects.puts == ()
    assert len(effects.sends) == len(HOSTILE)
    assert [send.timestamp for send in effects.sends] == [ARRIVED + i for i in range(len(HOSTILE))]
    outcome = dict(zip(HOSTILE, (send.topic for send in effects.sends), strict=True))
    admitted = {what for what, topic in outcome.items() if topic == TOUCHPOINTS}
    assert admitted == {"good", "half an emoji"}
    offsets = [each["origin"]["offset"] if "origin" in each else each["offset"] for each in _decoded(effects)]
    assert offsets == [50 + i for i in range(len(HOSTILE))]


SHORT = st.sampled_from([value for value in HOSTILE.values() if value is None or len(value) < 1000])


@given(st.lists(SHORT | st.binary(max_size=40), max_size=6))
async def test_any_bytes_at_all_become_one_send_each(values: list[bytes | None]) -> None:
    """And the same bytes at the same place are the same send: a chunk taken twice changes nothing."""
    once = await _effects(_agent(), "chat", *values)
    assert len(once.sends) == len(values)
    assert (await _effects(_agent(), "chat", *values)).sends == once.sends


async def test_a_touchpoint_is_keyed_by_its_customer() -> None:
    """All of a customer is in one partition, whatever the source's key was."""
    effects = await _effects(_agent(), "chat", _json(chat_event()), _json(chat_event(session_id="S-2")), key=b"any")
    customers = [each["customer_id"].encode() for each in _decoded(effects)]
    assert [send.key for send in effects.sends] == customers
    assert len(set(customers)) == 1
    assert {send.partition for send in effects.sends} == {None}


async def test_a_dead_letter_is_keyed_by_its_place() -> None:
    """Where it was read: two refusals of one place are one letter; and the original is in it, byte by byte."""
    effects = await _effects(_agent(), "chat", b"garbage", key=b"k", headers=(("h", b"v"),))
    (letter,) = _decoded(effects)
    assert [send.key for send in effects.sends] == [b"voc.raw.chat/1/50"]
    assert letter["value"] == b"garbage"


@pytest.mark.parametrize(("less", "fits"), [(-1, True), (0, True), (1, False)])
async def test_a_touchpoint_that_its_topic_refuses_is_a_dead_letter(less: int, fits: bool) -> None:  # noqa: FBT001
    """Just under, exactly at, just over the topic's limit: the broker would refuse it, and the worker would leave."""
    value = _json(chat_event(event_id="E-1"))
    size = len((await _effects(_agent(), "chat", value)).sends[0].value or b"")
    agent = replace(_agent(), topics=replace(_agent().topics, largest=size - less), metrics=Metrics())

    (send,) = (effects := await _effects(agent, "chat", value)).sends

    assert send.topic == (TOUCHPOINTS if fits else DEAD_LETTERS)
    if not fits:
        (letter,) = _decoded(effects)
        assert (letter["stage"], letter["reason"], letter["event_id"]) == (Stage.PUBLISH, Reason.TOO_LARGE, "E-1")
        assert letter["value"] == value


async def test_the_largest_touchpoint_is_the_topics_own_limit() -> None:
    """The one list of topics says it."""
    limit = next(topic.max_message for topic in _installation().topics if topic.name == "touchpoints")
    assert _agent().topics.largest == limit


async def test_counts_are_of_what_is_done() -> None:
    """Until the broker acknowledged, nothing is counted; then all of it, by source, stage and reason."""
    agent, metrics = _counting()
    effects = await _effects(agent, "chat", _json(chat_event()), None, b"", _json(chat_event(customer={})))

    def samples() -> dict[tuple[str, ...], float]:
        return {
            (sample.name, *sample.labels.values()): sample.value
            for family in metrics.registry.collect()
            for sample in family.samples
            if sample.name.endswith("_total") and sample.labels
        }

    assert samples() == {}
    effects.done()
    assert samples() == {
        ("tellonce_received_total", "chat"): 4,
        ("tellonce_admitted_total", "chat"): 1,
        ("tellonce_rejected_total", "chat", "decode", "empty"): 2,
        ("tellonce_rejected_total", "chat", "identify", "no_identifier"): 1,
    }


@pytest.mark.parametrize("source", RAW_EVENTS)
async def test_every_source_is_admitted_by_its_own_topic(source: str) -> None:
    """A valid event of each source, where that source writes."""
    effects = await _effects(_agent(), source, _json(RAW_EVENTS[source]()))
    assert [each["source"] for each in _decoded(effects)] == [source]


async def test_long_work_gives_way() -> None:
    """Other agents and the heartbeat get their turn while a heavy chunk is under way."""
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(others())
    long_text = _json(chat_event(text="This is dreadful. Where is my parcel? " * 400))
    await _effects(_agent(), "chat", *[long_text] * 20)
    task.cancel()
    assert turns > 1


def test_a_record_without_a_time_arrived_at_the_beginning_of_time() -> None:
    """Kafka says -1 where a record has none; that must not be an error."""
    record = raw_record(FakeRecord("voc.raw.chat", 0, 7, -1, key=b"k", value=b"v", headers=(("h", b"x"),)), "chat")
    assert record.received_at.timestamp() == 0
    assert (record.source, record.origin.offset, record.key, record.value) == ("chat", 7, b"k", b"v")
    assert record.headers == (("h", b"x"),)
