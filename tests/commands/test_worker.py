"""`tellonce worker` as an operator meets it: a child process, settings by environment, the real Kafka, /metrics.

Rule 1. What is waited for is a fact (a count, an offset, an exit), looked at again and again while the worker lives.
Rule 2. A worker that ends when it should not fails the test with its own last words.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from agents import topic_admin, topics
from agents.contracts import schema_book
from agents.metrics import METRICS, PREFIX
from commands.children import children_of
from commands.patience import until_worked_off
from commands.streams import read_to_the_end, writing
from tests.builders import RawEvent, chat_event, review_event
from tests.conftest import ROOT

PARTITIONS = 2
PATIENCE = timedelta(seconds=60)
"""How long nothing may move; other work on the same machine makes everything slow."""

MARK = "Zanzibarquagga"
"""A word that only customers say here."""

WORKER = (sys.executable, "-m", "commands", "worker")


@dataclass(frozen=True, slots=True)
class Place:
    """A Kafka with topics of the test's own, and the settings of workers on them."""

    bootstrap: str
    prefix: str
    folder: Path

    @property
    def settings(self) -> dict[str, str]:
        """The workers' settings, as the environment has them."""
        return {
            "TELLONCE_BROKER": self.bootstrap,
            "TELLONCE_PREFIX": self.prefix,
            "TELLONCE_APP_ID": f"{self.prefix}workers",
            "TELLONCE_PARTITIONS": str(PARTITIONS),
            "TELLONCE_STATE_DIR": str(self.folder / "state"),
            "TELLONCE_COMMIT_INTERVAL": "100ms",
        }

    async def apply(self) -> None:
        """Make the topics."""
        wanted = topics.want(topics.load(), prefix=self.prefix, partitions=PARTITIONS)
        await topic_admin.apply(self.bootstrap, wanted)

    async def write(self, source: str, *values: bytes | None) -> None:
        """Write raw events, and wait until Kafka has them."""
        async with writing(self.bootstrap) as producer:
            for value in values:
                await producer.send(f"{self.prefix}raw.{source}", None if value else b"key", value)

    async def read(self, topic: str, subject: str) -> list[dict[str, Any]]:
        """Return all records of a topic."""
        book, name = schema_book(), self.prefix + topic
        found = await read_to_the_end(self.bootstrap, {name: PARTITIONS})
        return [book.decode(subject, record.value) for record in found[name]]

    async def worked_off(self, worker: Worker) -> None:
        """Wait until the workers committed everything."""
        names = ("raw.chat", "raw.review", "touchpoints")
        await until_worked_off(
            self.bootstrap,
            f"{self.prefix}workers",
            {self.prefix + name: PARTITIONS for name in names},
            patience=PATIENCE,
            check=worker.check,
            progress=lambda _done, _all: None,
        )


@dataclass(slots=True)
class Worker:
    """A running worker, and the file with its words."""

    process: subprocess.Popen[bytes]
    log: Path

    def said(self) -> str:
        """Return all that it said so far."""
        return self.log.read_text("utf-8", "replace")

    def check(self) -> None:
        """Fail if it has ended."""
        if self.process.poll() is not None:
            pytest.fail(f"the worker has ended with {self.process.returncode}:\n{self.said()}")

    def until(self, fact: Callable[[], Any]) -> Any:  # noqa: ANN401 -- whatever the fact is
        """Return the fact as soon as there is one."""
        began = time.monotonic()
        while not (found := fact()):
            self.check()
            if time.monotonic() - began > PATIENCE.total_seconds():
                pytest.fail(f"nothing happens:\n{self.said()}")
            time.sleep(0.05)
        return found

    def metrics(self) -> dict[str, float]:
        """Return the samples of /metrics, as `name{label=value}`."""
        lines = self.until(lambda: [line for line in self.said().splitlines() if line.startswith("metrics http")])
        with urllib.request.urlopen(lines[-1].split()[1]) as answer:  # noqa: S310 -- our own address
            text = answer.read().decode()
        samples = (sample for family in text_string_to_metric_families(text) for sample in family.samples)
        return {f"{s.name}{json.dumps(s.labels) if s.labels else ''}": s.value for s in samples}


@contextmanager
def _running(settings: Mapping[str, str], log: Path, *options: str) -> Iterator[Worker]:
    with (
        log.open("wb") as words,
        subprocess.Popen(
            [*WORKER, *options], cwd=ROOT, env=os.environ | settings, stdout=words, stderr=subprocess.STDOUT
        ) as process,
    ):
        try:
            yield Worker(process, log)
        finally:
            process.kill()


@pytest.fixture
async def place(kafka: str, prefix: str, tmp_path: Path) -> Place:
    """Return topics of the test's own."""
    here = Place(kafka, prefix, tmp_path)
    await here.apply()
    return here


def _recent(event: RawEvent, **overrides: Any) -> bytes:  # noqa: ANN401 -- any field
    moment = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=5)
    return json.dumps(event | {"occurred_at": moment.isoformat(), **overrides}).encode()


def _try(settings: Mapping[str, str], *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*WORKER, *options], cwd=ROOT, env=os.environ | settings, capture_output=True, text=True, check=False
    )


