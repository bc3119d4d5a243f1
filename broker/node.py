"""Starts one Kafka node: write its configuration, format its storage, start Java, wait until it answers.

Rule 1: a node is its own session, so Ctrl-C in a terminal reaches its clients and not the node.
Rule 2: started means that it answers clients. One that dies or stays silent is an error with its log's tail.
Rule 3: an owned node is tied to its owner (`broker.tether`); another is left running on purpose.
"""

from __future__ import annotations

import base64
import os
import subprocess
import sys
import time
import uuid
from pathlib import Path
from string import Template

from broker import tether
from broker.answers import is_ready
from broker.errors import DidNotStart
from broker.layout import LOOPBACK, Layout, Ports
from broker.requirements import Runtime

_FORMAT_OPTIONS = ("-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
_OPTIONS = ("-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Djava.awt.headless=true")
"""A small heap, and the quick compiler only: it answers in about 4 s and is no bottleneck for one worker."""

_POLL_SECONDS = 0.1
_TAIL_LINES = 15


def launch(  # noqa: PLR0913  what a node of several has beside its own
    runtime: Runtime, layout: Layout, ports: Ports, *, owned: bool, more: str = "", cluster: str | None = None
) -> subprocess.Popen[bytes]:
    """Starts a node, which does not answer yet. Raises `DidNotStart` when its storage cannot be formatted.

    `more`: lines after the usual properties; of two lines for a setting Kafka takes the last. `cluster`: the id that
    nodes of one cluster share; none: one of its own.
    """
    layout.logs.mkdir(parents=True, exist_ok=True)
    layout.properties.write_text(configure(runtime.home, layout, ports) + more)
    if not (layout.data / "meta.properties").exists():
        _format_storage(runtime, layout, cluster or base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("="))
    command = _java(runtime, layout, _OPTIONS, "kafka.Kafka", str(layout.properties))
    if owned:
        command = [sys.executable, "-I", tether.__file__, str(os.getpid()), *command]
    with layout.output.open("wb") as output:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True)


def wait_until_ready(process: subprocess.Popen[bytes], layout: Layout, ports: Ports, seconds: float) -> None:
    """Waits until the node answers clients. Raises `DidNotStart` when it dies, or after `seconds`."""
    deadline = time.monotonic() + seconds
    while process.poll() is None:
        # A stranger may have taken the port since it was chosen: then our node dies, so ask it again.
        if is_ready(LOOPBACK, ports.client) and process.poll() is None:
            return
        if time.monotonic() > deadline:
            raise DidNotStart(f"Kafka did not answer within {seconds:g} s; its last words:\n{tail(layout)}")
        time.sleep(_POLL_SECONDS)
    raise DidNotStart(f"Kafka ended with {process.returncode} at its start; its last words:\n{tail(layout)}")


def configure(home: Path, layout: Layout, ports: Ports) -> str:
    """Returns the node's server.properties."""
    template = Template((home / "server.properties").read_text())
    # A properties file takes a backslash for an escape.
    data = str(layout.data).replace("\\", "\\\\")
    return template.substitute(client_port=ports.client, controller_port=ports.controller, data=data)


def tail(layout: Layout, lines: int = _TAIL_LINES) -> str:
    """Returns the last lines of what Java printed and Kafka logged."""
    said = [*_lines(layout.server_log), *_lines(layout.output)]
    return "\n".join(said[-lines:])


def _format_storage(runtime: Runtime, layout: Layout, cluster: str) -> None:
    # One word: an id may begin with a dash, which would be taken for the next option.
    asked = ("format", f"--cluster-id={cluster}", "--config", str(layout.properties), "--ignore-formatted")
    command = _java(runtime, layout, _FORMAT_OPTIONS, "kafka.tools.StorageTool", *asked)
    done = subprocess.run(command, capture_output=True, text=True, check=False, start_new_session=True)
    if done.returncode != 0:
        raise DidNotStart(f"Kafka could not format {layout.data}:\n{done.stdout}{done.stderr}".rstrip())


def _java(runtime: Runtime, layout: Layout, options: tuple[str, ...], main: str, *arguments: str) -> list[str]:
    settings = (
        f"-Dlog4j2.configurationFile={(runtime.home / 'log4j2.properties').as_uri()}",
        f"-Dtellonce.broker.logs={layout.logs}",
    )
    return [str(runtime.java), *options, *settings, "-cp", runtime.classpath, main, *arguments]


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(errors="replace").splitlines()
    except FileNotFoundError:
        return []
