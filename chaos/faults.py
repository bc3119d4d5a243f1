"""The faults, each a name, what the producer sends meanwhile, and what is done to workers and Kafka.

Rule 1. A fault comes by the share of its own events that is committed, never by the clock: the machine's speed does
        not decide what is hit. Where a fault lasts, its seconds are those of the session time-out.
Rule 2. When a fault's function returns, everything that it ended runs again; then the run waits until all is done.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from chaos import disk
from chaos.damage import damage_all, damage_one, flip_some, halve
from chaos.feed import (
    Mischief,
    as_they_are,
    incompatible,
    oversized,
    poisoned,
    twice_in_reverse_two_hours_off,
)
from chaos.looks import LOOK
from chaos.stage import Stage

SESSION = 6.0
"""Seconds: the workers' session time-out in these runs."""

STORM_JOINS, STORM_SECONDS = 10, 80.0
KILLED = "signal_sigkill"
AWAY = frozenset({"exit_1"})
"""What a worker leaves with that starts while no Kafka answers; who runs by then has no reason to leave."""

NOTICED = 10.0
"""Seconds in which a worker that was frozen notices it, at most."""

FULL_FOR = 20.0
"""Seconds at most: long enough for each worker to try again."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One row of the table.

    `share`: its events, as a multiple of the usual number; `over`: the seconds that they come in, where it lasts.
    `explains`: the fences by which a worker may leave because of it, beside the signals that it sends; who leaves by
    another one left needlessly.
    """

    name: str
    suffer: Callable[[Stage], Awaitable[None]]
    mischief: Mischief = as_they_are
    share: float = 1.0
    over: float = 0.0
    explains: frozenset[str] = frozenset()

    def needless(self, exits: Mapping[str, int], kills: int, latent: Mapping[str, int]) -> int:
        """Return how many of these exits, by fence, it does not explain; `kills` is how many workers it killed, and
        `latent` how many may leave because of what an earlier fault harmed.
        """
        explained = {**latent, KILLED: kills, **{fence: exits.get(fence, 0) for fence in self.explains}}
        return sum(max(count - explained.get(fence, 0), 0) for fence, count in exits.items())


async def nothing(_at: Stage) -> None:
    """Fair weather."""


async def kill_in_rounds(at: Stage) -> None:
    """Kill -9 at 20, 45 and 70 % of the work, first the one, then the other."""
    for share, name in ((0.20, "a"), (0.45, "b"), (0.70, "a")):
        await at.reached(share)
        await at.hit(name, signal.SIGKILL)


async def kill_all(at: Stage) -> None:
    """Kill -9 of every worker at once."""
    await at.reached(0.4)
    for name in at.workers.running:
        await at.hit(name, signal.SIGKILL)


async def kill_in_recovery(at: Stage) -> None:
    """Kill -9, and again while the tables are read back from their changelogs (the stores are gone)."""
    await at.reached(0.3)
    await at.anew(at.lose_stores)
    for name in ("a", "b", "a"):
        await at.until_alive(name)
        await at.hit(name, signal.SIGKILL)


async def terminate(at: Stage) -> None:
    """SIGTERM in load, and again while the worker starts."""
    await at.reached(0.3)
    at.workers.stop("a")
    at.workers.start("a")
    await at.until_alive("a")
    at.workers.stop("a")
    at.workers.start("a")


async def zombie(at: Stage) -> None:
    """SIGSTOP for more than twice the session time-out, then SIGCONT: who wakes must not believe what it knew."""
    await at.reached(0.3)
    name = await at.busiest("timelines")  # one that has not joined yet has nothing to believe
    await at.hit(name, signal.SIGSTOP)
    await asyncio.sleep(2 * SESSION + 2)
    before = at.workers.exits()["paused"]
    await at.hit(name, signal.SIGCONT)
    await _within(NOTICED, lambda: at.workers.exits()["paused"] > before)  # before the next fault can kill it


async def storm(at: Stage) -> None:
    """Ten joins and leaves: a third worker comes and goes, by SIGTERM and by kill -9."""
    for turn in range(STORM_JOINS):
        at.workers.start("c")
        await at.until_alive("c")
        await asyncio.sleep(at.dice.uniform(0.5, SESSION / 2))
        if turn % 2:
            await at.hit("c", signal.SIGKILL)
        at.workers.stop("c")


async def broker_restart(at: Stage) -> None:
    """Kafka is asked to stop, and started again."""
    await at.reached(0.3)
    await at.node.restart(kill=False)


