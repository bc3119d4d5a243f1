"""The walls stand, and every room is behind them."""

from __future__ import annotations

import tomllib
from typing import Any

from tests.conftest import ROOT

NOT_ROOMS = {"tests", "deploy", "docs"}


def _project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def _rooms() -> list[str]:
    return sorted(path.parent.name for path in ROOT.glob("*/__init__.py") if path.parent.name not in NOT_ROOMS)


def test_every_room_is_in_the_wheel() -> None:
    """A room that nobody ships is a room that nobody has."""
    assert _project()["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"] == _rooms()


def test_every_room_has_its_place_in_the_layers() -> None:
    """A new room does not stand outside the walls unnoticed."""
    linter = _project()["tool"]["importlinter"]
    layers = [name.strip() for layer in linter["contracts"][0]["layers"] for name in layer.split("|")]

    assert linter["root_packages"] == _rooms()
    assert sorted(layers) == _rooms()


def test_every_room_is_type_checked() -> None:
    """Types are strict everywhere, the tests included."""
    assert _project()["tool"]["mypy"]["packages"] == [*_rooms(), "tests"]


def test_every_ignored_rule_says_why() -> None:
    """Each ignored ruff rule has a comment on its line."""
    lines = (ROOT / "pyproject.toml").read_text().splitlines()
    start = lines.index("ignore = [")
    ignored = lines[start + 1 : lines.index("]", start)]

    assert ignored
    assert [line for line in ignored if "# " not in line] == []
