"""Which process is that? A pid alone is not believed: it may have been given to another process since.

Rule 1: a process is its pid and the moment it was started, as the system tells it.
Rule 2: a process that has ended and waits to be collected (a zombie) does not run.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_POLL_SECONDS = 0.05
_STAT_STATE, _STAT_START = 0, 19
"""/proc/PID/stat after the name: state, and start in ticks since boot (proc(5), fields 3 and 22)."""


@dataclass(frozen=True, slots=True)
class ProcessId:
    """One process of this machine's history: never means another one."""

    pid: int
    started: str

    def is_alive(self) -> bool:
        """Tells whether exactly this process runs now."""
        return started_at(self.pid) == self.started

    def send(self, number: signal.Signals) -> None:
        """Sends a signal, if it still runs."""
        if self.is_alive():
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def wait(self, seconds: float) -> bool:
        """Waits until it has ended; False when it still runs after `seconds`."""
        deadline = time.monotonic() + seconds
        while self.is_alive():
            if time.monotonic() > deadline:
                return False
            time.sleep(_POLL_SECONDS)
        return True


def identify(pid: int) -> ProcessId | None:
    """Returns who has this pid now; None when nobody does."""
    started = started_at(pid)
    return None if started is None else ProcessId(pid=pid, started=started)


def started_at(pid: int) -> str | None:
    """Returns when the process was started, as no other with its pid was; None if it has ended."""
    return _started_by_proc(pid) if sys.platform == "linux" else _started_by_ps(pid)


def _started_by_proc(pid: int) -> str | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The name stands in brackets and may hold any character, brackets too.
    fields = stat.rpartition(")")[2].split()
    return None if fields[_STAT_STATE] in "ZX" else f"{boot}:{fields[_STAT_START]}"


def _started_by_ps(pid: int) -> str | None:
    asked = subprocess.run(
        ["/bin/ps", "-o", "state=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    state, _, started = asked.stdout.strip().partition(" ")
    return started.strip() if started and not state.startswith("Z") else None
