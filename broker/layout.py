"""Where a broker keeps what it keeps, and on which ports it listens.

Rule 1: everything of one broker is in one folder, by default under the XDG state folder.
Rule 2: ports are free loopback ports, and the same as last time where those are still free:
        a client that outlived the broker finds it again.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the node listens on the loopback interface: for clients, and for itself as its own controller."""

    client: int
    controller: int


@dataclass(frozen=True, slots=True)
class Layout:
    """The files of one broker, all under `root`."""

    root: Path

    @property
    def data(self) -> Path:
        """Kafka's log folder: topics and metadata."""
        return self.root / "data"

    @property
    def logs(self) -> Path:
        """What the broker says of itself."""
        return self.root / "logs"

    @property
    def server_log(self) -> Path:
        """What Kafka logs; rolled by size."""
        return self.logs / "server.log"

    @property
    def output(self) -> Path:
        """What Java prints before and beside the log; begun anew at each start."""
        return self.logs / "output.log"

    @property
    def properties(self) -> Path:
        """The configuration of the last start."""
        return self.root / "server.properties"

    @property
    def node(self) -> Path:
        """Which process runs here (see `broker.running`)."""
        return self.root / "node.json"

    @property
    def ports(self) -> Path:
        """The ports of the last start."""
        return self.root / "ports.json"

    @property
    def lock(self) -> Path:
        """Held by the one who starts or stops."""
        return self.root / "lock"


def state_home(environ: Mapping[str, str], home: Path) -> Path:
    """Returns Tellonce's own folder under the XDG state folder.

    The XDG base directory specification: a relative `XDG_STATE_HOME` is as good as none.
    """
    named = Path(environ.get("XDG_STATE_HOME", ""))
    return (named if named.is_absolute() else home / ".local" / "state") / "tellonce"


def choose_ports(layout: Layout) -> Ports:
    """Returns the last start's ports if both are free now, else two that are."""
    last = _read_ports(layout)
    if last is not None and _is_free(last.client) and _is_free(last.controller):
        return last
    # Both are held at once, so they differ.
    with socket.socket() as one, socket.socket() as other:
        one.bind((LOOPBACK, 0))
        other.bind((LOOPBACK, 0))
        return Ports(client=one.getsockname()[1], controller=other.getsockname()[1])


def remember_ports(layout: Layout, ports: Ports) -> None:
    """Keeps the ports for the next start."""
    layout.ports.write_text(json.dumps({"client": ports.client, "controller": ports.controller}))


def _read_ports(layout: Layout) -> Ports | None:
    try:
        kept = json.loads(layout.ports.read_text())
        return Ports(client=int(kept["client"]), controller=int(kept["controller"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _is_free(port: int) -> bool:
    with socket.socket() as trial:
        # As Kafka does: connections of the last node that linger in TIME_WAIT do not count.
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((LOOPBACK, port))
        except (OSError, OverflowError):
            return False
        return True
