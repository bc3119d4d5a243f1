"""The tables: in memory and in RocksDB they behave as one plain dictionary does."""

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from unittest.mock import Mock

import faust
import pytest
from faust.types import TP
from hypothesis import given, settings
from hypothesis import strategies as st

from agents import disk, rocks, tables
from agents.exact.exits import Exit
from agents.tables import MemoryRows, RocksRows, Rows, RowTable, StateTable
from tests.agents.exact.fakes import Left, World

CHANGELOG = "state"
KEYS = st.binary(min_size=1, max_size=3) | st.sampled_from(
    (b"\xff", b"\xff\xff", b"a\x00", b"a\x00b", b"a\x01", b"__faust\x00offset_", b"__fausu")
)
PARTITIONS = st.integers(0, 1)
PUTS = st.lists(st.tuples(PARTITIONS, KEYS, st.binary(max_size=3)), max_size=12)
PREFIXES = st.just(b"") | KEYS | st.sampled_from((b"a\x00", b"__faust", b"\xff\xff\xff\xff"))


def _changes(*records: tuple[int, int, bytes, bytes | None]) -> list[Any]:
    """Return what Faust's recovery hands over: chunks, here one a partition, of (partition, offset, key, value)."""
    return [
        _chunk(TP(CHANGELOG, partition), *[record[1:] for record in records if record[0] == partition])
        for partition in sorted({record[0] for record in records})
    ]


def _chunk(tp: TP, *records: tuple[int, bytes, bytes | None]) -> Any:  # noqa: ANN401 -- Faust's event
    value = [SimpleNamespace(offset=offset, key=key, value=value) for offset, key, value in records]
    return SimpleNamespace(message=SimpleNamespace(tp=tp, partition=tp.partition, value=value))


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> pytest.TempPathFactory:
    """Return where each example of a law gets a folder of its own."""
    return tmp_path_factory


def _table(store: str, folder: Path) -> Any:  # noqa: ANN401 -- a RowTable: its own types say that none is ever made
    """Return a table on this folder."""
    app = faust.App("rows", broker="kafka://nobody:1", store=f"{store}://", datadir=folder)
    make: Any = RowTable
    return make(
        app,
        name="state",
        changelog_topic=app.topic(CHANGELOG, key_type=bytes, value_type=bytes),
        key_type=bytes,
        value_type=bytes,
    )


def _store(store: str, folder: Path) -> Any:  # noqa: ANN401 -- a store of rows
    """Return what the setting makes, on this folder."""
    rows = _table(store, folder)._new_store()
    assert isinstance(rows, MemoryRows if store == "memory" else RocksRows)
    return rows


EVERY_STORE = pytest.mark.parametrize("store", ["memory", "rocksdb"])
"""A law of every store of rows; the dictionary in the test is what both are measured by."""


@EVERY_STORE
@given(puts=PUTS, prefix=PREFIXES)
@settings(max_examples=40, deadline=None)
def test_a_scan_is_the_rows_with_the_prefix_in_key_order(
    store: str, folders: pytest.TempPathFactory, puts: list[tuple[int, bytes, bytes]], prefix: bytes
) -> None:
    """The last value of each key, of this partition only, whatever the bytes, and no row that nobody wrote."""
    rows = _store(store, folders.mktemp("rows"))
    model: dict[tuple[int, bytes], bytes] = {}
    for partition, key, value in puts:
        rows.write(partition, [(key, value)])
        model[partition, key] = value
    rows.set_persisted_offset(TP(CHANGELOG, 0), 5)
    for wanted in (0, 1):
        expected = sorted((k, v) for (p, k), v in model.items() if p == wanted and k.startswith(prefix))
        assert list(rows.scan(wanted, prefix)) == expected


@EVERY_STORE
@given(puts=PUTS)
@settings(max_examples=20, deadline=None)
def test_what_the_changelog_says_is_what_was_put(
    store: str, folders: pytest.TempPathFactory, puts: list[tuple[int, bytes, bytes]]
) -> None:
    """A store that is restored equals the one that was lost; a record without a value takes a row away."""
    lost, restored = (_table(store, folders.mktemp("rows")) for _ in range(2))
    restored.follows = lambda *_: True
    for partition, key, value in puts:
        lost.data.write(partition, [(key, value)])
    records = [(partition, offset, key, value) for offset, (partition, key, value) in enumerate(puts)]
    gone = [(0, 99, b"long gone", b"x"), (0, 100, b"long gone", None)]
    restored.apply_changelog_batch(_changes(*records, *gone))
    for partition in (0, 1):
        assert list(restored.data.scan(partition, b"")) == list(lost.data.scan(partition, b""))
    assert restored.persisted_offset(TP(CHANGELOG, 0)) == 100


