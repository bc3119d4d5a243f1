"""One worker process: checks its topics, serves its metrics, and runs the Faust app until it is stopped or leaves.

Rule 1. It never comes back by itself: `agents.supervisor` (or Compose, or Kubernetes) starts it again.
Rule 2. It ends with its supervisor: the supervisor holds the other end of its standard input.
"""

import asyncio
import sys
import threading
from collections.abc import Mapping
from typing import NoReturn

import faust
import uvloop
from prometheus_client import start_http_server

from agents.app import Installation, make_app
from agents.exact.exits import Exit, leave
from agents.metrics import Metrics
from agents.topic_admin import require


def run(at: Installation, restarts: Mapping[str, int], *, tethered: bool) -> NoReturn:
    """Run a worker until it is told to stop. `restarts` counts earlier ends by fence, for the metric.

    Raises TopicAdminError where the topics are not as a worker needs them, before anything starts.
    """
    asyncio.run(require(at.bootstrap, at.wanted()))
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    metrics = Metrics()
    for fence, count in restarts.items():
        metrics["restarts_total"].labels(fence).inc(count)
    server, _ = start_http_server(at.settings.metrics_port, at.settings.metrics_host, metrics.registry)
    host, port = server.server_address[:2]
    print(f"metrics http://{host!s}:{port}/metrics", flush=True)  # noqa: T201 -- the supervisor passes it on
    app = make_app(at, metrics)
    if tethered:
        threading.Thread(target=_leave_with_supervisor, name="tether", daemon=True).start()
    worker = faust.Worker(app, loglevel="WARN", redirect_stdouts=False, quiet=True)
    worker.execute_from_commandline()
    raise SystemExit(Exit.STOPPED)


def _leave_with_supervisor() -> None:
    sys.stdin.buffer.read()
    leave(Exit.STOPPED, "the supervisor is gone")
