"""The house's own commands: one verb per need, and one line for what is missing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

TOOLS = ("apt-cache", "cat", "cksum", "dirname", "head", "mktemp", "rm", "sed", "sh")
"""What any system has; `apt-cache` only where there is Debian."""


def test_bare_make_prints_its_verbs() -> None:
    """Who types `make` is told what there is, and nothing is done."""
    # Run by `make test` itself, it would say that it enters the folder.
    command = ["make", "--no-print-directory"]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout

    verbs = [" ".join(line.split()[:2]) for line in said.splitlines()]
    wanted = (
        "help setup demo test chaos search recovery fuzz check bench bench-quick "
        "bench-latency bench-many bench-scaleout format clean"
    )
    assert verbs == [f"make {verb}" for verb in wanted.split()]


def test_ci_runs_what_a_person_runs() -> None:
    """CI has no steps of its own."""
    commands = [
        line
        for line in (ROOT / ".ci" / "run").read_text().splitlines()
        if line and not line.startswith(("#", "set", "cd"))
    ]

    assert commands == ["exec make test"]
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Returns a fresh checkout, as far as the set-up looks at it."""
    for name in ("deploy/setup.sh", "deploy/broker/pom.xml", "uv.lock", "pyproject.toml"):
        (tmp_path / "checkout" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / "checkout" / name)
    return tmp_path / "checkout"


def _set_up(checkout: Path, programs: dict[str, str]) -> tuple[int, list[str]]:
    """Runs the set-up on a machine with just these programs; returns its exit code and what it said."""
    machine = checkout.parent / "machine"
    machine.mkdir()
    for tool in TOOLS:
        found = shutil.which(tool)
        if found is not None:
            (machine / tool).symlink_to(found)
    # Never root here: a test installs nothing.
    for name, script in (programs | {"id": "echo 1000"}).items():
        (machine / name).write_text(f"#!/bin/sh\n{script}\n")
        (machine / name).chmod(0o755)
    done = subprocess.run(
        [checkout / "deploy" / "setup.sh"], env={"PATH": str(machine)}, capture_output=True, text=True, check=False
    )
    return done.returncode, (done.stdout + done.stderr).splitlines()


PYTHON = f'exec {sys.executable} "$@"'


def test_a_python_that_is_too_old_is_one_line(checkout: Path) -> None:
    """The version found, the one needed, and how to name another."""
    old = 'if [ "$1" = -V ]; then echo "Python 3.10.14"; else exit 1; fi'

    assert _set_up(checkout, {"python3": old}) == (
        1,
        ["setup: Python 3.10.14 is too old: Python 3.11 or newer is needed (set PYTHON=/path/to/one)"],
    )


def test_no_python_is_one_line(checkout: Path) -> None:
    """A machine without any Python is told which one to bring."""
    assert _set_up(checkout, {}) == (1, ["setup: missing: Python 3.11 or newer (set PYTHON=/path/to/one)"])


@pytest.mark.parametrize(
    ("programs", "missing"),
    [
        ({}, "Java 17 or newer, Maven"),
        ({"java": "echo 'openjdk version \"16.0.2\"' >&2", "mvn": "true"}, "Java 17 or newer"),
        ({"java": "echo 'openjdk version \"17.0.1\"' >&2"}, "Maven"),
    ],
    ids=["both", "Java just too old", "Maven only"],
)
def test_everything_missing_is_one_line(checkout: Path, programs: dict[str, str], missing: str) -> None:
    """All that is missing at once, with the command that brings it."""
    code, said = _set_up(checkout, {"python3": PYTHON} | programs)

    assert code == 1
    (line,) = said
    assert line.startswith(f"setup: missing: {missing} (Debian, Ubuntu: apt-get install ")
