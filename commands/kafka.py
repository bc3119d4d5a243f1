"""Which Kafka a command works with.

Rule 1: `TELLONCE_BROKER` wins. Else the node that runs on this machine.
Rule 2: a command that must work out of the box (`demo`, `try`) starts its own where none runs: `reach`.
        Any other says how to start one: `find`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import click

from agents.settings import Settings, load, unknown
from broker import running
from broker.embedded import embedded, layout_of


def read_settings() -> Settings:
    """Reads the settings and warns of names that nobody knows. Raises `BadSettings`."""
    for line in unknown(os.environ):
        click.echo(f"warning: {line}", err=True)
    return load()


def find(settings: Settings) -> str:
    """Returns the addresses of the Kafka to work with. Raises `ClickException` when there is none."""
    if settings.bootstrap:
        return settings.bootstrap
    found = running.find(layout_of(settings.state_dir))
    if found is None:
        raise click.ClickException("No Kafka: run `tellonce broker start`, or set TELLONCE_BROKER=host:port")
    return found.bootstrap


@contextmanager
def reach(settings: Settings) -> Iterator[str]:
    """Yields the addresses of a Kafka; one of our own, stopped at the end, where none is set or runs.

    Raises `broker.errors.BrokerError`.
    """
    if settings.bootstrap:
        yield settings.bootstrap
        return
    with embedded(settings.state_dir) as kafka:
        yield kafka.bootstrap
