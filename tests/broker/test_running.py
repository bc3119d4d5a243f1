"""One node a folder: found, borrowed, owned, replaced, and never left behind. All on the real Kafka."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from broker import node, running
from broker.embedded import embedded, layout_of
from broker.errors import DidNotStart
from broker.layout import Ports
from broker.process import ProcessId, identify
from broker.requirements import HOME
from broker.requirements import find as find_runtime
from tests.conftest import ROOT

pytestmark = pytest.mark.kafka

OWNER = """
import sys
from pathlib import Path
from broker.embedded import embedded
with embedded(Path(sys.argv[1])) as kafka:
    print(kafka.process.pid, flush=True)
    sys.stdin.read()
"""
"""A program that owns a node until its input ends."""


@contextmanager
def _owner(state_dir: Path) -> Iterator[tuple[subprocess.Popen[str], ProcessId]]:
    """Yields a process that owns a node, and the node's process."""
    command = [sys.executable, "-c", OWNER, str(state_dir)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as owner:
        assert owner.stdout is not None
        own = identify(int(owner.stdout.readline()))
        assert own is not None
        try:
            yield owner, own
        finally:
            owner.kill()


def test_a_node_is_borrowed_while_it_runs_and_gone_when_its_owner_leaves(tmp_path: Path) -> None:
    """The second who asks gets the first one's node and leaves it running; the first one stops it."""
    layout = layout_of(tmp_path)
    with embedded(tmp_path) as own:
        assert running.find(layout) == own
        with embedded(tmp_path) as borrowed:
            assert borrowed == own
        assert own.process.is_alive()

    assert not own.process.is_alive()
    assert running.find(layout) is None
    assert not layout.node.exists()


def test_a_killed_node_is_replaced_at_its_old_address(tmp_path: Path) -> None:
    """After `kill -9` of the node, the next one takes its folder and its port, so clients find it again."""
    with embedded(tmp_path) as first:
        os.kill(first.process.pid, signal.SIGKILL)
        assert first.process.wait(10)
        assert running.find(layout_of(tmp_path)) is None

        with embedded(tmp_path) as second:
            assert second.process != first.process
            assert second.bootstrap == first.bootstrap


@pytest.mark.skipif(sys.platform != "linux", reason="the tie is the Linux kernel's")
def test_a_node_does_not_outlive_its_killed_owner(tmp_path: Path) -> None:
    """After `kill -9` of the owner nobody finds the node, and the kernel ends it."""
    with _owner(tmp_path) as (owner, own):
        owner.kill()
        owner.wait()

        assert running.find(layout_of(tmp_path)) is None
        assert own.wait(30)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_node_is_stopped_when_its_owner_is_told_to_go(tmp_path: Path, number: signal.Signals) -> None:
    """SIGTERM and Ctrl-C both leave through the end of the block: nothing runs, nothing is left in the folder."""
    with _owner(tmp_path) as (owner, own):
        owner.send_signal(number)

        assert owner.wait() in (-number, 128 + number)
        assert not own.is_alive()
        assert not layout_of(tmp_path).node.exists()


def test_a_node_left_by_a_starter_that_died_is_ended_before_the_next(tmp_path: Path) -> None:
    """A node that never got to answer its starter is a leftover, ended before it can hold on to the data."""
    layout = layout_of(tmp_path)
    with embedded(tmp_path) as leftover:
        layout.node.write_text(json.dumps(asdict(replace(leftover, answered=False))))

        with embedded(tmp_path) as fresh:
            assert not leftover.process.is_alive()
            assert fresh.process.is_alive()


@pytest.mark.parametrize("kept", ["", "{", "[]", "{}", '{"process": 1, "owner": null}'])
def test_a_broken_file_names_no_node(tmp_path: Path, kept: str) -> None:
    """Half a file, or another version's, is as good as none."""
    layout = layout_of(tmp_path)
    layout.root.mkdir()
    layout.node.write_text(kept)

    assert running.find(layout) is None
    assert running.stop(layout) is None


def test_a_pid_that_was_given_away_names_no_node(tmp_path: Path) -> None:
    """A file that survived its node does not make a stranger of the same pid a Kafka, nor does `stop` end it."""
    layout = layout_of(tmp_path)
    layout.root.mkdir()
    stranger = ProcessId(pid=os.getpid(), started="another time")
    layout.node.write_text(json.dumps(asdict(running.Kafka(stranger, 9092, answered=True, owner=None))))

    assert running.find(layout) is None
    assert running.stop(layout) is None
    assert not layout.node.exists()


def _broken_home(tmp_path: Path, line: str) -> Path:
    home = tmp_path / "home"
    home.mkdir()
    (home / "jars").symlink_to(HOME / "jars")
    shutil.copy(HOME / "log4j2.properties", home)
    (home / "server.properties").write_text((HOME / "server.properties").read_text() + f"\n{line}\n")
    return home


def test_storage_that_cannot_be_formatted_says_why(tmp_path: Path) -> None:
    """A configuration that Kafka refuses is an error with Kafka's own words."""
    home = _broken_home(tmp_path, "process.roles=baker")

    with pytest.raises(DidNotStart, match=r"(?s)could not format .*baker"), embedded(tmp_path, home=home):
        pass


def test_a_node_that_dies_at_its_start_says_why(tmp_path: Path) -> None:
    """A node that ends before it answers, here on another node's data, is an error with the tail of its log."""
    layout = layout_of(tmp_path)
    layout.data.mkdir(parents=True)
    (layout.data / "meta.properties").write_text("version=1\ncluster.id=AAAAAAAAAAAAAAAAAAAAAA\nnode.id=2\n")

    with pytest.raises(DidNotStart, match=r"(?s)ended with \d+ .*node id 2"), embedded(tmp_path):
        pass

    assert not layout.node.exists()


def test_a_node_that_stays_silent_is_ended(tmp_path: Path) -> None:
    """A node that has not answered in the time given is an error, and does not go on in the background."""
    layout = layout_of(tmp_path)

    with pytest.raises(DidNotStart, match="did not answer within 0 s"):
        running.find_or_start(find_runtime(), layout, owned=True, seconds=0)

    assert not layout.node.exists()


def test_the_configuration_is_loopback_only(tmp_path: Path) -> None:
    """A broker without a login listens to this machine alone."""
    text = node.configure(HOME, layout_of(tmp_path), Ports(client=1111, controller=2222))
    listeners = [line for line in text.splitlines() if "listeners=" in line]

    assert listeners == [
        "listeners=PLAINTEXT://127.0.0.1:1111,CONTROLLER://127.0.0.1:2222",
        "advertised.listeners=PLAINTEXT://127.0.0.1:1111",
    ]
