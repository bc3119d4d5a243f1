"""`tellonce policy`: what counts as what, and whether a file of one's own makes sense.

Rule 1. `check` prints every problem of a file, not only the first, and exits 1.
Rule 2. `show` prints what is in force: the default policy, and over it the file, each setting with its reason.
"""

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from agents.contracts import (
    default_policy,
    default_policy_document,
    identifiers_in_force,
    policies,
    policy_document,
    topics_of_conversation,
)
from commands.kafka import read_settings
from pipeline.identifiers_shown import shown_identifiers
from pipeline.policy import PolicyError
from pipeline.policy_file import ShownSetting, problems, shown

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def policy() -> None:
    """Check and show the policy: every limit of the detection, with its unit and its reason."""


@policy.command()
@click.argument("file", type=_FILE)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def check(file: Path, *, as_json: bool) -> None:
    """Say what is wrong with a policy FILE, all of it. Exit code 1: something is.

    FILE is TOML with a name, a version, and only what differs from the default policy; `tellonce policy show`
    prints the settings that there are.
    """
    wrong = _problems(file)
    if as_json:
        said = [{"setting": one.setting, "value": _plain(one.value), "allowed": one.allowed} for one in wrong]
        click.echo(json.dumps({"file": str(file), "problems": said}))
    else:
        for one in wrong:
            click.echo(str(one))
        if not wrong:
            click.echo(f"{file}: nothing is wrong")
    sys.exit(bool(wrong))


@policy.command()
@click.option("--policy", "file", type=_FILE, help="A file of your own, laid over the default policy.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a setting.")
def show(file: Path | None, *, as_json: bool) -> None:
    """Print the settings in force: value, unit, reason, and whether the default or the file says so.

    The file is the one given, else the one that TELLONCE_POLICY names.
    """
    file = file or read_settings().policy
    if file is not None and (wrong := _problems(file)):
        raise wrong[0]
    rows = {one.path: (one, "default") for one in shown(default_policy_document())}
    if file is not None:
        rows |= {one.path: (one, str(file)) for one in shown(policy_document(file))}
    if as_json:
        for setting, source in rows.values():
            click.echo(json.dumps({**asdict(setting), "source": source}, ensure_ascii=False))
    else:
        _print(rows)


@policy.command()
@click.option("--file", type=_FILE, help="A file of your own, laid over the list that Tellonce brings.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a setting.")
def identifiers(file: Path | None, *, as_json: bool) -> None:
    """Check and show what identifies a customer: junk, limits, priority, spelling, each with its reason.

    The file is the one given, else the one that TELLONCE_IDENTIFIERS names; it says only what differs, and its junk is
    added to the default one unless it says `default_junk = false`. If something is wrong, that is said instead.
    """
    file = file or read_settings().identifiers
    identifiers_in_force(file)
    rows = {one.path: (one, "default") for one in shown_identifiers(policies("identifiers.toml"))}
    if file is not None:
        own = policy_document(file)
        if own.get("default_junk") is False:
            rows = {path: row for path, row in rows.items() if not path.startswith("junk")}
        # Junk is added, so the groups of both have their own names.
        rows |= {
            f"own {one.path}" if one.path.startswith("junk") else one.path: (one, str(file))
            for one in shown_identifiers(own)
        }
    if as_json:
        for path, (setting, source) in rows.items():
            click.echo(json.dumps({**asdict(setting), "path": path, "source": source}, ensure_ascii=False))
    else:
        _print(rows)


def _problems(file: Path) -> tuple[PolicyError, ...]:
    try:
        return problems(policy_document(file), default_policy(), topics_of_conversation())
    except PolicyError as unreadable:
        return (unreadable,)


def _plain(value: object) -> object:
    """Return the value as JSON has it: TOML's own times become text."""
    return json.loads(json.dumps(value, default=str))


def _print(rows: Mapping[str, tuple[ShownSetting, str]]) -> None:
    from rich.console import Console
    from rich.table import Table

    columns: dict[str, dict[str, Any]] = {
        "setting": {"style": "bold", "overflow": "fold"},
        "value": {"justify": "right"},
        "unit": {},
        "reason": {"ratio": 1, "style": "dim"},
        "source": {"overflow": "fold"},
    }
    table = Table(box=None, pad_edge=False)
    for name, look in columns.items():
        table.add_column(name, **look)
    for path, (setting, source) in rows.items():
        table.add_row(path, setting.value, setting.unit, setting.reason, source)
    Console(markup=False).print(table)
