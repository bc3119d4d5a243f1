"""Why a worker leaves. The codes are what `tellonce worker`, an orchestrator and the metric tell apart.

Rule 1. Leaving is `os._exit`: no clean-up may run, since a clean-up could commit.
Rule 2. What is written says where in the code, never what was in the data: that may be personal.
"""

import os
import sys
import traceback
from collections.abc import Callable
from enum import IntEnum
from typing import NoReturn

Leave = Callable[["Exit", str], NoReturn]


class Exit(IntEnum):
    """Exit codes of a worker; 64 to 78 follow sysexits.h where it has a word for it."""

    STOPPED = 0
    CONFIGURATION = 2
    UNEXPECTED = 70
    STORE = 74
    PAUSED = 75
    OUT_OF_SEQUENCE = 76
    STALLED = 77
    LOOP_HANGS = 78
    REBALANCE_HANGS = 79


def leave(code: Exit, why: str) -> NoReturn:
    """End the process at once (Rule 1), with one line on standard error that names the fence."""
    sys.stderr.write(f"tellonce worker leaves: exit={int(code)} fence={code.name.lower()} {why}\n")
    sys.stderr.flush()
    os._exit(code)


def where(error: BaseException) -> str:
    """Return an error's type and the code it came through, without its message (Rule 2)."""
    frames = traceback.extract_tb(error.__traceback__)
    path = " < ".join(f"{frame.name} ({os.path.basename(frame.filename)}:{frame.lineno})" for frame in reversed(frames))  # noqa: PTH119 -- text only
    return f"{type(error).__name__} in {path}"
