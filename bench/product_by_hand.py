"""The whole product's stages by hand: the same steps over the same core, on aiokafka, in one loop.

What differs is the machinery: one client reads all topics, sends record by record, and commits when all is
acknowledged. State is in memory and in the changelogs; it is not read back.

Not guaranteed: state after a restart; after a rebalance or a pause it writes old state over new; errors end it for
good.
"""

import asyncio
import os
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from agents.app import (
    STATE,
    erasing,
    make_directory,
    make_intake,
    make_resolver,
    make_timelines,
)
from agents.exact.chunks import Chunk
from agents.exact.exits import leave
from agents.exact.loop import Effects, Step
from agents.hot import HotCustomers
from agents.installation import Installation
from agents.metrics import Metrics
from agents.rows import SortedRows
from agents.settings import Settings
from agents.tables import StateTable
from pipeline.sources import SOURCES

CHUNK = 200


def table(changelog: str) -> StateTable:
    """Return a table in memory."""
    rows = SortedRows()
    return StateTable(lambda: rows, changelog)


async def main() -> None:
    """Work until it is ended."""
    prefix, kafka, folder = (os.environ[name] for name in ("BENCH_PREFIX", "BENCH_KAFKA", "BENCH_FOLDER"))
    at = Installation.of(
        Settings.model_validate({"broker": kafka, "prefix": prefix, "app_id": f"{prefix}group"}), kafka, Path(folder)
    )
    metrics = Metrics()
    tables = {name: table(at.name(name)) for name in (*STATE, "state.bonds")}
    directory = make_directory(at, metrics)
    raw = {at.name(f"raw.{source}"): source for source in SOURCES}
    intake = make_intake(at, raw, directory, directory.caught_up, metrics)
    timelines = erasing(at, make_timelines(at, tables, HotCustomers(lambda: 1, metrics), metrics))
    steps: dict[str, Step] = dict.fromkeys(raw, intake)
    steps[at.name("identity-claims")] = make_resolver(at, tables["state.bonds"], metrics)
    steps |= dict.fromkeys((at.name(name) for name in ("touchpoints", "moves", "identity-changes")), timelines)
    consumer = AIOKafkaConsumer(
        *steps,
        bootstrap_servers=kafka,
        group_id=at.settings.app_id,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        max_poll_records=2000,
    )
    producer = AIOKafkaProducer(bootstrap_servers=kafka, acks="all", linger_ms=5, max_request_size=12 << 20)
    follower = asyncio.create_task(directory.follow(leave))
    async with consumer, producer:
        while not follower.done():
            sent: list[asyncio.Future[Any]] = []
            for place, records in (await consumer.getmany(timeout_ms=100)).items():
                for begin in range(0, len(records), CHUNK):
                    rest: Chunk | None = Chunk(place.topic, place.partition, records[begin : begin + CHUNK])
                    while rest is not None:
                        effects = await steps[place.topic](rest)
                        sent += await out(producer, effects, place.partition)
                        effects.done()
                        rest = rest.after(effects.taken)
            if sent:
                await asyncio.gather(*sent)
            await consumer.commit()


async def out(producer: AIOKafkaProducer, effects: Effects, partition: int) -> list[asyncio.Future[Any]]:
    """Store and send what follows from a chunk, record by record."""
    sent = []
    for put in (*effects.puts, *effects.last):
        put.table.write(partition, [(put.key, put.value)])
        sent.append(await producer.send(put.table.changelog, put.value, put.key, partition, put.timestamp))
    for send in effects.sends:
        sent.append(await producer.send(send.topic, send.value, send.key, send.partition, send.timestamp))  # noqa: PERF401 -- each waits for room
    return sent


if __name__ == "__main__":
    asyncio.run(main())
