"""Where a broker keeps what it keeps, and on which ports it listens."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from broker.layout import LOOPBACK, Layout, Ports, choose_ports, remember_ports, state_home

HOME = Path("/home/ada")


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        ("/state", Path("/state/tellonce")),
        ("", HOME / ".local/state/tellonce"),
        ("state", HOME / ".local/state/tellonce"),
    ],
)
def test_state_is_where_the_xdg_specification_says(named: str, expected: Path) -> None:
    """An absolute XDG_STATE_HOME is taken; an empty or relative one is as good as none."""
    assert state_home({"XDG_STATE_HOME": named}, HOME) == expected


def test_state_has_a_place_without_any_variable() -> None:
    """An unset XDG_STATE_HOME means ~/.local/state."""
    assert state_home({}, HOME) == HOME / ".local/state/tellonce"


def test_ports_are_those_of_last_time(tmp_path: Path) -> None:
    """A client that outlived the broker finds it where it was."""
    layout = Layout(tmp_path)
    last = choose_ports(layout)
    remember_ports(layout, last)

    assert choose_ports(layout) == last


def test_ports_change_when_one_was_taken(tmp_path: Path) -> None:
    """A stranger on one of the last ports moves the broker to two new ones."""
    layout = Layout(tmp_path)
    with socket.socket() as stranger:
        stranger.bind((LOOPBACK, 0))
        stranger.listen()
        taken = stranger.getsockname()[1]
        remember_ports(layout, Ports(client=taken, controller=choose_ports(layout).controller))

        chosen = choose_ports(layout)

    assert taken not in (chosen.client, chosen.controller)
    assert chosen.client != chosen.controller


@pytest.mark.parametrize(
    "kept", ["", "{", "[]", '{"client": 1}', '{"client": "a", "controller": 2}', '{"client": 99999, "controller": 2}']
)
def test_ports_are_chosen_anew_when_the_file_is_broken(tmp_path: Path, kept: str) -> None:
    """Half a file, or ports that no machine has, are as good as none."""
    layout = Layout(tmp_path)
    layout.ports.write_text(kept)

    chosen = choose_ports(layout)

    assert 1024 <= chosen.client <= 65535
