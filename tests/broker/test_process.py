"""A process is its pid and the moment it was started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace

import pytest

from broker.process import identify, started_at


def test_this_process_is_alive() -> None:
    """What runs is alive, and is the same each time it is asked."""
    me = identify(os.getpid())

    assert me is not None
    assert me.is_alive()
    assert me == identify(os.getpid())


def test_another_process_with_the_same_pid_is_not_believed() -> None:
    """A pid that was given away since is not the process that had it, and gets none of its signals."""
    me = identify(os.getpid())
    assert me is not None
    former = replace(me, started="another time")

    assert not former.is_alive()
    former.send(signal.SIGKILL)  # else this test would not reach its end


def test_a_pid_that_nobody_has_is_nobody() -> None:
    """A pid beyond what the system gives has no process."""
    assert identify(2**22 + 1) is None


def test_a_zombie_does_not_run() -> None:
    """A process that ended, and waits for its parent to notice, has ended."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        process = identify(child.pid)
        assert process is not None
        assert process.is_alive()

        child.kill()
        # Waits for its end without collecting it.
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)

        assert not process.is_alive()
        assert process.wait(0)
        assert started_at(child.pid) is None


def test_waiting_for_what_does_not_end_gives_up() -> None:
    """After the time given, a process that still runs is said to."""
    me = identify(os.getpid())
    assert me is not None

    assert not me.wait(0)


def test_a_signal_ends_the_process_that_was_meant() -> None:
    """SIGTERM reaches the very process, which is gone afterwards."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        process = identify(child.pid)
        assert process is not None

        process.send(signal.SIGTERM)

        assert child.wait() == -signal.SIGTERM
        assert not process.is_alive()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_start_times_name_the_boot() -> None:
    """Ticks since boot repeat after a reboot, so the boot is part of the answer."""
    first, _, ticks = str(started_at(os.getpid())).partition(":")

    assert len(first) == 36
    assert ticks.isdigit()
