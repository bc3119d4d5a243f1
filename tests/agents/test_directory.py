"""The broadcast directory on a real broker: read to the end before it is asked, and still heard after a restart."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NoReturn

import pytest
from aiokafka import AIOKafkaProducer

from agents import topic_admin, topics
from agents.contracts import schema_book
from agents.directory import BroadcastDirectory
from agents.exact.exits import Exit
from agents.known import identifier_key
from agents.metrics import Metrics
from broker.embedded import embedded
from pipeline.kin import customer_named_by
from pipeline.touchpoint import Identifier
from tests.agents.test_known import entry, known_pair

BOOK, PARTITIONS, PATIENCE = schema_book(), 4, 60
CRM = Identifier("crm_id", "C-1")
MANY = [Identifier("email", f"person{n}@example.com") for n in range(1200)]


class Left(Exception):
    """The worker left."""


def leave(code: Exit, why: str) -> NoReturn:
    """Leave, as a worker does."""
    raise Left(code, why)


@asynccontextmanager
async def following(bootstrap: str, prefix: str) -> AsyncIterator[tuple[BroadcastDirectory, asyncio.Task[None]]]:
    """Yield a directory that follows its topic."""
    directory = BroadcastDirectory(bootstrap, f"{prefix}directory", PARTITIONS, BOOK, Metrics())
    task = asyncio.create_task(directory.follow(leave))
    try:
        yield directory, task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def made(bootstrap: str, prefix: str) -> None:
    """Make the topics."""
    await topic_admin.apply(bootstrap, topics.want(topics.load(), prefix=prefix, partitions=PARTITIONS))


async def say(bootstrap: str, prefix: str, *records: tuple[bytes, bytes | None]) -> None:
    """Write to the directory as the resolver would."""
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all") as producer:
        for key, value in records:
            await producer.send(f"{prefix}directory", value, key)
        await producer.flush()


def said(one: Identifier, epoch: int = 1) -> tuple[bytes, bytes]:
    """Return what the resolver writes of an identifier."""
    return identifier_key(one), BOOK.encode("directory-entry", entry(one, CRM, epoch))


async def until_known(directory: BroadcastDirectory, one: Identifier) -> None:
    """Return when the directory answers for it."""
    async with asyncio.timeout(PATIENCE):
        while not directory.answers([one]):  # noqa: ASYNC110 -- it is asked, as intake asks it
            await asyncio.sleep(0.05)


async def test_all_partitions_are_read_before_it_has_caught_up(kafka: str, prefix: str) -> None:
    """More records than are taken at once, on every partition; pairs and erasures too."""
    await made(kafka, prefix)
    pair = BOOK.encode("directory-entry", known_pair("pair-1"))
    await say(kafka, prefix, *map(said, MANY), (b"pair-1", pair), (identifier_key(MANY[0]), None))
    async with following(kafka, prefix) as (directory, _), asyncio.timeout(PATIENCE):
        assert not directory.complete
        forgotten: list[bytes] = []
        directory.on_forget = forgotten.append
        await directory.caught_up()
        answers = directory.answers(MANY)
        assert list(answers) == MANY[1:]
        assert {each.answer.customer_id for each in answers.values()} == {customer_named_by(CRM)}
        assert directory.knows_pair("pair-1")
        assert directory.heard == len(MANY) + 2
        assert forgotten == [identifier_key(MANY[0])]


async def test_an_empty_directory_is_read_at_once(kafka: str, prefix: str) -> None:
    """The first worker of a new installation begins; what is said later is heard."""
    await made(kafka, prefix)
    async with following(kafka, prefix) as (directory, _), asyncio.timeout(PATIENCE):
        await directory.caught_up()
        await say(kafka, prefix, said(MANY[0]))
        await until_known(directory, MANY[0])


async def test_what_cannot_be_read_ends_the_worker(kafka: str, prefix: str) -> None:
    """Else it would go on with a directory that stands still."""
    await made(kafka, prefix)
    await say(kafka, prefix, (b"email:ann@example.com", b"garbage"))
    async with following(kafka, prefix) as (directory, task):
        async with asyncio.timeout(PATIENCE):
            with pytest.raises(Left):
                await task
        assert not directory.complete


@pytest.mark.kafka
async def test_a_broker_that_comes_back_is_read_on(tmp_path: Path, prefix: str) -> None:
    """It knows what it knew, hears what is said after, and takes nothing twice."""
    with embedded(tmp_path) as node:
        bootstrap = node.bootstrap
        await made(bootstrap, prefix)
        await say(bootstrap, prefix, said(MANY[0]))
        following_it = following(bootstrap, prefix)
        directory, task = await following_it.__aenter__()
        await until_known(directory, MANY[0])
    try:
        assert directory.answers([MANY[0]])
        with embedded(tmp_path) as node:
            assert node.bootstrap == bootstrap
            await say(bootstrap, prefix, said(MANY[1]))
            await until_known(directory, MANY[1])
            assert directory.heard == 2
            assert not task.done()
    finally:
        await following_it.__aexit__(None, None, None)
