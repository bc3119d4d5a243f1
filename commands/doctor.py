"""`tellonce doctor`: everything that has to be right, looked at; one line each, and what to do.

Rule 1. Nothing is changed, nothing is written, no group is joined.
Rule 2. Exit code 1 where something is wrong; a warning alone is 0.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import click

from agents.settings import BadSettings, Settings, load, unknown
from commands import checks
from commands.checks import Finding, Level

_COLOURS = {Level.OK: "green", Level.WARN: "yellow", Level.WRONG: "red"}


@click.command(short_help="Look whether everything is right, and say what to do.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def doctor(*, as_json: bool) -> None:
    """Look at settings, versions, disk, Kafka, topics, schemas, workers, lag and clocks; say what to do.

    Exit code 1: something is wrong. A broker clock is judged by the newest arrival it stamped on a raw event: only one
    that is ahead of this machine can be seen.
    """
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # what its client has to say ends up in our own messages
    worst = 0
    for finding in _findings():
        worst += finding.level is Level.WRONG
        if as_json:
            click.echo(json.dumps(asdict(finding)))
        else:
            todo = f"\n{'':16}-> {finding.todo}" if finding.todo else ""
            click.echo(
                f"{click.style(f'{finding.level:5}', _COLOURS[finding.level])} {finding.check:9} {finding.found}{todo}"
            )
    sys.exit(bool(worst))


def _findings() -> Iterator[Finding]:
    for line in unknown(os.environ):
        yield Finding("settings", Level.WARN, line, "correct or remove it: it has no effect")
    try:
        settings = load()
    except BadSettings as bad:
        for problem in bad.problems:
            yield Finding("settings", Level.WRONG, problem, "correct it: no command works with it")
        return
    yield Finding("settings", Level.OK, f"topics begin with {settings.prefix}, workers are group {settings.app_id}")
    yield from _machine(settings)
    yield from _kafka(settings)


def _machine(settings: Settings) -> Iterator[Finding]:
    from broker.layout import state_home

    names = ("tellonce", "faust-streaming", "aiokafka", "rocksdict", "fastavro")
    said = ", ".join(f"{name} {version(name)}" for name in names)
    yield Finding("versions", Level.OK, f"Python {platform.python_version()}, {said}")
    if not settings.bootstrap:
        yield _own_kafka()
    folder = (settings.state_dir or state_home(os.environ, Path.home())).absolute()
    there = next(each for each in (folder, *folder.parents) if each.exists())
    yield checks.disk(str(folder), shutil.disk_usage(there).free)
    yield checks.metrics(settings.metrics_host)


def _own_kafka() -> Finding:
    """Return whether this machine can run the Kafka that Tellonce brings."""
    from broker import requirements
    from broker.errors import Missing

    try:
        runtime = requirements.find()
    except Missing as missing:
        todo = "do as it says, or set TELLONCE_BROKER to a Kafka that runs elsewhere"
        return Finding("versions", Level.WRONG, str(missing), todo)
    jar = next((runtime.home / "jars").glob("kafka-server-4*.jar"), None)
    kafka = jar.stem.removeprefix("kafka-server-") if jar else "of another kind"
    return Finding("versions", Level.OK, f"Kafka {kafka} on Java at {runtime.java}")


def _kafka(settings: Settings) -> Iterator[Finding]:
    from agents.installation import Installation
    from commands.examination import examine
    from commands.kafka import find
    from pipeline.policy import PolicyError

    try:
        bootstrap = find(settings)
    except click.ClickException as nowhere:
        yield Finding("broker", Level.WRONG, nowhere.message, "run `tellonce broker start`, or set TELLONCE_BROKER")
        return
    try:
        at = Installation.of(settings, bootstrap, settings.state_dir or Path())
    except PolicyError as error:
        yield Finding("policy", Level.WRONG, str(error), "run `tellonce policy check FILE` until it is content")
        return
    yield Finding("policy", Level.OK, f"{settings.policy or 'the rules that Tellonce brings'}")
    yield from asyncio.run(examine(at, datetime.now(UTC)))