@EVERY_STORE
def test_the_restore_point_is_none_until_it_is_set(store: str, tmp_path: Path) -> None:
    """A new store says that it has nothing; each partition has its own point."""
    rows = _store(store, tmp_path)
    assert rows.persisted_offset(TP(CHANGELOG, 0)) is None
    rows.set_persisted_offset(TP(CHANGELOG, 0), 7)
    assert [rows.persisted_offset(TP(CHANGELOG, each)) for each in (0, 1)] == [7, None]


@EVERY_STORE
def test_faust_is_told_where_a_new_table_begins(store: str, tmp_path: Path) -> None:
    """By None it would go on where it last read in this process: another store's place."""
    table = _table(store, tmp_path)
    assert table.persisted_offset(TP(CHANGELOG, 0)) == -1
    table.data.set_persisted_offset(TP(CHANGELOG, 0), 0)
    assert table.persisted_offset(TP(CHANGELOG, 0)) == 0


@EVERY_STORE
def test_only_what_is_news_and_its_own_is_read_back(store: str, tmp_path: Path) -> None:
    """Faust hands a record that came too late to whichever table came last, and old ones once more."""
    table = _table(store, tmp_path)
    table.apply_changelog_batch(_changes((0, 0, b"a", b"1"), (0, 1, b"a", b"2"), (1, 0, b"b", b"1")))
    table.apply_changelog_batch([*_changes((0, 0, b"a", b"1")), _chunk(TP("another", 0), (9, b"c", b"1"))])
    assert [list(table.data.scan(each, b"")) for each in (0, 1)] == [[(b"a", b"2")], [(b"b", b"1")]]
    assert [table.persisted_offset(TP(CHANGELOG, each)) for each in (0, 1)] == [1, 0]


@EVERY_STORE
def test_a_hole_in_what_is_read_back_ends_the_worker(
    store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of it is written; where whoever fetched says that the log has nothing in between, it is none."""
    monkeypatch.setattr(tables, "leave", World().leave)
    table = _table(store, tmp_path)
    table.apply_changelog_batch(_changes((0, 0, b"a", b"1")))
    with pytest.raises(Left) as left:
        table.apply_changelog_batch(_changes((0, 3, b"a", b"4")))
    assert (left.value.code, left.value.why) == (Exit.OUT_OF_SEQUENCE, "state-0: read back 3 after 0")
    assert list(table.data.scan(0, b"")) == [(b"a", b"1")]
    table.follows = lambda *asked: asked == (TP(CHANGELOG, 0), 3, 0)
    table.apply_changelog_batch(_changes((0, 3, b"a", b"4")))
    assert list(table.data.scan(0, b"")) == [(b"a", b"4")]


def test_what_cannot_be_read_back_ends_the_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Faust would log the error, and begin work without the rows."""
    monkeypatch.setattr(tables, "leave", World().leave)
    table = _table("rocksdb", tmp_path)
    monkeypatch.setattr(table.data, "_db_for_partition", Mock(side_effect=Exception("IO error: No space left")))
    with pytest.raises(Left) as left:
        table.apply_changelog_batch(_changes((0, 0, b"a", b"1")))
    assert left.value.code is Exit.STORE


def test_a_scan_that_a_broken_block_ends_is_no_end(tmp_path: Path) -> None:
    """RocksDB's own loop ends there as at the last row; the store is set aside at the next start."""
    rows = _store("rocksdb", tmp_path)
    rows.write(0, [(b"k%04d" % each, bytes(100)) for each in range(1000)])
    rows._dbs.pop(0).close()
    [path] = tmp_path.rglob("*.sst")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    broken = _store("rocksdb", tmp_path)
    with pytest.raises(Exception, match="Corruption"):
        list(broken.scan(0, b""))
    assert [path.name for path in tmp_path.rglob(disk.MARK)] == [disk.MARK]


async def test_memory_forgets_revoked_partitions(tmp_path: Path) -> None:
    """Another worker writes them on; what stays would be old, and would say that it is complete."""
    rows = _store("memory", tmp_path)
    for partition in (0, 1):
        rows.write(partition, [(b"k", b"v")])
        rows.set_persisted_offset(TP(CHANGELOG, partition), 3)
    await rows.on_rebalance(set(), {TP(CHANGELOG, 0), TP("another", 1)}, set())
    assert [list(rows.scan(each, b"")) for each in (0, 1)] == [[], [(b"k", b"v")]]
    assert [rows.persisted_offset(TP(CHANGELOG, each)) for each in (0, 1)] == [None, 3]


async def test_rocksdb_rows_outlive_the_process(tmp_path: Path) -> None:
    """A store on the same folder has the rows and the restore point."""
    rows = _store("rocksdb", tmp_path)
    rows.write(0, [(b"k", b"v")])
    rows.set_persisted_offset(TP(CHANGELOG, 0), 3)
    await rows.stop()
    del rows
    again = _store("rocksdb", tmp_path)
    assert list(again.scan(0, b"")) == [(b"k", b"v")]
    assert again.persisted_offset(TP(CHANGELOG, 0)) == 3


def test_all_stores_of_a_worker_share_one_bound(tmp_path: Path) -> None:
    """Faust's own default is 2 GiB of cache a table and partition, and an index of any size beside it."""
    before = rocks.shared().get_usage()
    rows = [_store("rocksdb", tmp_path / name) for name in ("one", "other")]
    for each in rows:
        each.write(0, [(b"k%d" % number, bytes(100)) for number in range(20_000)])
    assert rocks.MEMORY > rocks.shared().get_usage() - before > 2 * 20_000 * 100


class FakeRows:
    """Keeps a restore point."""

    def __init__(self, at: int | None) -> None:
        """Take where it stands."""
        self.at = at

    def persisted_offset(self, _: TP) -> int | None:
        """Return where it stands."""
        return self.at

    def set_persisted_offset(self, _: TP, offset: int) -> None:
        """Move it."""
        self.at = offset


def _point(start: int | None, runs: Sequence[tuple[int, int]]) -> int | None:
    rows = FakeRows(start)
    table = StateTable(lambda: cast(Rows, rows), CHANGELOG)
    for first, last in runs:
        table.reached(0, first, last)
    return rows.at


@pytest.mark.parametrize(
    ("start", "first", "moves"),
    [(None, 0, True), (None, 1, False), (7, 7, False), (7, 8, True), (7, 9, False), (0, 1, True), (0, 0, False)],
)
def test_the_restore_point_moves_only_from_where_it_stands(start: int | None, first: int, moves: bool) -> None:  # noqa: FBT001
    """Just before, exactly at, and just after the next offset; a log's first record is 0."""
    assert _point(start, [(first, first + 4)]) == (first + 4 if moves else start)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 4)), max_size=12))
