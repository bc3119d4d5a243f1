"""aiokafka by hand with the product's two hops, and little else: raw -> touchpoints keyed by customer -> alerts.

It reads JSON, scores words with the product's scorer, sends what is scored to its customer's partition, keeps the last
ten moods there, and raises an alert for a bad answer or for bad words after bad words. Each hop takes what there is,
sends, waits for all in-sync replicas, commits.

Not guaranteed: state after a restart; an event that is delivered again counts twice; after a pause it writes on;
errors end it for good; what is no JSON is dropped without a word.
"""

import asyncio
import json
import os
from collections.abc import Callable, Iterable
from typing import Any

import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.structs import ConsumerRecord

from bench import work
from pipeline.kin import customer_named_by
from pipeline.language.vader import Vader
from pipeline.sources import SOURCES
from pipeline.touchpoint import Identifier

Out = Iterable[tuple[str, bytes, dict[str, Any]]]
DETRACTOR = 6
"""The highest answer on the scale of NPS that is a detractor's."""


async def hop(kafka: str, group: str, topics: Iterable[str], step: Callable[[ConsumerRecord], Out]) -> None:
    """Take records of these topics and send what follows, for ever."""
    consumer = AIOKafkaConsumer(
        *topics,
        bootstrap_servers=kafka,
        group_id=group,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        max_poll_records=2000,
    )
    async with consumer, AIOKafkaProducer(bootstrap_servers=kafka, acks="all") as producer:
        while True:
            taken = [each for records in (await consumer.getmany(timeout_ms=1000)).values() for each in records]
            sent = [
                await producer.send(topic, json.dumps(value).encode(), key, timestamp_ms=record.timestamp)
                for record in taken
                for topic, key, value in step(record)
            ]
            await asyncio.gather(*sent)
            if taken:
                await consumer.commit()


def scored(touchpoints: str) -> Callable[[ConsumerRecord], Out]:
    """Return the first hop's step."""
    score = Vader().compound

    def step(record: ConsumerRecord) -> Out:
        try:
            event = json.loads(record.value or b"")
            named = event["customer"]
        except (ValueError, KeyError, TypeError):
            return
        customer = customer_named_by(Identifier("crm_id", str(named.get("customer_id") or sorted(named.items()))))
        words = str(event.get("text") or event.get("body") or event.get("comment") or "")
        yield touchpoints, customer.encode(), {**event, "mood": score(words)}

    return step


def judged(alerts: str) -> Callable[[ConsumerRecord], Out]:
    """Return the second hop's step."""
    known: dict[bytes, list[float]] = {}

    def step(record: ConsumerRecord) -> Out:
        event = json.loads(record.value or b"")
        history = known[record.key] = work.extended(known.get(record.key, []), event["mood"])
        is_bad = history[-1] <= work.BAD and sum(history) / len(history) <= work.BAD
        if is_bad or (event.get("metric") == "nps" and event["score"] <= DETRACTOR):
            yield alerts, record.key, {"moods": history, "event": event}

    return step


async def main() -> None:
    """Work until it is ended."""
    prefix, kafka = os.environ["BENCH_PREFIX"], os.environ["BENCH_KAFKA"]
    raw, touchpoints = [f"{prefix}raw.{source}" for source in SOURCES], f"{prefix}touchpoints"
    await asyncio.gather(
        hop(kafka, f"{prefix}group", raw, scored(touchpoints)),
        hop(kafka, f"{prefix}group", [touchpoints], judged(f"{prefix}detractor-alerts")),
    )


if __name__ == "__main__":
    uvloop.run(main())
