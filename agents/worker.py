"""One worker process: checks its topics, serves its metrics, and runs the Faust app until it is stopped or leaves.

Rule 1. It never comes back by itself: `agents.supervisor` (or Compose, or Kubernetes) starts it again.
Rule 2. It ends with its supervisor: the supervisor holds the other end of its standard input.
Rule 3. When Faust gives up, that is an exit to start again from; exit code 1 is kept for what cannot start.
"""

import asyncio
import gc
import os
import threading
from collections.abc import Mapping
from typing import NoReturn

import faust
import uvloop
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import CoordinatorNotAvailableError, KafkaError
from faust.exceptions import ConsistencyError
from prometheus_client import start_http_server

from agents import disk
from agents.app import make_app
from agents.exact.exits import Exit, leave
from agents.installation import Installation
from agents.metrics import Metrics
from agents.topic_admin import cluster_id, require

YOUNG = 10_000
"""Objects made before the collector of cycles looks at what is new. What a chunk makes is gone by then; Python's own
700 looks at nearly all of it, a tenth of the time of light work.
"""

OLDER = 2
"""Collections of the young before those that outlived one are looked at once more: about 15 ms a look. Python's ten
take 60.
"""

COORDINATED_WITHIN = 15.0
"""Seconds; a new Kafka makes its topic of offsets at the first question."""


class CannotServeMetrics(Exception):
    """The address of /metrics is taken, or not this machine's; the message says which."""


def run(at: Installation, restarts: Mapping[str, int], *, tethered: bool) -> NoReturn:
    """Run a worker until it is told to stop. `restarts` counts earlier ends by fence, for the metric.

    Raises TopicAdminError where the topics are not as a worker needs them and CannotServeMetrics, before anything
    starts.
    """
    asyncio.run(require(at.bootstrap, at.wanted()))
    asyncio.run(_coordinated(at.bootstrap, at.settings.app_id))
    disk.prepare(at.data, asyncio.run(cluster_id(at.bootstrap)))
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    metrics = Metrics()
    for fence, count in restarts.items():
        metrics["restarts_total"].labels(fence).inc(count)
    try:
        server, _ = start_http_server(at.settings.metrics_port, at.settings.metrics_host, metrics.registry)
    except OSError as error:
        address = f"{at.settings.metrics_host}:{at.settings.metrics_port}"
        raise CannotServeMetrics(f"/metrics cannot be served at {address}: {os.strerror(error.errno or 0)}") from None
    host, port = server.server_address[:2]
    print(f"metrics http://{host!s}:{port}/metrics", flush=True)  # noqa: T201 -- the supervisor passes it on
    app = make_app(at, metrics)
    if tethered:
        threading.Thread(target=_leave_with_supervisor, name="tether", daemon=True).start()
    collect_less()
    worker = faust.Worker(app, loglevel="WARN", redirect_stdouts=False, quiet=True)
    worker.spinner = None  # it writes terminal codes even when quiet, and sets the root logger to DEBUG
    try:
        worker.execute_from_commandline()
    except SystemExit as end:
        if isinstance(app.crash_reason, ConsistencyError):  # the store is ahead of its changelog
            disk.mark(at.data)
            leave(Exit.STORE, f"the changelog is behind the store in {at.data}")
        if end.code:
            leave(Exit.UNEXPECTED, "Faust gave up")
    raise SystemExit(Exit.STOPPED)


def collect_less() -> None:
    """Spare the collector of cycles what is here for good by now, and most of what goes by itself.

    What it has looked at twice it does not look at again: of the state in memory it would find nothing to collect, and
    with 90,000 rows a look took a second, with all that there may be five, in which the whole worker stood. Of what is
    let alone so, only a cycle that dies later stays in memory for good; everything else goes with its last reference.
    """
    gc.freeze()
    gc.set_threshold(YOUNG, OLDER, *gc.get_threshold()[2:])
    gc.callbacks.append(_let_alone)


def _let_alone(phase: str, info: Mapping[str, int]) -> None:
    if phase == "stop" and info["generation"] > 0:
        gc.freeze()


async def _coordinated(bootstrap: str, group: str) -> None:
    """Return when the group has a coordinator: on a new Kafka it takes a second, and Faust's client logs errors."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        async with asyncio.timeout(COORDINATED_WITHIN):
            while True:
                try:
                    await admin.find_coordinator(group)
                except CoordinatorNotAvailableError:
                    await asyncio.sleep(0.1)
                else:
                    return
    except (KafkaError, TimeoutError):
        return  # Faust's own client goes on asking, and says what it hears
    finally:
        await admin.close()


def _leave_with_supervisor() -> None:
    while os.read(0, 1024):  # not sys.stdin: its lock would be held when the interpreter ends
        pass
    leave(Exit.STOPPED, "the supervisor is gone")
