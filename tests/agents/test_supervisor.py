"""The supervisor, over real and very small child processes; its waits are the test's clock."""

import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.exact.exits import Exit
from agents.supervisor import BackOff, Supervisor, fence_of

QUICK = BackOff(timedelta(seconds=1), timedelta(seconds=4), timedelta(minutes=1))


class Day:
    """A clock that sleeping moves; real children end within the real blink that each sleep takes."""

    def __init__(self) -> None:
        """Begin at zero."""
        self.now = 0.0
        self.at: list[tuple[float, Callable[[], None]]] = []

    def clock(self) -> float:
        """Return the time of the day."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        time.sleep(0.005)
        self.now += seconds
        for event in [event for event in self.at if event[0] <= self.now]:
            self.at.remove(event)
            event[1]()


class Children:
    """The workers: one program after another; the last one again and again."""

    def __init__(self, *programs: str) -> None:
        """Take the programs."""
        self.programs = programs
        self.restarts: list[dict[str, int]] = []

    def __call__(self, restarts: Mapping[str, int]) -> Sequence[str]:
        """Return the next one's command, and remember what it was told."""
        program = self.programs[min(len(self.restarts), len(self.programs) - 1)]
        self.restarts.append(dict(restarts))
        return [sys.executable, "-S", "-c", program]


def _ends(code: int) -> str:
    return f"import os; os._exit({code})"


def _run(*programs: str, back_off: BackOff = QUICK) -> tuple[int, Children, list[str]]:
    said: list[str] = []
    day, children = Day(), Children(*programs)
    return Supervisor(children, said.append, day.clock, day.sleep).run(back_off), children, said


@pytest.mark.parametrize("code", [code for code in Exit if code >= Exit.UNEXPECTED])
def test_a_worker_that_left_is_started_again(code: Exit) -> None:
    """Whatever the fence: said in one line, counted by its name, and told to the next worker."""
    ended, children, said = _run(_ends(code), _ends(0))
    assert ended == 0
    assert children.restarts == [{}, {code.name.lower(): 1}]
    assert said == [f"worker left: exit={int(code)} fence={code.name.lower()}; starting it again in 1 s"]


@pytest.mark.parametrize("code", [0, 1, 2])
def test_a_worker_that_stopped_or_cannot_start_is_not_started_again(code: int) -> None:
    """It would say the same again; its exit code is ours."""
    ended, children, said = _run(_ends(code))
    assert (ended, len(children.restarts), said) == (code, 1, [])


def test_once_one_has_run_a_kafka_that_is_away_is_waited_for() -> None:
    """The worker left because Kafka went away, and cannot start until it is back: nobody has to come and start us."""
    ended, children, _ = _run(_ends(77), _ends(1), _ends(1), _ends(0))
    assert ended == 0
    assert children.restarts[-1] == {"stalled": 1, "exit_1": 2}


def test_wrong_settings_end_us_at_any_time() -> None:
    """They do not become right by waiting."""
    assert _run(_ends(77), _ends(2))[0] == 2


def test_killed_workers_are_counted_by_signal() -> None:
    """The kernel's out-of-memory killer shows in the metric."""
    kill = "import os, signal; os.kill(os.getpid(), signal.{})"
    ended, children, _ = _run(kill.format("SIGKILL"), kill.format("SIGKILL"), kill.format("SIGTERM"), _ends(0))
    assert ended == 0
    assert children.restarts[-1] == {"signal_sigkill": 2, "signal_sigterm": 1}


def test_quick_ends_wait_twice_as_long_each_time() -> None:
    """1, 2, 4, 4 seconds with these settings."""
    _, _, said = _run(*[_ends(70)] * 4, _ends(0))
    assert [line.rpartition(" in ")[2] for line in said] == ["1 s", "2 s", "4 s", "4 s"]


@pytest.mark.parametrize(("lived", "wait"), [(59.0, "2 s"), (60.0, "2 s"), (61.5, "1 s")])
def test_a_steady_worker_is_started_again_at_once(lived: float, wait: str) -> None:
    """Just under, at, and just over a minute: only who lived for longer begins with the first wait again."""
    day, said = Day(), list[str]()
    starts: list[float] = []

    def command(_: Mapping[str, int]) -> Sequence[str]:
        starts.append(day.now)
        program = [_ends(70), f"import sys; sys.stdin.read(1); {_ends(70)}", _ends(0)][min(len(starts), 3) - 1]
        return [sys.executable, "-S", "-c", program]

    def live() -> None:
        child = supervisor._child
        assert child is not None
        assert child.stdin is not None
        child.stdin.write(b"x")
        child.stdin.flush()
        child.wait()
        day.now = starts[1] + lived

    supervisor = Supervisor(command, said.append, day.clock, day.sleep)
    day.at.append((3.0, live))
    assert supervisor.run(QUICK) == 0
    assert said[1].rpartition(" in ")[2] == wait


