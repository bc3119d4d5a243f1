"""The node that runs in a folder: find it, start it, stop it.

Rule 1: a node is in `node.json` with its process, its port, whether it has answered, and its owner's process.
        A process is believed only while exactly that one is alive (`broker.process`).
Rule 2: whoever starts or stops holds the folder's lock, so of two starters one starts and the other finds.
Rule 3: a node that never answered, or whose owner is dead, is a leftover: it is ended before the next starts.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace

from broker import node
from broker.errors import DidNotStart, DidNotStop
from broker.layout import LOOPBACK, Layout, Ports, choose_ports, remember_ports
from broker.process import ProcessId, identify
from broker.requirements import Runtime

START_SECONDS = 60.0
"""Four seconds are usual; a busy machine may take ten times that."""

_STOP_SECONDS = 30.0
_KILL_SECONDS = 10.0
_ATTEMPTS = 3
"""A port may be taken between its choice and its use; three strangers in a row are no accident."""


@dataclass(frozen=True, slots=True)
class Kafka:
    """A node of ours."""

    process: ProcessId
    port: int
    answered: bool
    """Whether it has answered since its start."""
    owner: ProcessId | None
    """The command that will stop it; None for a node that was left running on purpose."""

    @property
    def bootstrap(self) -> str:
        """Its address, as clients want it."""
        return f"{LOOPBACK}:{self.port}"

    @property
    def is_usable(self) -> bool:
        """Tells whether it runs, has answered, and nobody is about to end it."""
        return self.answered and self.process.is_alive() and (self.owner is None or self.owner.is_alive())


def find(layout: Layout) -> Kafka | None:
    """Returns the node that runs here; None when none does, whatever was left behind."""
    found = _read(layout)
    return found if found is not None and found.is_usable else None


def find_or_start(
    runtime: Runtime, layout: Layout, *, owned: bool, seconds: float = START_SECONDS
) -> tuple[Kafka, subprocess.Popen[bytes] | None]:
    """Returns the node that runs here, and its process if this call started it.

    Raises `DidNotStart` when a new one dies, or does not answer within `seconds`.
    """
    with _locked(layout):
        found = _read(layout)
        if found is not None and found.is_usable:
            return found, None
        if found is not None:
            _end(found.process)
        return _start(runtime, layout, owned=owned, seconds=seconds)


def stop(layout: Layout) -> Kafka | None:
    """Stops the node that runs here and waits until it is gone; returns who it was, None when none ran."""
    with _locked(layout):
        found = _read(layout)
        was_alive = found is not None and found.process.is_alive()
        if found is not None:
            _end(found.process)
        layout.node.unlink(missing_ok=True)
        return found if was_alive else None


def stop_own(layout: Layout, own: Kafka, process: subprocess.Popen[bytes]) -> None:
    """Stops a node that this process started. A newer one in the same folder is left alone."""
    try:
        process.terminate()
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        _kill(process)
    except BaseException:
        # A second Ctrl-C: out now, and nothing left behind.
        _kill(process)
        raise
    finally:
        with _locked(layout):
            if _read(layout) == own:
                layout.node.unlink(missing_ok=True)


def _start(runtime: Runtime, layout: Layout, *, owned: bool, seconds: float) -> tuple[Kafka, subprocess.Popen[bytes]]:
    attempt = 1
    while True:
        try:
            return _try_to_start(runtime, layout, choose_ports(layout), owned=owned, seconds=seconds)
        except DidNotStart as error:
            if attempt == _ATTEMPTS or "Address already in use" not in str(error):
                raise
        attempt += 1


def _try_to_start(
    runtime: Runtime, layout: Layout, ports: Ports, *, owned: bool, seconds: float
) -> tuple[Kafka, subprocess.Popen[bytes]]:
    process = node.launch(runtime, layout, ports, owned=owned)
    try:
        owner = _identify(os.getpid(), layout) if owned else None
        started = Kafka(_identify(process.pid, layout), ports.client, answered=False, owner=owner)
        # Written before it answers: if this process dies now, the next starter finds what to end.
        _write(layout, started)
        node.wait_until_ready(process, layout, ports, seconds)
    except BaseException:
        _kill(process)
        layout.node.unlink(missing_ok=True)
        raise
    answered = replace(started, answered=True)
    _write(layout, answered)
    remember_ports(layout, ports)
    return answered, process


def _identify(pid: int, layout: Layout) -> ProcessId:
    identity = identify(pid)
    if identity is None:
        raise DidNotStart(f"Kafka ended at once; its last words:\n{node.tail(layout)}")
    return identity


def _end(process: ProcessId) -> None:
    process.send(signal.SIGTERM)
    if process.wait(_STOP_SECONDS):
        return
    process.send(signal.SIGKILL)
    if not process.wait(_KILL_SECONDS):
        raise DidNotStop(f"Kafka's process {process.pid} does not end; look at it with `ps -p {process.pid}`")


def _kill(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()


@contextmanager
def _locked(layout: Layout) -> Iterator[None]:
    layout.root.mkdir(parents=True, exist_ok=True)
    # The lock goes with its holder, whatever ends him; Java does not inherit it.
    with layout.lock.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _read(layout: Layout) -> Kafka | None:
    # Half a file, or an older version's: as good as none.
    with suppress(OSError, ValueError, TypeError, KeyError):
        kept = json.loads(layout.node.read_text())
        owner = kept.pop("owner")
        return Kafka(
            process=ProcessId(**kept.pop("process")),
            owner=None if owner is None else ProcessId(**owner),
            **kept,
        )
    return None


def _write(layout: Layout, kafka: Kafka) -> None:
    # Swapped in whole: a reader without the lock (`status`) never sees half of it.
    fresh = layout.node.with_suffix(".new")
    fresh.write_text(json.dumps(asdict(kafka)))
    fresh.replace(layout.node)
