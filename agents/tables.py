"""The state's tables: bytes by bytes, in key order, one store a partition, so that a customer is a prefix scan.

Rule 1. A row is written locally and to the changelog by `agents.exact.loop`; Faust's own way (one message a write)
        is not used. Faust finds the changelog, restores from it, and closes what is revoked.
Rule 2. `reached` moves the restore point only over changelog records that are all here: from where it stands, without
        a hole. Otherwise it stays, and the next start reads a little more than it needs.
Rule 3. What is read back continues what is here, or the worker leaves: Faust would go on over a hole, and after an
        error, with rows that are missing for ever. What is here already, or another table's, is not written.
Rule 4. In memory and in RocksDB behave the same; one law class examines both.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol, cast

import faust
from faust.stores import rocksdb
from faust.stores.base import Store
from faust.types import TP
from rocksdict import WriteBatch

from agents import disk, rocks
from agents.exact.exits import Exit, leave
from agents.rows import Row, SortedRows


class Rows(Protocol):
    """What a store can do beyond what Faust asks of it."""

    def write(self, partition: int, rows: Iterable[Row]) -> None:
        """Write rows, in their order."""

    def scan(self, partition: int, prefix: bytes, start: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """Yield a partition's rows whose keys begin with `prefix`, in key order, from `start` on."""

    def persisted_offset(self, tp: TP) -> int | None:
        """Return the changelog offset up to which everything is here."""

    def set_persisted_offset(self, tp: TP, offset: int) -> None:
        """Set the changelog offset up to which everything is here."""


