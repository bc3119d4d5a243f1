"""Measures one run of one contestant from outside: how fast its outputs arrive, what it costs.

Rule 1. The rate is of outputs that the broker has, between a tenth of them and the last: start-up is left out.
Rule 2. CPU is the process's and its children's, user and system, over the same span; memory is the process's peak.
Rule 3. Who writes too few alerts or too many, or stands still for a minute, did other work: an error.
"""

import asyncio
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from aiokafka import AIOKafkaConsumer

from bench import kafka as broker
from bench import work
from bench.contestants import ROOT, Contestant
from commands.children import children_of

T = TypeVar("T")
WARM = 0.1
LOOK_EVERY = 0.05
STANDS_STILL = 60.0
_TICKS = os.sysconf("SC_CLK_TCK")


class DidOtherWork(Exception):
    """A contestant stood still, ended, or wrote something else than the defined work asks for."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One run: events a second, CPU seconds per million events, peak memory in MiB."""

    rate: float
    cpu_per_million: float
    peak_mib: float


async def measure(contestant: Contestant, kafka: str, prefix: str, events: int, alerts: int) -> Measured:
    """Run a contestant on fresh topics until it has written what is its share; raises DidOtherWork."""
    outputs = prefix + work.OUTPUTS
    await broker.make_topics(kafka, [outputs, prefix + work.ALERTS], compacted=[prefix + work.STATE])
    target = int(events * contestant.share)
    try:
        async with running(contestant, kafka, prefix) as process, broker.counter(kafka) as client:
            found = await watched(process, lambda: broker.count(client, outputs), target)
            if target == events:
                await _same_alerts(client, prefix + work.ALERTS, alerts)
    finally:
        await broker.drop_topics(kafka, prefix)
    return found


@asynccontextmanager
async def running(
    contestant: Contestant, kafka: str, prefix: str, state: Path | None = None
) -> AsyncIterator[subprocess.Popen[bytes]]:
    """Run a contestant for as long as the block lasts; what it said stands in the errors that the block raises.

    Its state is empty, unless a folder with some is given.
    """
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        log = Path(folder) / "log"
        if state is None:
            state = Path(folder) / "state"
            state.mkdir()
        given = {"BENCH_KAFKA": kafka, "BENCH_PREFIX": prefix, "BENCH_FOLDER": str(state), "PYTHONPATH": str(ROOT)}
        given["TELLONCE_STATE_DIR"] = str(state)
        own = {name: value for name, value in os.environ.items() if not name.startswith("TELLONCE_")}
        with log.open("w") as said:
            process = subprocess.Popen(  # noqa: ASYNC220 -- it is only started here
                contestant.command,
                env={**own, **contestant.environment, **given},
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
            )
        try:
            yield process
        except DidOtherWork as error:
            raise DidOtherWork(f"{contestant.name}: {error}\n{_gist(log.read_text())}") from None
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()


async def watched(
    process: subprocess.Popen[bytes],
    progress: Callable[[], Awaitable[int]],
    target: int,
    every: float = LOOK_EVERY,
) -> Measured:
    """Watch a process until its progress is at the target, from a tenth of it."""
    begun: tuple[float, float, int] | None = None
    last, moved = 0, time.monotonic()
    while True:
        done, now = await progress(), time.monotonic()
        still_runs(process, f" after {done} of {target}")
        if done > last:
            last, moved = done, now
        elif now - moved > STANDS_STILL:
            raise DidOtherWork(f"stands still at {done} of {target}")
        if done >= target and begun is not None:
            seconds, of = now - begun[0], done - begun[2]
            cpu = cpu_seconds(process.pid) - begun[1]
            return Measured(of / seconds, cpu / of * 1e6, memory_mib(process.pid, "VmHWM"))
        if begun is None and done >= target * WARM:
            begun = now, cpu_seconds(process.pid), done
        await asyncio.sleep(every)


def still_runs(process: subprocess.Popen[bytes], how_far: str = "") -> None:
    """Return while a contestant runs. Raises DidOtherWork."""
    if process.poll() is not None:
        raise DidOtherWork(f"ended with {process.returncode}{how_far}")


async def _same_alerts(client: AIOKafkaConsumer, topic: str, expected: int) -> None:
    until = time.monotonic() + STANDS_STILL
    while (found := await broker.count(client, topic)) < expected and time.monotonic() < until:  # noqa: ASYNC110 -- a broker calls nobody
        await asyncio.sleep(LOOK_EVERY)
    if found != expected:
        raise DidOtherWork(f"wrote {found} alerts where {expected} are due")


def took(call: Callable[[T], object], given: Iterable[T]) -> float:
    """Return the CPU seconds of this thread for calling with each."""
    began = time.thread_time()
    for each in given:
        call(each)
    return time.thread_time() - began


def cpu_seconds(pid: int) -> float:
    """Return the CPU of a process and its children, living or gone."""
    total = 0.0
    for each in (pid, *children_of(pid)):
        fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
        total += sum(map(int, fields[11:15])) / _TICKS
    return total


def memory_mib(pid: int, field: str) -> float:
    """Return a process's memory: at its peak (`VmHWM`), or now (`VmRSS`)."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(field)).split()[1]) / 1024


def _gist(said: str) -> str:
    """Return the beginning and the end of what a contestant said."""
    return said if len(said) < 6000 else f"{said[:4000]}\n…\n{said[-2000:]}"  # noqa: PLR2004 -- a screenful
