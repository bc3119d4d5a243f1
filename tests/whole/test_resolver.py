"""The resolver and the directory on the real broker: all workers agree, whoever is killed in the middle."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn

from agents.directory import BroadcastDirectory
from agents.exact.exits import Exit
from agents.metrics import Metrics
from chaos.crew import metered
from commands.patience import WORK, until_worked_off
from pipeline.kin import customer_named_by
from pipeline.touchpoint import Identifier
from tests.whole.harness import PATIENCE, Raw, Stage, stage

START = datetime(2026, 9, 1, 12, tzinfo=UTC)
ANN = Identifier("email", "ann@example.com")


def message(number: int, **customer: str) -> Raw:
    """Return a chat message of a customer who is known by these."""
    event = {
        "event_id": f"E-{number}",
        "session_id": f"S-{number}",
        "occurred_at": (START + timedelta(minutes=number)).isoformat(),
        "kind": "message",
        "sender": "customer",
        "text": "Where is my parcel?",
        "customer": customer,
    }
    return Raw("chat", json.dumps(event).encode(), f"E-{number}".encode())


async def until(fact: Callable[[], bool], why: str) -> None:
    """Return when it is so."""
    async with asyncio.timeout(PATIENCE.total_seconds()):
        while not await asyncio.to_thread(fact):  # noqa: ASYNC110 -- another process's metrics
            await asyncio.sleep(0.1)
    assert fact(), why


def knows(log: Path, identifiers: int, pairs: int) -> Callable[[], bool]:
    """Return whether the worker knows so many."""

    def look() -> bool:
        told = metered(log)
        return (
            told.get(("tellonce_directory_identifiers", "")) == identifiers
            and told.get(("tellonce_directory_pairs", "")) == pairs
        )

    return look


def left(code: Exit, why: str) -> NoReturn:
    """Fail where a worker would leave."""
    raise AssertionError(code, why)


@asynccontextmanager
async def listening(at: Stage) -> AsyncIterator[BroadcastDirectory]:
    """Yield a directory that has read what there is, as a worker that starts now has."""
    heard = BroadcastDirectory(at.bootstrap, f"{at.prefix}directory", at.partitions["directory"], at.book, Metrics())
    task = asyncio.create_task(heard.follow(left))
    try:
        async with asyncio.timeout(PATIENCE.total_seconds()):
            await heard.caught_up()
        yield heard
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def worked_off(at: Stage) -> None:
    """Return when all that workers read is worked off by whoever is there."""
    await until_worked_off(
        at.bootstrap, at.group, at.named(WORK), patience=PATIENCE, check=lambda: None, progress=lambda _done, _all: None
    )


async def test_what_one_event_taught_every_worker_knows(kafka: str, prefix: str, tmp_path: Path) -> None:
    """An address, then the company's id with that address: from then on, wherever the address comes in, it is its."""
    at = await stage(kafka, prefix, tmp_path)
    with at.worked(2) as crew:
        await at.feed([message(0, email=ANN.value)])
        await worked_off(at)
        await at.feed([message(1, customer_id="C-1", email=ANN.value)])
        for log in crew.logs:
            await until(knows(log, 2, 1), crew.last_words())
        await at.feed([message(number, email=ANN.value) for number in range(2, 42)])
        await worked_off(at)
        taken = [metered(log).get(("tellonce_received_total", "chat"), 0) for log in crew.logs]
        async with listening(at) as directory:
            (answer,) = directory.answers([ANN]).values()
    named = customer_named_by(Identifier("crm_id", "C-1"))
    touchpoints = {each["event_id"]: each for each in (await at.read(["touchpoints"]))["touchpoints"]}
    assert touchpoints.pop("E-0")["customer_id"] == customer_named_by(ANN)
    assert {(each["customer_id"]) for each in touchpoints.values()} == {named}
    assert {each["epoch"] for name, each in touchpoints.items() if name != "E-1"} == {1}
    assert (answer.answer.customer_id, answer.epoch) == (named, 1)
    assert all(taken), "both workers took some of the events"
    assert len((await at.read(["identity-claims"]))["identity-claims"]) == 1


async def test_the_resolvers_worker_is_killed_in_the_middle(kafka: str, prefix: str, tmp_path: Path) -> None:
    """Another takes over from the stored bonds, a third one comes; each knows every customer, none is forgotten."""
    at = await stage(kafka, prefix, tmp_path, session_timeout="6s", heartbeat="2s")
    first, second = range(60), range(60, 120)

    def events(numbers: range) -> list[Raw]:
        return [
            *(message(2 * n, email=f"p{n}@example.com", phone=f"+44207946{n:04}") for n in numbers),
            *(message(2 * n + 1, customer_id=f"C-{n}", email=f"p{n}@example.com") for n in numbers),
        ]

    with at.worked(2) as crew:
        await at.feed(events(first))
        resolved = ("tellonce_chunk_records_count", "resolver")
        await until(lambda: any(metered(log).get(resolved) for log in crew.logs), crew.last_words())
        (doomed, survivor) = sorted(crew.logs, key=lambda log: -metered(log).get(resolved, 0))
        process = crew.processes[crew.logs.index(doomed)]
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        await at.feed(events(second))
        await worked_off(at)
        await until(knows(survivor, 360, 240), crew.last_words())
    with at.worked(1) as crew:
        await until(knows(crew.logs[0], 360, 240), crew.last_words())
    async with listening(at) as directory:
        for n in (*first, *second):
            ids = [Identifier("crm_id", f"C-{n}"), Identifier("email", f"p{n}@example.com")]
            ids.append(Identifier("phone", f"+44207946{n:04}"))
            whose = {each.answer.customer_id for each in directory.answers(ids).values()}
            assert whose == {customer_named_by(ids[0])}


async def test_a_value_put_on_the_junk_list_comes_apart_when_the_worker_is_restarted(
    kafka: str, prefix: str, tmp_path: Path
) -> None:
    """A shop's own address had made one customer of two: no event has to come, the timelines follow."""
    at = await stage(kafka, prefix, tmp_path)
    phone = Identifier("phone", "+442079460001")
    one, other = customer_named_by(Identifier("crm_id", "C-1")), customer_named_by(phone)
    with at.worked(1) as crew:
        await at.feed([message(0, customer_id="C-1", email=ANN.value)])
        await at.feed([message(1, email=ANN.value, phone=phone.value), message(2, phone=phone.value)])
        await at.until_worked_off(crew)
    assert await standing(at) == {one: 3}
    own = tmp_path / "identifiers.toml"
    own.write_text(f'[[junk]]\nfor = ["email"]\nreason = "The shop\'s own."\nexact = ["{ANN.value}"]\n')
    stricter = replace(at, settings={**at.settings, "TELLONCE_IDENTIFIERS": str(own)})
    with stricter.worked(1) as crew:
        async with listening(at) as directory:
            async with asyncio.timeout(PATIENCE.total_seconds()):
                while directory.answers([phone])[phone].answer.customer_id != other:
                    crew.check()
                    await asyncio.sleep(0.1)
        await at.until_worked_off(crew)
    assert await standing(at) == {one: 1, other: 2}


async def standing(at: Stage) -> dict[str, int]:
    """Return how many touchpoints each customer has whose timeline is current."""
    newest = {each["customer_id"]: each for each in sorted((await at.read(["timelines"]))["timelines"], key=_version)}
    return {name: each["touchpoint_count"] for name, each in newest.items() if each["status"] == "current"}


def _version(timeline: dict[str, Any]) -> int:
    version: int = timeline["version"]
    return version
