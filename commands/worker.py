"""`tellonce worker`: runs one worker and starts it again whenever it leaves.

Rule 1. One data folder a worker: the first free of `workers/0`, `workers/1`, … under the state folder, held by a lock.
Rule 2. `--once` runs the worker without the supervisor, for orchestrators that start it again themselves.
"""

import fcntl
import json
import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import click

from agents.settings import Settings
from broker.layout import state_home
from commands.kafka import find, read_settings

MOST_WORKERS = 100


@click.command(short_help="Run a worker, and start it again whenever it leaves.")
@click.option("--once", is_flag=True, help="Run without the supervisor: whoever started it starts it again.")
@click.option("--data", type=click.Path(path_type=Path), hidden=True, help="The data folder (the supervisor's choice).")
@click.option("--restarts", default="{}", hidden=True, help="Earlier ends by fence, as JSON (the supervisor's count).")
def worker(*, once: bool, data: Path | None, restarts: str) -> None:
    """Run a worker: raw events in; touchpoints, timelines, alerts, flags and dead letters out.

    It leaves at once when it can no longer be trusted (paused, out of sequence, stalled, hung) and is started again
    within a second; nothing is lost by that. Exit codes: 0 stopped, 1 topics or Kafka not ready, 2 wrong settings,
    70 unexpected, 74 store broken (it is set aside), 75 paused, 76 out of sequence, 77 stalled, 78 loop hung,
    79 rebalance hung.
    """
    settings = read_settings()
    bootstrap = find(settings)
    if data is not None:
        _run(settings, bootstrap, data, json.loads(restarts), tethered=True)
    with _data_folder(settings) as folder:
        if once:
            _run(settings, bootstrap, folder, {}, tethered=False)
        sys.exit(_supervise(folder))


def _run(settings: Settings, bootstrap: str, data: Path, restarts: Mapping[str, int], *, tethered: bool) -> None:
    from agents.installation import Installation
    from agents.worker import CannotServeMetrics, run

    try:
        run(Installation.of(settings, bootstrap, data), restarts, tethered=tethered)
    except CannotServeMetrics as error:
        raise click.ClickException(str(error)) from None


def _supervise(folder: Path) -> int:
    from agents.supervisor import Supervisor

    def command(restarts: Mapping[str, int]) -> list[str]:
        program = [sys.executable, "-m", "commands", "worker", "--data", str(folder)]
        return [*program, "--restarts", json.dumps(dict(restarts))]

    supervisor = Supervisor(command, lambda line: click.echo(line, err=True), time.monotonic, time.sleep)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, supervisor.stop)
    return supervisor.run()


@contextmanager
def _data_folder(settings: Settings) -> Iterator[Path]:
    """Hold the first free data folder (Rule 1)."""
    home = (settings.state_dir or state_home(os.environ, Path.home())).absolute() / "workers"
    for number in range(MOST_WORKERS):
        folder = home / f"{settings.prefix}{settings.app_id}-{number}"
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            yield folder
            return
    raise click.ClickException(f"{MOST_WORKERS} workers run from {home} already")