@given(st.integers(-3, 10_000))
def test_waits_double_up_to_the_most(quick_ends: int) -> None:
    """Never below the first, never above the most, never shorter than the one before."""
    back_off = BackOff()
    wait = back_off.wait(quick_ends)
    assert back_off.first <= wait <= back_off.most
    assert back_off.wait(quick_ends + 1) in (min(wait * 2, back_off.most), wait)
    assert back_off.first < timedelta(seconds=1)


def test_stopping_passes_sigterm_on_and_its_answer_back(tmp_path: Path) -> None:
    """The worker finishes what it has, and says with what code."""
    ready = tmp_path / "ready"
    program = (
        "import os, pathlib, signal, time\nsignal.signal(signal.SIGTERM, lambda *_: os._exit(7))\n"
        f"pathlib.Path({str(ready)!r}).touch()\nwhile True: time.sleep(0.01)\n"
    )
    day = Day()
    supervisor = Supervisor(Children(program), lambda _: None, day.clock, day.sleep)

    def look() -> None:
        day.at.append((0.0, look))
        if ready.exists():
            supervisor.stop()

    day.at.append((0.0, look))
    assert supervisor.run(QUICK) == 7


def _stopped(program: str, when: float = 1.0) -> int:
    day, children = Day(), Children(program)
    supervisor = Supervisor(children, lambda _: None, day.clock, day.sleep)
    day.at.append((when, supervisor.stop))
    return supervisor.run(QUICK)


def test_a_worker_that_dies_of_sigterm_was_stopped() -> None:
    """SIGTERM while it starts kills it hard; that is what was asked for."""
    assert _stopped("import time\nwhile True: time.sleep(0.01)") == 0


def test_stopping_while_waiting_starts_nothing_more() -> None:
    """Within a look, however long the wait is."""
    day, children, said = Day(), Children(_ends(70)), list[str]()
    supervisor = Supervisor(children, said.append, day.clock, day.sleep)
    slow = BackOff(timedelta(seconds=1000), timedelta(seconds=1000))
    day.at.append((30.0, supervisor.stop))
    assert supervisor.run(slow) == 0
    assert len(children.restarts) == 1
    assert day.now < 31


def test_stopping_before_the_start_stops_the_worker() -> None:
    """A signal may come between the order and the child."""
    day, children = Day(), Children("import time\nwhile True: time.sleep(0.01)")
    supervisor = Supervisor(children, lambda _: None, day.clock, day.sleep)
    supervisor.stop()
    assert supervisor.run(QUICK) == 0


def test_the_worker_hears_when_its_supervisor_is_gone(tmp_path: Path) -> None:
    """Its standard input is a pipe that only we hold: after kill -9 of us it ends."""
    seen = tmp_path / "seen"
    worker = f"import sys, pathlib; sys.stdin.read(); pathlib.Path({str(seen)!r}).write_text('gone')"
    supervisor = (
        "import os, sys, time\nfrom agents.supervisor import Supervisor\n"
        f"def command(_): return [sys.executable, '-S', '-c', {worker!r}]\n"
        "def kill(_):\n    os.kill(os.getpid(), 9)\n"
        "Supervisor(command, print, time.monotonic, kill).run()\n"
    )
    ended = subprocess.run([sys.executable, "-c", supervisor], check=False)
    assert ended.returncode == -signal.SIGKILL
    began = time.monotonic()
    while not seen.exists():
        assert time.monotonic() - began < 60, "the worker goes on"
        time.sleep(0.01)


@pytest.mark.parametrize(
    ("code", "name"),
    [(70, "unexpected"), (79, "rebalance_hangs"), (1, "exit_1"), (80, "exit_80"), (-9, "signal_sigkill")],
)
def test_fences_are_named(code: int, name: str) -> None:
    """By our own word, by the signal, or by the number."""
    assert fence_of(code) == name


@given(st.integers(-64, 255))
def test_every_way_to_end_has_a_name(code: int) -> None:
    """Real-time signals too; the names are few, so that they may label a metric."""
    assert fence_of(code)
    assert Counter(map(fence_of, range(-64, 256))).total() == 320
