"""A worker with a fault: it dies of events that say so. The test's own entry point; the product has no such branch.

`python -m tests.whole.crashing FOLDER` runs one worker, as the supervisor would start it.
"""

import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from agents.exact.chunks import Chunk
from agents.exact.loop import Effects
from agents.installation import Installation
from agents.intake import IntakeAgent
from agents.settings import load
from agents.timelines import TimelinesAgent
from agents.worker import run

KILLS_INTAKE = "kills whoever reads it"
BREAKS_TIMELINES = "breaks whoever stitches it"

Step = Callable[[Any, Chunk], Awaitable[Effects]]


def dying(step: Step, of: str, die: Callable[[], None]) -> Step:
    """Return a step that dies of a chunk in which any record says `of`."""

    async def taken(self: Any, chunk: Chunk) -> Effects:  # noqa: ANN401 -- an agent
        if any(of.encode() in (record.value or b"") for record in chunk.records):
            die()
        return await step(self, chunk)

    return taken


def _kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _raise() -> None:
    raise ZeroDivisionError


if __name__ == "__main__":
    IntakeAgent.__call__ = dying(IntakeAgent.__call__, KILLS_INTAKE, _kill)  # type: ignore[assignment, method-assign]
    TimelinesAgent.__call__ = dying(TimelinesAgent.__call__, BREAKS_TIMELINES, _raise)  # type: ignore[assignment, method-assign]
    settings = load()
    run(Installation.of(settings, settings.bootstrap, Path(sys.argv[1])), {}, tethered=True)
