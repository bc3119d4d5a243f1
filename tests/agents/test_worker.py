"""One worker process: what happens around the Faust app; tests/commands/test_worker.py sees it from outside."""

import asyncio
import gc
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn

import faust
import pytest
from faust.exceptions import ConsistencyError
from prometheus_client import start_http_server

from agents import disk, worker
from agents.exact.exits import Exit
from agents.metrics import Metrics
from agents.settings import Settings
from agents.worker import CannotServeMetrics, run
from tests.agents.exact.fakes import Left
from tests.agents.harness import INSTALLATION


class FakeFaust:
    """A Faust worker that ends with a code."""

    code: int = 0
    made: list[Any]

    def __init__(self, app: Any, **_: Any) -> None:  # noqa: ANN401 -- Faust's
        """Take the app."""
        self.app = app
        self.spinner: object = object()
        type(self).made = [self]

    def execute_from_commandline(self) -> NoReturn:
        """End as Faust does."""
        raise SystemExit(self.code)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """Run without a Kafka, and yield what the parts were told."""
    told: dict[str, Any] = {}

    async def ready(*asked: object) -> None:
        told["required"] = asked

    def leave(code: Exit, why: str) -> NoReturn:
        raise Left(code, why)

    def make_app(_: object, metrics: Metrics) -> SimpleNamespace:
        told["metrics"] = metrics
        return SimpleNamespace(crash_reason=told.get("crash_reason"))

    def prepare(data: Path, cluster: str) -> None:
        told["prepared"] = data, cluster

    def asked_for(asked: Any) -> str:  # noqa: ANN401 -- a coroutine
        asked.close()  # it would put the tests' own loop away
        return "cluster"

    monkeypatch.setattr(worker, "require", ready)
    monkeypatch.setattr(worker, "_coordinated", ready)
    monkeypatch.setattr(worker, "make_app", make_app)
    monkeypatch.setattr(worker, "leave", leave)
    monkeypatch.setattr(faust, "Worker", FakeFaust)
    monkeypatch.setattr(asyncio, "run", asked_for)
    monkeypatch.setattr(disk, "prepare", prepare)
    monkeypatch.setattr(disk, "mark", lambda data: told.update(marked=data))
    monkeypatch.setattr(asyncio, "set_event_loop_policy", lambda _: None)
    servers: list[Any] = []

    def serve(*where: Any) -> Any:  # noqa: ANN401 -- prometheus_client's own
        servers.append(start_http_server(*where))
        return servers[-1]

    monkeypatch.setattr(worker, "start_http_server", serve)
    yield told
    for server, thread in servers:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.parametrize("code", [1, 71])
def test_when_faust_gives_up_the_worker_is_started_again(
    told: dict[str, Any], monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    """Faust's own codes mean nothing to a supervisor; 1 would mean that we cannot start."""
    monkeypatch.setattr(FakeFaust, "code", code)
    with pytest.raises(Left) as left:
        run(INSTALLATION, {}, tethered=False)
    assert left.value.code is Exit.UNEXPECTED
    assert told["metrics"]


def test_a_store_ahead_of_its_changelog_is_set_aside(told: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Its topics were made anew: it would be the same at every start."""
    monkeypatch.setattr(FakeFaust, "code", 1)
    told["crash_reason"] = ConsistencyError()
    with pytest.raises(Left) as left:
        run(INSTALLATION, {}, tethered=False)
    assert left.value.code is Exit.STORE
    assert told["marked"] == INSTALLATION.data
    assert told["prepared"] == (INSTALLATION.data, "cluster")


def test_a_worker_that_is_told_to_stop_ends_with_0(told: dict[str, Any]) -> None:
    """And no spinner: it writes terminal codes, and turns the root logger to DEBUG."""
    with pytest.raises(SystemExit) as end:
        run(INSTALLATION, {"stalled": 2, "paused": 1}, tethered=False)
    assert end.value.code == 0
    assert FakeFaust.made[0].spinner is None
    value = told["metrics"].registry.get_sample_value
    assert [value("tellonce_restarts_total", {"fence": fence}) for fence in ("stalled", "paused")] == [2, 1]


def test_metrics_are_served_where_the_worker_says(told: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    """One line, on loopback, at a port that is free."""
    with pytest.raises(SystemExit):
        run(INSTALLATION, {}, tethered=False)
    assert told
    line = capsys.readouterr().out
    assert line.startswith("metrics http://127.0.0.1:")
    assert line.endswith("/metrics\n")


def test_a_taken_port_is_said(told: dict[str, Any]) -> None:
    """With the address, and before the app is made."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        at = replace(INSTALLATION, settings=Settings(metrics_port=port))
        with pytest.raises(CannotServeMetrics, match=f"127.0.0.1:{port}"):
            run(at, {}, tethered=False)
    assert "metrics" not in told


def test_a_worker_ends_with_whoever_holds_its_input() -> None:
    """The pipe closes: exit 0 at once, whatever else runs."""
    program = "import time, agents.worker as w; w._leave_with_supervisor(); print('it goes on')"
    child = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert child.stdin is not None
    child.stdin.write("words are no end\n")
    child.stdin.flush()
    _, said = child.communicate()
    assert child.returncode == 0
    assert said == "tellonce worker leaves: exit=0 fence=stopped the supervisor is gone\n"


def test_the_collector_looks_neither_at_what_stays_nor_at_each_chunk() -> None:
    """What is here at the start is out of its sight, and a chunk's worth of new objects does not wake it."""
    before, here, woken = gc.get_threshold(), [object()], []

    def wake(phase: str, _: object) -> None:
        woken.append(phase)

    gc.callbacks.append(wake)
    try:
        worker.collect_less()
        assert all(one is not here for one in gc.get_objects())
        woken.clear()
        chunk = [[number] for number in range(worker.YOUNG // 2)]
        assert (len(chunk), woken) == (worker.YOUNG // 2, [])
        stays = [[number] for number in range((worker.OLDER + 2) * worker.YOUNG)]
        assert len(gc.get_objects()) < len(stays) // 2, "what it has looked at twice it lets alone"
    finally:
        gc.callbacks.remove(wake)
        gc.callbacks.remove(worker._let_alone)
        gc.unfreeze()
        gc.set_threshold(*before)