def test_the_restore_point_never_moves_over_a_hole(runs: list[tuple[int, int]]) -> None:
    """Whatever is acknowledged in whatever order: everything up to the point is here."""
    here: set[int] = set()
    for number in range(len(runs) + 1):
        point = _point(None, [(first, first + more) for first, more in runs[:number]])
        if number:
            first, more = runs[number - 1]
            here |= set(range(first, first + more + 1))
        assert point is None or set(range(point + 1)) <= here


def test_a_state_table_reads_and_writes_its_rows() -> None:
    """Faust makes the store late: the rows are asked for each time."""
    written: list[tuple[Any, ...]] = []
    rows: Any = SimpleNamespace(write=lambda *row: written.append(row), scan=lambda *asked: iter([asked]))
    table = StateTable(lambda: rows, CHANGELOG)
    table.write(3, [(b"k", b"v")])
    assert written == [(3, [(b"k", b"v")])]
    found: list[Any] = list(table.scan(3, b"k"))
    assert found == [(3, b"k", b"")]


@EVERY_STORE
@given(puts=PUTS, dropped=st.lists(st.tuples(PARTITIONS, KEYS), max_size=6))
@settings(max_examples=20, deadline=None)
def test_a_row_that_is_put_as_nothing_is_gone(
    store: str,
    folders: pytest.TempPathFactory,
    puts: list[tuple[int, bytes, bytes]],
    dropped: list[tuple[int, bytes]],
) -> None:
    """Of its partition only, whether it was there or not; all others stay."""
    rows = _store(store, folders.mktemp("rows"))
    table = StateTable(lambda: cast(Rows, rows), CHANGELOG)
    model: dict[tuple[int, bytes], bytes] = {}
    for partition, key, value in puts:
        table.write(partition, [(key, value)])
        model[partition, key] = value
    for partition, key in dropped:
        table.write(partition, [(key, None)])
        model.pop((partition, key), None)
    for wanted in (0, 1):
        assert list(table.scan(wanted, b"")) == sorted((k, v) for (p, k), v in model.items() if p == wanted)
