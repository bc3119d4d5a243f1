"""Asking a Kafka all that the doctor wants to know. Reads only: nothing is written, and no group is joined.

Rule 1. Each question is bounded; one without an answer is a finding, and the others are asked all the same.
Rule 2. The clock is judged by stamps that the broker has made anyway (raw topics have its time of arrival). So only a
        broker ahead of this machine is found; nothing is written to find the other.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime

from aiokafka.errors import KafkaError
from aiokafka.structs import ConsumerRecord, TopicPartition

from agents import topic_admin
from agents.installation import Installation
from agents.topic_admin import TopicAdminError
from agents.topics import Kind
from commands import checks
from commands.checks import Finding, Level
from commands.streams import administering, partitions, reading
from pipeline.refusal import Refused
from pipeline.sources import SOURCES

STAGES: Mapping[str, tuple[str, ...]] = {
    "intake": tuple(f"raw.{source}" for source in SOURCES),
    "resolver": ("identity-claims",),
    "timelines": ("touchpoints", "moves", "identity-changes", "deadlines"),
}
"""What each stage reads."""

ANSWER_WITHIN = 20.0
"""Seconds for one question."""

Asked = Callable[[], AsyncIterator[Finding]]


async def examine(at: Installation, now: datetime) -> list[Finding]:
    """Return what was found about a Kafka, its topics and its workers."""
    there: dict[str, int] = {}
    found: list[Finding] = []
    for check, ask in {
        "broker": lambda: _broker(at),
        "topics": lambda: _topics(at, there),
        "schemas": lambda: _newest(at, there, now),
        "group": lambda: _group(at),
        "lag": lambda: _lag(at, there),
    }.items():
        found += await _answered(check, ask)
        if check == "broker" and found[-1].level is Level.WRONG:
            break
    return found


async def _answered(check: str, ask: Asked) -> list[Finding]:
    """Return the findings of a question, or that it has no answer (Rule 1)."""
    try:
        async with asyncio.timeout(ANSWER_WITHIN):
            return [found async for found in ask()]
    except (KafkaError, OSError, TopicAdminError) as error:
        why = str(error) or type(error).__name__
        return [Finding(check, Level.WRONG, f"no answer: {why}", "see that Kafka runs: `tellonce broker status`")]


async def _broker(at: Installation) -> AsyncIterator[Finding]:
    async with administering(at.bootstrap) as admin:
        cluster = await admin.describe_cluster()
    number = len(cluster["brokers"])
    yield Finding("broker", Level.OK, f"Kafka answers at {at.bootstrap}: {number} broker{'s' * (number > 1)}")


async def _topics(at: Installation, there: dict[str, int]) -> AsyncIterator[Finding]:
    """Judge the topics, and take note of those that are there, with the partitions that they have."""
    differences = await topic_admin.diff(at.bootstrap, at.wanted())
    missing = {each.topic for each in differences if each.kind is Kind.MISSING}
    there |= {state.name: state.partitions for state in at.wanted() if state.name not in missing}
    there |= {each.topic: int(each.found) for each in differences if each.kind is Kind.PARTITIONS}
    for finding in checks.topics(differences, len(at.wanted())):
        yield finding


async def _newest(at: Installation, there: Mapping[str, int], now: datetime) -> AsyncIterator[Finding]:
    subjects = {at.name(topic.name): topic.schema.rpartition(".v")[0] for topic in at.topics}
    newest: dict[TopicPartition, ConsumerRecord] = {}
    async with reading(at.bootstrap) as consumer:
        places = partitions(there)
        begins, ends = await consumer.beginning_offsets(places), await consumer.end_offsets(places)
        waiting = {place for place in places if ends[place] > begins[place]}
        consumer.assign(sorted(waiting))
        for place in waiting:
            consumer.seek(place, ends[place] - 1)
        while waiting:
            for place, records in (await consumer.getmany(*waiting, timeout_ms=200)).items():
                newest[place] = records[-1]
            # At the end of a compacted or transactional log there may be no record to see.
            waiting = {place for place in waiting if await consumer.position(place) < ends[place]}
    wrong: dict[str, str] = {}
    for place, record in newest.items():
        raw = place.topic.startswith(at.name("raw.chat").removesuffix("chat"))
        read = at.book.decode_raw if raw else at.book.decode
        if record.value is None and not raw:
            continue  # a deletion
        try:
            read(subjects[place.topic], record.value)
        except Refused as refused:
            wrong[place.topic] = refused.rejected.reason.value
    for finding in checks.schemas(wrong, len(newest)):
        yield finding
    stamps = [record.timestamp for record in newest.values() if record.timestamp_type == 1]
    yield checks.clock(datetime.fromtimestamp(max(stamps) / 1000, UTC) if stamps else None, now)


async def _group(at: Installation) -> AsyncIterator[Finding]:
    name = at.settings.app_id
    state, members = "", list[str]()
    async with administering(at.bootstrap) as admin:
        try:
            for response in await admin.describe_consumer_groups([name]):
                for group in response.to_object()["groups"]:
                    state = group["state"]
                    members = [member["client_host"].removeprefix("/") for member in group["members"]]
        except KafkaError:  # on a Kafka that never had a group, nobody is in charge of them
            state = ""
    yield checks.group(name, state, members)


async def _lag(at: Installation, there: Mapping[str, int]) -> AsyncIterator[Finding]:
    async with administering(at.bootstrap) as admin, reading(at.bootstrap) as consumer:
        try:
            committed = {
                place: found.offset
                for place, found in (await admin.list_consumer_group_offsets(at.settings.app_id)).items()
                if found.offset >= 0
            }
        except KafkaError:
            committed = {}
        for stage, names in STAGES.items():
            places = partitions({at.name(name): there[at.name(name)] for name in names if at.name(name) in there})
            begins, ends = await consumer.beginning_offsets(places), await consumer.end_offsets(places)
            where: Counter[str] = Counter()
            for place in places:
                where[place.topic] += max(ends[place] - max(committed.get(place, 0), begins[place]), 0)
            yield checks.lag(stage, where.total(), where)
