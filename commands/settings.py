"""`tellonce settings`: every setting with its value, default, range and meaning."""

from __future__ import annotations

import json
from datetime import timedelta

import click

from agents.amounts import say_duration
from agents.settings import Settings, meaning, variable
from commands.kafka import read_settings


@click.command(short_help="Print every setting and what it means.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def settings(*, as_json: bool) -> None:
    """Print every setting: the variable, its value, default, what is allowed and what it means."""
    current = read_settings()
    for field, info in Settings.model_fields.items():
        value, default = _say(getattr(current, field)), _say(info.default)
        means, allowed = meaning(field)
        if as_json:
            row = {"name": variable(field), "value": value, "default": default, "allowed": allowed}
            click.echo(json.dumps(row | {"meaning": means}))
            continue
        changed = "" if value == default else f"  (default: {default or 'none'})"
        click.echo(click.style(f"{variable(field)}={value}", bold=bool(changed)) + changed)
        click.echo(f"  {means} Allowed: {allowed}.")


def _say(value: object) -> str:
    if isinstance(value, timedelta):
        return say_duration(value)
    if isinstance(value, tuple):
        return ",".join(str(each) for each in value)
    return "" if value is None else str(value)
