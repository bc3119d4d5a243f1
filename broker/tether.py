"""Becomes another program that the kernel ends with SIGTERM when the process that started it dies.

`python tether.py OWNER_PID PROGRAM ARGUMENT...`

Rule 1: it is a program of its own, no hook between fork and exec, where a threaded parent may deadlock.
Rule 2: the tie is to the *thread* that starts it (prctl(2), PR_SET_PDEATHSIG): start nodes from the main one.
Rule 3: Linux only. Elsewhere it becomes the program, untied.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1
"""linux/prctl.h"""


def become(owner: int, command: list[str]) -> None:
    """Replaces this process by `command`, tied to `owner`; returns only if the owner is gone already."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    # The owner may have died before the tie was made.
    if os.getppid() == owner:
        os.execv(command[0], command)  # noqa: S606  no shell is wanted; the command is ours


if __name__ == "__main__":
    become(int(sys.argv[1]), sys.argv[2:])
    sys.exit(1)
