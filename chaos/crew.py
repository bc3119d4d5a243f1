"""Workers that suffer: supervised as in production, each by a name, to be killed, stopped, frozen and started again.

Rule 1. A fault hits the worker, not its supervisor (`tellonce worker`), unless it says so: who starts it again is part
        of what is watched.
Rule 2. What every worker said is kept; how often one left, and by which fence, is read from there.
"""

import os
import re
import signal
import urllib.request
from collections import Counter
from collections.abc import Collection, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from commands.children import Crew, children_of, workers

SERVED = re.compile(r"^metrics (http\S+)$", re.MULTILINE)
ANSWER_WITHIN = 5.0
"""Seconds for a worker's metrics."""

LEFT = re.compile(r"^worker left: exit=-?\d+ fence=(\w+)", re.MULTILINE)


@dataclass(slots=True)
class Workers:
    """Supervisors by name; `folder` is theirs, for words and state."""

    folder: Path
    environment: Mapping[str, str]
    stack: ExitStack
    starts: int = 0
    running: dict[str, tuple[ExitStack, Crew]] = field(default_factory=dict)
    logs: list[Path] = field(default_factory=list)

    @property
    def home(self) -> Path:
        """Where the workers' data folders are."""
        return self.folder / "workers"

    def start(self, *names: str) -> None:
        """Start a supervisor for each name that has none; its worker takes the first data folder that is free."""
        for name in names:
            if name in self.running:
                continue
            self.starts += 1
            own = self.stack.enter_context(ExitStack())
            words = self.folder / f"words-{self.starts}-{name}"
            words.mkdir(parents=True)
            crew = own.enter_context(workers(1, self.environment, words))
            self.running[name] = own, crew
            self.logs += crew.logs

    def stop(self, *names: str) -> None:
        """Tell supervisors to stop (SIGTERM), and wait until they have; all of them where none is named."""
        for name in names or tuple(self.running):
            own, _ = self.running.pop(name)
            own.close()

    def signal(self, name: str, number: signal.Signals, without: Collection[int] = ()) -> set[int]:
        """Send a signal to a supervisor's worker, if it is none of those `without`; return the process ids that were
        reached: one, or none between two lives.
        """
        reached = set()
        for child in set(self.workers_of(name)).difference(without):
            with suppress(ProcessLookupError):
                os.kill(child, number)
                reached.add(child)
        return reached

    def workers_of(self, name: str) -> tuple[int, ...]:
        """Return the process ids of a supervisor's worker: one, or none between two lives."""
        return children_of(self.running[name][1].processes[0].pid)

    def check(self) -> None:
        """Raise `WorkerGaveUpError` where a supervisor has ended by itself."""
        for _, crew in self.running.values():
            crew.check()

    def words(self, name: str) -> str:
        """Return what a supervisor and its workers have said so far."""
        return self.running[name][1].logs[0].read_text("utf-8", "replace")

    def has_left(self, name: str) -> bool:
        """Say whether a supervisor has seen a worker leave."""
        return bool(LEFT.search(self.words(name)))

    def is_up(self, name: str) -> bool:
        """Say whether a supervisor has a worker that serves its metrics."""
        words = self.words(name)
        return bool(self.workers_of(name)) and words.rfind("metrics http") > words.rfind("worker left")

    def exits(self) -> Counter[str]:
        """Return how often workers left so far, by fence or signal."""
        return Counter(fence for log in self.logs for fence in LEFT.findall(log.read_text("utf-8", "replace")))

    def stores(self) -> list[Path]:
        """Return the workers' data folders."""
        return sorted(path.parent for path in self.home.glob("*/lock"))

    def memory(self) -> int:
        """Return the most bytes that one of the running workers holds in memory."""
        most = 0
        for name in self.running:
            for child in self.workers_of(name):
                with suppress(OSError):
                    pages = Path(f"/proc/{child}/statm").read_text("ascii").split()[1]
                    most = max(most, int(pages) * os.sysconf("SC_PAGE_SIZE"))
        return most


def metered(log: Path) -> dict[tuple[str, str], float]:
    """Return what the worker that writes this log measures, by name and first label; nothing where none answers."""
    served = SERVED.findall(log.read_text("utf-8", "replace"))
    try:
        with urllib.request.urlopen(served[-1], timeout=ANSWER_WITHIN) as answer:  # noqa: S310 -- our own worker's address
            families = list(text_string_to_metric_families(answer.read().decode()))
    except (IndexError, OSError):
        return {}
    samples = (sample for family in families for sample in family.samples)
    return {(each.name, next(iter(each.labels.values()), "")): each.value for each in samples}
