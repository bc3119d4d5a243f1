"""`tellonce broker` as an operator uses it: real processes, real Kafka."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from click.testing import CliRunner

from commands.main import tellonce
from tests.conftest import ROOT

MAIN = (sys.executable, "-c", "from commands.main import tellonce; tellonce()")


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs a command in a process of its own: what `start` starts has to outlive it."""
    return subprocess.run([*MAIN, "broker", *arguments], capture_output=True, text=True, check=False, cwd=ROOT)


@pytest.fixture
def _stopped_at_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TELLONCE_STATE_DIR", str(tmp_path))
    yield
    _run("stop")


@pytest.mark.kafka
@pytest.mark.usefixtures("_stopped_at_the_end")
def test_a_started_broker_runs_until_it_is_stopped() -> None:
    """Two who start at once get one node; it answers after they have gone, has a log, and ends with `stop`."""
    with ThreadPoolExecutor(2) as two:
        started = sorted((done.stdout for done in two.map(_run, ["start", "start"])), key=len)
    assert [line.split(" at ")[0] for line in started] == ["Kafka runs", "Kafka runs already"]

    status = _run("status", "--json")
    found = json.loads(status.stdout)
    assert (status.returncode, found["running"], found["owner"]) == (0, True, None)
    assert all(f"{found['bootstrap']} (process {found['pid']}" in line for line in started)
    assert len(_run("logs", "-n", "3").stdout.splitlines()) == 3

    assert _run("stop").stdout == f"Kafka at {found['bootstrap']} is stopped.\n"
    after = _run("status")
    assert (after.returncode, after.stdout) == (3, "No Kafka answers\n")


def test_nothing_runs_until_somebody_starts_it() -> None:
    """Status, stop and logs on a fresh machine say so; only status and logs mind."""
    runner = CliRunner()

    assert runner.invoke(tellonce, ["broker", "status"]).exit_code == 3
    assert runner.invoke(tellonce, ["broker", "stop"]).output == "No broker was running.\n"
    assert "has never run here" in runner.invoke(tellonce, ["broker", "logs"]).output


def test_another_kafka_makes_ours_unnecessary(kafka: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With TELLONCE_BROKER set, `start` starts nothing, `stop` stops nothing, `status` asks that Kafka."""
    monkeypatch.setenv("TELLONCE_BROKER", kafka)
    runner = CliRunner()

    assert runner.invoke(tellonce, ["broker", "start"]).output == f"Not needed: TELLONCE_BROKER={kafka} is used.\n"
    assert "not ours to stop" in runner.invoke(tellonce, ["broker", "stop"]).output
    status = runner.invoke(tellonce, ["broker", "status"])
    assert (status.exit_code, status.output) == (0, f"Kafka answers at {kafka}\n")


def test_missing_java_is_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """On a machine without Java, `start` says what to install, and exits 1."""
    monkeypatch.setenv("PATH", str(tmp_path))

    result = CliRunner().invoke(tellonce, ["broker", "start"])

    assert result.exit_code == 1
    assert result.output.startswith("missing: Java 17 or newer")
    assert result.output.count("\n") == 1
    assert os.environ["PATH"] == str(tmp_path)