async def broker_kill(at: Stage) -> None:
    """Kafka is killed, and stays away for eight seconds."""
    await at.reached(0.3)
    await at.node.restart(kill=True, down=8.0)


async def stores_deleted(at: Stage) -> None:
    """The workers' data folders are deleted between two runs."""
    await at.reached(0.3)
    await at.anew(at.lose_stores)


async def stores_truncated(at: Stage) -> None:
    """Every file of the stores is cut in the middle between two runs."""
    await _damaged(at, lambda store: damage_all(store, halve, at.dice))


async def stores_flipped(at: Stage) -> None:
    """Bits of every file of the stores are turned over between two runs."""
    await _damaged(at, lambda store: damage_all(store, flip_some, at.dice))


async def stores_one_file(at: Stage) -> None:
    """One file of each database of the stores is damaged between two runs: what a disk does, and RocksDB may miss."""

    def harm(store: Path) -> None:
        at.say(f"{store.name}: {', '.join(damage_one(store, at.dice))}")

    await _damaged(at, harm)


async def _damaged(at: Stage, harm: Callable[[Path], None]) -> None:
    def harm_all() -> None:
        for store in at.workers.stores():
            harm(store)
        at.latent["store"] = len(at.workers.stores())

    await at.reached(0.3)
    await at.anew(harm_all)


async def disk_full(at: Stage) -> None:
    """The disk of the stores is full, and both workers are killed: no store opens until there is room."""
    await at.reached(0.2)
    at.can_work = False
    disk.fill(at.workers.home)
    before = at.workers.exits().total()
    for name in ("a", "b"):
        await at.hit(name, signal.SIGKILL)
    await _within(FULL_FOR, lambda: at.workers.exits().total() > before + 3)
    disk.free(at.workers.home)
    at.can_work = True


async def _within(seconds: float, happened: Callable[[], bool]) -> None:
    """Return when something happened, or it did not within so long."""
    for _ in range(round(seconds / LOOK)):
        if happened():
            break
        await asyncio.sleep(LOOK)


async def resolver_killed(at: Stage) -> None:
    """Kill -9 of the worker that resolves identity, three times, in the middle of merges."""
    for share in (0.2, 0.4, 0.6):
        await at.reached(share)
        await at.hit(await at.busiest("resolver"), signal.SIGKILL)


async def lag_at_start(at: Stage) -> None:
    """Everything was sent before any worker runs."""
    at.workers.stop()
    await at.sent()
    await at.anew(lambda: None)


FAULTS = (
    Fault("fair weather", nothing),
    Fault("kill -9 at 20, 45, 70 %", kill_in_rounds),
    Fault("kill -9 of all at once", kill_all),
    Fault("kill -9 during recovery", kill_in_recovery),
    Fault("SIGTERM in load and at start", terminate),
    Fault("SIGSTOP beyond two sessions", zombie, explains=frozenset({"paused"})),
    Fault("storm of joins and leaves", storm, over=STORM_SECONDS),
    Fault("broker restarted", broker_restart, explains=AWAY),
    Fault("broker killed, down 8 s", broker_kill, explains=AWAY),
    Fault("stores deleted", stores_deleted),
    Fault("stores truncated", stores_truncated, explains=frozenset({"store"})),
    Fault("stores with flipped bits", stores_flipped, explains=frozenset({"store"})),
    Fault("disk full", disk_full, explains=frozenset({"store", "unexpected"})),
    Fault("resolver killed in merges", resolver_killed),
    Fault("lag at start", lag_at_start, share=4.0),
    Fault("twice, reversed, 2 h off", nothing, twice_in_reverse_two_hours_off),
    Fault("poison, a tenth", kill_in_rounds, poisoned),
    Fault("oversized in and out", nothing, oversized),
    Fault("incompatible producer", nothing, incompatible),
    Fault("stores with one bad file", stores_one_file, explains=frozenset({"store"})),
)
"""Every fault on one broker; a plan shuffles them by its seed."""

ON_THREE = (
    Fault("fair weather, three brokers", nothing),
    Fault("leader and coordinator killed", broker_kill, explains=AWAY),
    Fault("leader and coordinator restarted", broker_restart, explains=AWAY),
    Fault("kill -9 at 20, 45, 70 %, three brokers", kill_in_rounds),
)
"""What takes three brokers: the one that leads most, and most groups, is the one that is hit."""
