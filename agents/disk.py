"""The worker's store on disk is a copy: what cannot be trusted is set aside, and read back from Kafka.

Rule 1. A store that is damaged, or ahead of its changelog, is marked, and the worker leaves. The next start sets the
        marked store aside (the newest one is kept, to be looked at) and begins empty: recovery is the only start.
Rule 2. So does a start on another Kafka than the store was filled from: its rows would be taken for this one's.
Rule 3. A full disk is no damage: the worker leaves, and finds its store as it was once there is room.
Rule 4. What is said names the kind of error and the store's folder, never a row.
"""

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from agents.exact.exits import Exit, Leave
from agents.exact.storing import is_rocksdbs

MARK, ASIDE, CLUSTER = "damaged", "set-aside", "cluster"
FULL = ("No space left", "Disk quota exceeded")
LOCKED = "lock file"
"""RocksDB's words: there is nothing else to go by."""


@dataclass(frozen=True, slots=True)
class Trusted:
    """While one works with a store in `data`: where it turns out broken, mark it (Rules 1 and 3). Use it again at will.

    It stands around each row that is written, so it is no generator.
    """

    data: Path

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        """Judge what RocksDB said, and let it be raised."""
        if is_rocksdbs(kind) and not any(word in str(error) for word in (*FULL, LOCKED)):
            mark(self.data)


@contextmanager
def sound(data: Path, leave: Leave) -> Iterator[None]:
    """Do something with a store in `data` that must not fail: then leave at once. Where one does not open Faust would
    try again for half a minute; where rows are not read back it would go on without them.

    A locked one it may try again: it is the last process's, which has not ended yet.
    """
    try:
        with Trusted(data):
            yield
    except Exception as error:
        if LOCKED in str(error):
            raise
        leave(Exit.STORE, f"{str(error).partition(':')[0]} in {data}")


def mark(data: Path) -> None:
    """Have the next start set the store aside."""
    (data / MARK).touch()


def prepare(data: Path, cluster: str) -> None:
    """Set aside what is marked, or was filled from another Kafka than `cluster` (its id); then note the cluster."""
    data.mkdir(parents=True, exist_ok=True)
    noted = data / CLUSTER
    strange = noted.exists() and noted.read_bytes() != cluster.encode()
    if strange or (data / MARK).exists():
        _set_aside(data, "it was filled from another Kafka" if strange else "it is damaged")
    noted.write_bytes(cluster.encode())


def _set_aside(data: Path, why: str) -> None:
    aside = data / ASIDE
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir()
    for store in data.glob("v*"):  # Faust's own layout: a folder a version of the app
        store.rename(aside / store.name)
    (data / MARK).unlink(missing_ok=True)
    sys.stderr.write(f"tellonce worker sets its store aside ({why}), and reads its state from Kafka: {aside}\n")