class RocksRows(rocksdb.Store):
    """Rows in RocksDB, a database a partition. A broken one ends the worker (`agents.disk`)."""

    def write(self, partition: int, rows: Iterable[Row]) -> None:
        """Write rows, in their order and in one go: a row alone costs three times as much."""
        batch = WriteBatch(raw_mode=True)
        for key, value in rows:
            if value is None:
                batch.delete(key)
            else:
                batch.put(key, value)
        with self._trusted:
            database = self._db_for_partition(partition)
            self._marks[partition].put(batch)
            database.write(batch)

    def scan(self, partition: int, prefix: bytes, start: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """Yield a partition's rows whose keys begin with `prefix`, in key order, from `start` on."""
        with self._trusted:
            database, last = self._db_for_partition(partition), max(prefix, start)
            for key, value in database.items(from_key=last):
                if not key.startswith(prefix):
                    return
                last = key
                if key != self.offset_key and not key.startswith(rocks.MARK):  # what is kept beside the rows
                    yield key, value
            rocks.check_end(database, last)

    def persisted_offset(self, tp: TP) -> int | None:
        """Return the changelog offset up to which everything is here."""
        with self._trusted:
            return super().persisted_offset(tp)

    def set_persisted_offset(self, tp: TP, offset: int) -> None:
        """Set the changelog offset up to which everything is here."""
        with self._trusted:
            super().set_persisted_offset(tp, offset)

    def _open_for_partition(self, partition: int) -> Any:  # noqa: ANN401 -- Faust's own signature
        with disk.sound(Path(self.app.conf.datadir), leave):
            database = super()._open_for_partition(partition)
            self._marks[partition] = rocks.Marks(database)
            return database

    @cached_property
    def _marks(self) -> dict[int, rocks.Marks]:
        return {}

    @cached_property
    def _trusted(self) -> disk.Trusted:
        return disk.Trusted(Path(self.app.conf.datadir))  # asking Faust for a setting takes longer than a write


class MemoryRows(Store[Any, Any]):
    """Rows in memory, a sorted dictionary a partition; read back from the changelog at each start."""

    def __post_init__(self) -> None:
        """Begin empty."""
        self._held = SortedRows()

    def write(self, partition: int, rows: Iterable[Row]) -> None:
        """Write rows, in their order."""
        self._held.write(partition, rows)

    def scan(self, partition: int, prefix: bytes, start: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """Yield a partition's rows whose keys begin with `prefix`, in key order, from `start` on."""
        return self._held.scan(partition, prefix, start)

    def apply_changelog_batch(
        self, batch: Iterable[Any], to_key: Callable[[Any], Any], to_value: Callable[[Any], Any]
    ) -> None:
        """Nothing comes this way: the table writes what is read back."""

    def persisted_offset(self, tp: TP) -> int | None:
        """Return the changelog offset up to which everything is here; None once the partition was given away."""
        return self._held.persisted_offset(tp)

    def set_persisted_offset(self, tp: TP, offset: int) -> None:
        """Set the changelog offset up to which everything is here."""
        self._held.set_persisted_offset(tp, offset)

    async def on_rebalance(
        self, assigned: set[TP], revoked: set[TP], newly_assigned: set[TP], generation_id: int = 0
    ) -> None:
        """Forget what another worker goes on with."""
        del assigned, newly_assigned, generation_id
        for tp in revoked:
            if tp.topic in self.table.changelog_topic.topics:
                self._held.rows.pop(tp.partition, None)
                self._held.offsets.pop(tp, None)

    def reset_state(self) -> None:
        """Nothing is on disk."""

    async def backup_partition(self, tp: TP | int, flush: bool = True, purge: bool = False, keep: int = 1) -> None:  # noqa: FBT001, FBT002 -- Faust's own signature
        """Nothing is backed up: the changelog is the copy."""

    def restore_backup(self, tp: TP | int, latest: bool = True, backup_id: int = 0) -> None:  # noqa: FBT001, FBT002 -- likewise
        """Nothing is restored: the changelog is the copy."""


class RowTable(faust.Table[bytes, bytes]):
    """A Faust table whose store holds rows. The app's setting `store` decides: memory:// or rocksdb://."""

    follows: Callable[[TP, int, int], bool] = staticmethod(lambda _tp, offset, here: offset <= here + 1)
    """Whether a chunk of a changelog, from an offset on, follows on what is here, up to another (`exact.readback`)."""

    def persisted_offset(self, tp: TP) -> int:
        """Return the changelog offset up to which everything is here; -1 before the first.

        By None Faust would go on where it last read in this process, which may be the store that was closed since.
        """
        offset: int | None = super().persisted_offset(tp)
        return -1 if offset is None else offset

    def apply_changelog_batch(self, batch: Iterable[Any]) -> None:
        """Take chunks of rows from the changelog, as Faust reads them back: what continues what is here (Rule 3)."""
        for event in batch:
            tp, records = event.message.tp, event.message.value
            if tp.topic not in self.changelog_topic.topics:
                continue  # Faust gives a record that came too late to whichever table came last
            with disk.sound(Path(self.app.conf.datadir), leave):
                here = self.persisted_offset(tp)
                news = [(record.key, record.value) for record in records if record.offset > here]
                first, last = records[0].offset, records[-1].offset
                if first > here and not self.follows(tp, first, here):
                    leave(Exit.OUT_OF_SEQUENCE, f"{tp.topic}-{tp.partition}: read back {first} after {here}")
                if news:
                    rows = cast(Rows, self.data)
                    rows.write(tp.partition, news)
                    rows.set_persisted_offset(tp, last)

    def _new_store(self) -> Any:  # noqa: ANN401 -- Faust's own signature
        shape: dict[str, Any] = {"table_name": self.name, "key_type": bytes, "value_type": bytes}
        shape |= {"key_serializer": "raw", "value_serializer": "raw"}
        url = self.app.conf.store
        if str(url).startswith("memory"):
            return MemoryRows(url, self.app, self, **shape)
        store = RocksRows(url, self.app, self, options={"driver": "rocksdict"}, **shape)
        store.rocksdb_options = rocks.SharedMemory()
        return store


class StateTable:
    """A table as the agents use it: write and scan rows of one partition."""

    def __init__(self, rows: Callable[[], Rows], changelog: str) -> None:
        """Take how to reach the rows (Faust makes the store late) and the changelog topic's full name."""
        self._rows = rows
        self.changelog = changelog

    def write(self, partition: int, rows: Iterable[Row]) -> None:
        """Write rows into the local store, in their order."""
        self._rows().write(partition, rows)

    def scan(self, partition: int, prefix: bytes, start: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """Yield a partition's rows whose keys begin with `prefix`, in key order, from `start` on."""
        return self._rows().scan(partition, prefix, start)

    def reached(self, partition: int, first: int, last: int) -> None:
        """Move the restore point to `last`, if `first` follows on what is here (Rule 2)."""
        tp = TP(self.changelog, partition)
        here = self._rows().persisted_offset(tp)
        if first == (0 if here is None else here + 1):
            self._rows().set_persisted_offset(tp, last)
