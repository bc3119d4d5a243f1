"""The run's own Kafka: one node, to be ended and started again at the same address with what it had."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen

from broker.layout import Layout
from broker.requirements import HOME, find
from broker.running import Kafka, find_or_start, stop_own


@dataclass(slots=True)
class Node:
    """A node that this run started."""

    layout: Layout
    kafka: Kafka
    process: Popen[bytes]

    @property
    def bootstrap(self) -> str:
        """Its address, the same after every start."""
        return self.kafka.bootstrap

    async def restart(self, *, kill: bool, down: float = 0.0) -> None:
        """End the node (kill -9, or asked to), leave it down for so many seconds, start it again."""
        before = self.kafka.port
        if kill:
            self.process.kill()
            self.process.wait()
        else:
            stop_own(self.layout, self.kafka, self.process)
        await asyncio.sleep(down)
        self.kafka, self.process = _own(self.layout)
        if self.kafka.port != before:
            raise RuntimeError(f"Kafka came back at port {self.kafka.port} instead of {before}: somebody took it")


@contextmanager
def node(folder: Path) -> Iterator[Node]:
    """Yield a fresh node with its data in `folder`. Raises `broker.errors.Missing` and `DidNotStart`."""
    layout = Layout(folder / "broker")
    kafka, process = _own(layout)
    own = Node(layout, kafka, process)
    try:
        yield own
    finally:
        stop_own(layout, own.kafka, own.process)


def _own(layout: Layout) -> tuple[Kafka, Popen[bytes]]:
    kafka, process = find_or_start(find(HOME), layout, owned=True)
    if process is None:
        raise RuntimeError(f"a Kafka that is not ours runs in {layout.root}")
    return kafka, process
