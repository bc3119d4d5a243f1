"""Three brokers on this machine, each its own controller, any of which may be killed: what one node cannot show.

Rule 1. Every topic has three copies, two of which must have a record before it counts.
Rule 2. A killed broker stays away for as long as it is told, and comes back at the same port with what it had.
"""

from __future__ import annotations

import asyncio
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from broker import node
from broker.layout import LOOPBACK, Layout, Ports, choose_ports
from broker.requirements import HOME, Runtime, find
from commands.streams import administering

BROKERS = 3
READY_SECONDS = 120.0
CLUSTER = "dGVsbG9uY2UtY2hhb3MtMQ"
SHAPE = """
node.id={number}
controller.quorum.voters={voters}
default.replication.factor=3
min.insync.replicas=2
offsets.topic.replication.factor=3
transaction.state.log.replication.factor=3
transaction.state.log.min.isr=2
"""
"""What a broker of three has that the only one has not."""


@dataclass(slots=True)
class Broker:
    """One of the three."""

    layout: Layout
    ports: Ports
    shape: str
    process: subprocess.Popen[bytes] | None = None

    def start(self, runtime: Runtime) -> None:
        """Start it, formatted or as it was left."""
        self.process = node.launch(runtime, self.layout, self.ports, owned=True, more=self.shape, cluster=CLUSTER)

    def kill(self) -> None:
        """Kill -9."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def wait(self) -> None:
        """Return when it answers. Raises `DidNotStart` when it does not for two minutes."""
        if self.process is not None:
            node.wait_until_ready(self.process, self.layout, self.ports, READY_SECONDS)


@dataclass(slots=True)
class Cluster:
    """The three; `restart` hits the one that most depends on."""

    runtime: Runtime
    brokers: tuple[Broker, ...]

    @property
    def bootstrap(self) -> str:
        """Their addresses."""
        return ",".join(f"{LOOPBACK}:{each.ports.client}" for each in self.brokers)

    async def restart(self, *, kill: bool, down: float = 0.0) -> None:
        """End the broker that leads most partitions, leave it down for so many seconds, start it again."""
        doomed = self.brokers[await self._leads_most() - 1]
        if kill or doomed.process is None:
            doomed.kill()
        else:
            doomed.process.terminate()
            doomed.process.wait()
        await asyncio.sleep(down)
        doomed.start(self.runtime)
        doomed.wait()

    async def _leads_most(self) -> int:
        async with administering(self.bootstrap) as admin:
            topics = await admin.describe_topics()
        # The topic of committed offsets counts more: its leaders are the groups' coordinators.
        leaders = Counter[int]()
        for topic in topics:
            for partition in topic["partitions"]:
                leaders[partition["leader"]] += 10 if topic["topic"] == "__consumer_offsets" else 1
        return max(sorted(leaders), key=lambda number: leaders[number])


@contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    """Yield three fresh brokers with their data in `folder`. Raises `broker.errors.Missing`."""
    runtime, ports = find(HOME), list[Ports]()
    layouts = [Layout(folder / f"broker-{number}") for number in range(1, BROKERS + 1)]
    while len(ports) < BROKERS:  # each must differ from the others: they are bound later
        one = choose_ports(layouts[len(ports)])
        if not {one.client, one.controller} & {port for two in ports for port in (two.client, two.controller)}:
            ports.append(one)
    voters = ",".join(f"{number}@{LOOPBACK}:{one.controller}" for number, one in enumerate(ports, 1))
    brokers = tuple(
        Broker(layout, one, SHAPE.format(number=number, voters=voters))
        for number, (layout, one) in enumerate(zip(layouts, ports, strict=True), 1)
    )
    with ExitStack() as stack:
        for each in brokers:
            each.start(runtime)
            stack.callback(each.kill)
        for each in brokers:
            each.wait()
        yield Cluster(runtime, brokers)