async def test_a_worker_counts_what_it_did_and_says_nothing_of_customers(place: Place) -> None:
    """Good and bad events are counted where an operator looks; the log is one line, without a word of theirs."""
    await place.write("chat", _recent(chat_event(text=f"{MARK} is rude")), f"{MARK} no JSON".encode(), None)
    await place.write("review", _recent(review_event(stars=1.0, author=MARK)))

    with _running(place.settings, place.folder / "log", "--once") as worker:
        await place.worked_off(worker)
        alert = 'tellonce_alerts_total{"basis": "explicit", "status": "raised"}'
        count = await asyncio.to_thread(worker.until, lambda: worker.metrics() if alert in worker.metrics() else None)
        worker.process.terminate()
        assert await asyncio.to_thread(worker.process.wait) == 0

    assert count['tellonce_received_total{"source": "chat"}'] == 3
    assert count['tellonce_admitted_total{"source": "chat"}'] == 1
    assert sum(value for name, value in count.items() if name.startswith("tellonce_rejected_total{")) == 2
    assert count['tellonce_admitted_total{"source": "review"}'] == 1
    assert count["tellonce_touchpoints_stitched_total"] == count["tellonce_end_to_end_seconds_count"] == 2
    assert count['tellonce_chunk_records_sum{"agent": "intake"}'] == 4
    assert count['tellonce_chunk_seconds_count{"agent": "timelines"}'] >= 1
    listed = tuple(PREFIX + metric.name.removesuffix("_total") for metric in METRICS)
    assert [name for name in count if not name.startswith(listed)] == []
    said = worker.said()
    assert MARK not in said
    assert "\x1b" not in said
    assert [line for line in said.splitlines() if not line.startswith("metrics http")] == []


async def test_what_sigterm_interrupts_is_taken_up_again(place: Place) -> None:
    """A worker that is told to stop in the middle leaves with 0; the next one has every event, once."""
    number = 600
    await place.write(
        "chat", *(_recent(chat_event(event_id=f"event-{i}", session_id=f"S-{i % 7}")) for i in range(number))
    )
    settings = place.settings | {"TELLONCE_CHUNK": "5"}

    with _running(settings, place.folder / "first", "--once") as first:
        received = 'tellonce_received_total{"source": "chat"}'
        await asyncio.to_thread(first.until, lambda: first.metrics().get(received))
        first.process.terminate()
        assert await asyncio.to_thread(first.process.wait) == 0, first.said()
    with _running(settings, place.folder / "second", "--once") as second:
        await place.worked_off(second)

    heard = await place.read("touchpoints", "touchpoint")
    kept = await place.read("state.entries", "timeline-entry")
    expected = {f"event-{i}" for i in range(number)}
    assert {each["event_id"] for each in heard} == expected
    assert {each["event_id"] for each in kept} == expected
    newest = max(await place.read("timelines", "timeline"), key=lambda each: int(each["version"]))
    assert newest["touchpoint_count"] == number


async def test_a_worker_that_crashes_is_started_again_and_loses_nothing(place: Place) -> None:
    """After kill -9 of the worker: its supervisor starts another, counts the fence, and the events go on."""
    await place.write("chat", _recent(chat_event(event_id="before")))
    with _running(place.settings, place.folder / "log") as supervisor:
        await place.worked_off(supervisor)
        os.kill(children_of(supervisor.process.pid)[0], signal.SIGKILL)
        await place.write("chat", _recent(chat_event(event_id="after")))
        await asyncio.to_thread(supervisor.until, lambda: supervisor.said().count("metrics http") == 2)
        await place.worked_off(supervisor)
        count = await asyncio.to_thread(supervisor.metrics)
        supervisor.process.terminate()
        assert await asyncio.to_thread(supervisor.process.wait) == 0, supervisor.said()

    assert count['tellonce_restarts_total{"fence": "signal_sigkill"}'] == 1
    assert {each["event_id"] for each in await place.read("state.entries", "timeline-entry")} == {"before", "after"}


async def test_a_worker_ends_with_its_supervisor(place: Place) -> None:
    """After kill -9 of the supervisor: its worker does not go on alone, in a folder that nobody holds any more."""
    with _running(place.settings, place.folder / "log") as supervisor:
        await asyncio.to_thread(supervisor.until, lambda: "metrics http" in supervisor.said())
        (child,) = children_of(supervisor.process.pid)
        supervisor.process.kill()
        supervisor.process.wait()
        began = time.monotonic()
        while _is_alive(child):
            assert time.monotonic() - began < PATIENCE.total_seconds(), "the worker goes on"
            await asyncio.sleep(0.05)


def test_missing_topics_are_refused_with_what_to_do(kafka: str, prefix: str, tmp_path: Path) -> None:
    """A worker on topics that are not there would idle for ever: it leaves with 1, once, and says what to run."""
    for options in (("--once",), ()):
        refused = _try(Place(kafka, prefix, tmp_path).settings, *options)
        assert (refused.returncode, refused.stdout) == (1, "")
        assert "Run `tellonce topics apply`." in refused.stderr
        assert len(refused.stderr.splitlines()) == 1


async def test_a_taken_metrics_port_is_refused_with_its_name(place: Place) -> None:
    """Two workers on one machine with one fixed port: the second says so, in one line."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = await asyncio.to_thread(_try, place.settings | {"TELLONCE_METRICS_PORT": str(port)}, "--once")
    assert refused.returncode == 1
    assert refused.stderr == f"Error: /metrics cannot be served at 127.0.0.1:{port}: Address already in use\n"


def test_a_bad_setting_is_refused_with_its_name() -> None:
    """Wrong settings never become right by a restart: exit code 2, the name first."""
    for options in (("--once",), ()):
        refused = _try({"TELLONCE_BROKER": "127.0.0.1:9092", "TELLONCE_CHUNK": "0"}, *options)
        assert refused.returncode == 2
        assert refused.stderr.startswith("TELLONCE_CHUNK='0': allowed is a whole number from 1 to")


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
