"""`tellonce broker`: a real Kafka on this machine, for trying, developing and testing.

Rule 1: `start` leaves it running until `stop`, and is content when it runs already.
Rule 2: with TELLONCE_BROKER set there is nothing to run here, and each command says so.
"""

from __future__ import annotations

import json
import sys

import click

from agents.settings import Settings
from broker import node, requirements, running
from broker.answers import is_ready
from broker.embedded import layout_of
from commands.kafka import read_settings

NOT_RUNNING = 3
"""The exit code of `status`, as init scripts have it (LSB): 3 is "not running"."""


@click.group(short_help="Run a real Kafka on this machine.")
def broker() -> None:
    """Run a real Apache Kafka on this machine: one node, loopback only, its data in the XDG state folder."""


@broker.command()
def start() -> None:
    """Start the broker and leave it running; content if it runs already."""
    settings = read_settings()
    if settings.bootstrap:
        click.echo(f"Not needed: TELLONCE_BROKER={settings.bootstrap} is used.")
        return
    layout = layout_of(settings.state_dir)
    kafka, process = running.find_or_start(requirements.find(), layout, owned=False)
    said = "Kafka runs" if process is not None else "Kafka runs already"
    click.echo(f"{said} at {kafka.bootstrap} (process {kafka.process.pid}, data in {layout.root})")


@broker.command()
def stop() -> None:
    """Stop the broker of this machine, whoever started it; content if none runs."""
    settings = read_settings()
    if settings.bootstrap:
        click.echo(f"Left alone: TELLONCE_BROKER={settings.bootstrap} is not ours to stop.")
        return
    stopped = running.stop(layout_of(settings.state_dir))
    click.echo("No broker was running." if stopped is None else f"Kafka at {stopped.bootstrap} is stopped.")


@broker.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def status(*, as_json: bool) -> None:
    """Say whether the broker answers: exit code 0 if it does, 3 if not."""
    found = _look(read_settings())
    if as_json:
        click.echo(json.dumps(found))
    elif found["running"]:
        click.echo(f"Kafka answers at {found['bootstrap']}")
    else:
        click.echo(f"No Kafka answers{' at ' + str(found['bootstrap']) if found['bootstrap'] else ''}")
    sys.exit(0 if found["running"] else NOT_RUNNING)


@broker.command()
@click.option("-n", "--lines", type=click.IntRange(1), default=50, show_default=True, help="How many lines.")
def logs(*, lines: int) -> None:
    """Print the end of what the broker of this machine says of itself."""
    layout = layout_of(read_settings().state_dir)
    said = node.tail(layout, lines)
    if not said:
        raise click.ClickException(f"No log in {layout.logs}: the broker has never run here")
    click.echo(said)


def _look(settings: Settings) -> dict[str, object]:
    if settings.bootstrap:
        answers = any(_answers(address) for address in settings.broker)
        return {
            "running": answers,
            "bootstrap": settings.bootstrap,
            "pid": None,
            "owner": None,
            "folder": None,
        }
    layout = layout_of(settings.state_dir)
    kafka = running.find(layout)
    answers = kafka is not None and _answers(kafka.bootstrap)
    return {
        "running": answers,
        "bootstrap": kafka.bootstrap if kafka else None,
        "pid": kafka.process.pid if kafka else None,
        "owner": kafka.owner.pid if kafka and kafka.owner else None,
        "folder": str(layout.root),
    }


def _answers(address: str) -> bool:
    host, _, port = address.rpartition(":")
    return is_ready(host.strip("[]"), int(port))
