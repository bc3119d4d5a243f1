"""`tellonce settings` prints the one list, and a bad value stops every command."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from agents.settings import Settings, variable
from commands.main import tellonce


def test_every_setting_is_printed_with_its_value_and_default(monkeypatch: pytest.MonkeyPatch) -> None:
    """One JSON object a setting, in the list's order; a changed one shows both."""
    monkeypatch.setenv("TELLONCE_HEARTBEAT", "2500 ms")

    result = CliRunner().invoke(tellonce, ["settings", "--json"])

    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert [row["name"] for row in rows] == [variable(field) for field in Settings.model_fields]
    heartbeat = next(row for row in rows if row["name"] == "TELLONCE_HEARTBEAT")
    assert (heartbeat["value"], heartbeat["default"]) == ("2500 ms", "2 s")


def test_people_are_shown_what_was_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A changed setting stands with its default; one that is as it comes does not."""
    monkeypatch.setenv("TELLONCE_PARTITIONS", "8")

    lines = CliRunner().invoke(tellonce, ["settings"]).stdout.splitlines()

    assert "TELLONCE_PARTITIONS=8  (default: 4)" in lines
    assert "TELLONCE_PREFIX=voc." in lines


@pytest.mark.parametrize("command", [["settings"], ["broker", "status"], ["topics", "list"]])
def test_a_bad_value_stops_every_command_with_2(monkeypatch: pytest.MonkeyPatch, command: list[str]) -> None:
    """One line for each problem on standard error, nothing else, exit code 2."""
    monkeypatch.setenv("TELLONCE_PARTITIONS", "x")
    monkeypatch.setenv("TELLONCE_STORE", "disk")

    result = CliRunner().invoke(tellonce, command)

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.splitlines() == [
        "TELLONCE_PARTITIONS='x': allowed is a whole number from 1 to 1000",
        "TELLONCE_STORE='disk': allowed is rocksdb or memory",
    ]


def test_an_unknown_name_is_a_warning_and_no_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    """Kubernetes invents TELLONCE_PORT; nobody's worker may die of it."""
    monkeypatch.setenv("TELLONCE_PORT", "tcp://10.0.0.1:80")

    result = CliRunner().invoke(tellonce, ["settings"])

    assert result.exit_code == 0
    assert result.stderr.startswith("warning: TELLONCE_PORT: no such setting; the nearest is TELLONCE_")
