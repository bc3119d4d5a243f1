"""Workers as child processes: `tellonce worker`, as anybody would start it, for as long as a block lasts.

Rule 1. They are ended when the block ends, however it ends, and by the kernel when this process is killed (Linux).
Rule 2. What they say goes to a file each; its end is shown when one of them gives up.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from broker import tether

_STOP_SECONDS = 20.0
"""Longer than a worker's session time-out (6 s): it may have to hand its partitions over first."""
_TAIL_LINES = 15


class WorkerGaveUpError(Exception):
    """A worker has ended by itself; the message has the end of its log."""


@dataclass(frozen=True, slots=True)
class Crew:
    """The running workers, with where each one's words go."""

    processes: tuple[subprocess.Popen[bytes], ...]
    logs: tuple[Path, ...]

    def check(self) -> None:
        """Return while all of them run. Raises `WorkerGaveUpError`."""
        for process, log in zip(self.processes, self.logs, strict=True):
            code = process.poll()
            if code is not None:
                raise WorkerGaveUpError(f"A worker has ended with code {code}. The end of its log:\n{tail(log)}")

    def last_words(self) -> str:
        """Return the end of every worker's log."""
        return "\n".join(tail(log) for log in self.logs)


@contextmanager
def workers(number: int, settings: Mapping[str, str], folder: Path) -> Iterator[Crew]:
    """Yield so many running workers; `settings` are added to this process's environment, logs go to `folder`."""
    logs = tuple(folder / f"worker-{each}.log" for each in range(1, number + 1))
    processes: list[subprocess.Popen[bytes]] = []
    try:
        for log in logs:
            processes.append(_start(os.environ | dict(settings), log))  # noqa: PERF401 -- those that started are stopped
        yield Crew(tuple(processes), logs)
    finally:
        _stop(processes)


def children_of(pid: int) -> tuple[int, ...]:
    """Return the process ids of a process's children (Linux); none where it is gone."""
    try:
        listed = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii")
    except (FileNotFoundError, ProcessLookupError):
        return ()
    return tuple(map(int, listed.split()))


def tail(log: Path) -> str:
    """Return the last lines of a log."""
    with suppress(OSError):
        lines = log.read_text("utf-8", "replace").splitlines()
        return "\n".join(f"  {line}" for line in lines[-_TAIL_LINES:]) or "  (it said nothing)"
    return "  (there is none)"


def _start(environment: Mapping[str, str], log: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "commands", "worker"]
    tied = [sys.executable, str(tether.__file__), str(os.getpid()), *command]
    with log.open("wb") as words:
        # A session of its own: Ctrl-C is ours to hear, and theirs to be told in order.
        return subprocess.Popen(  # noqa: S603 -- the command is ours
            tied, stdin=subprocess.DEVNULL, stdout=words, stderr=words, env=dict(environment), start_new_session=True
        )


def _stop(processes: list[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        process.terminate()
    for process in processes:
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
