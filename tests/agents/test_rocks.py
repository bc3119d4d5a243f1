"""No damage of a store passes in silence: it says so, or everything up to its restore point is there."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents import rocks
from agents.exact.storing import IncompleteError, is_rocksdbs

RUNS, ROWS = 6, 100
POINT = b"~point"

FILL = """
import os, sys
from pathlib import Path
from rocksdict import WriteBatch
from agents import rocks
folder, first, after = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
database = rocks.SharedMemory().open(folder)
marks = rocks.Marks(database)
for number in range(first, after):
    batch = WriteBatch(raw_mode=True)
    batch.put(b"%06d" % number, bytes(100))
    batch.put(b"~point", b"%d" % number)
    marks.put(batch)
    database.write(batch)
os._exit(0)
"""
"""A run that ends as a killed one does: nothing is closed."""

HARMS: dict[str, Callable[[bytes], bytes]] = {
    "emptied": lambda _: b"",
    "half": lambda content: content[: len(content) // 2],
    "a byte short": lambda content: content[:-1],
    "20 bytes short": lambda content: content[:-20],
    "60 bytes short": lambda content: content[:-60],
    "a bit turned over": lambda content: _flipped(content, len(content) // 2),
    "a late bit turned over": lambda content: _flipped(content, len(content) * 9 // 10),
}


def _flipped(content: bytes, at: int) -> bytes:
    return content[:at] + bytes(byte ^ 4 for byte in content[at : at + 1]) + content[at + 1 :]


class FakeDatabase:
    """Rows in memory, written at once."""

    def __init__(self) -> None:
        """Begin empty."""
        self.rows: dict[bytes, bytes] = {b"__faust\0offset__": b"7", b"zebra": b""}

    def put(self, key: bytes, value: bytes) -> None:
        """Write."""
        self.rows[key] = value

    def delete(self, key: bytes) -> None:
        """Delete."""
        self.rows.pop(key, None)

    def keys(self, from_key: bytes) -> list[bytes]:
        """Return the keys from one on."""
        return sorted(key for key in self.rows if key >= from_key)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a store that several runs filled: each row is written together with the restore point behind it."""
    folder = tmp_path_factory.mktemp("store") / "rows.db"
    for run in range(RUNS):
        subprocess.run([sys.executable, "-c", FILL, folder, str(run * ROWS), str((run + 1) * ROWS)], check=True)
    assert {".sst", ".log"} < {path.suffix for path in folder.iterdir()}
    return folder


def _rows(folder: Path) -> list[bytes]:
    """Return the rows, as the tables scan them, and the restore point."""
    database = rocks.SharedMemory().open(folder)
    try:
        rocks.Marks(database)
        found = list(database.keys(from_key=b""))
        rocks.check_end(database, found[-1] if found else b"")
        return [*(key for key in found if key[:1].isdigit()), database.get(POINT)]
    finally:
        database.close()


def test_a_store_is_whole_after_many_runs(store: Path, tmp_path: Path) -> None:
    """Nothing that RocksDB does by itself, at the end of a run or at the start of the next, looks like damage."""
    folder = shutil.copytree(store, tmp_path / "rows.db")
    assert _rows(folder) == [*(b"%06d" % each for each in range(RUNS * ROWS)), b"%d" % (RUNS * ROWS - 1)]


@pytest.mark.parametrize("harm", HARMS)
def test_damage_of_one_file_is_found_or_loses_nothing_before_the_restore_point(
    store: Path, tmp_path: Path, harm: str
) -> None:
    """Whichever file it is. What a log of writes loses at its end, the restore point loses with it."""
    found = 0
    for number, path in enumerate(sorted(store.iterdir())):
        folder = shutil.copytree(store, tmp_path / str(number) / "rows.db")
        (folder / path.name).write_bytes(HARMS[harm](path.read_bytes()))
        try:
            *rows, point = _rows(folder)
        except Exception as error:  # noqa: BLE001 -- RocksDB has no error of its own
            assert is_rocksdbs(type(error)), path.name  # noqa: PT017 -- which one it is, is not the point
            found += 1
        else:
            assert rows == [b"%06d" % each for each in range(int(point) + 1)], path.name
    assert found


@given(st.lists(st.integers(1, 3 * rocks.RUN), max_size=6), st.data())
def test_marks_are_whole_until_one_is_gone(runs: list[int], data: st.DataObject) -> None:
    """However many writes a process makes, and however many processes; and whichever mark is lost but the last."""
    kept: Any = FakeDatabase()  # a batch is a put and a delete
    for writes in runs:
        marks = rocks.Marks(kept)
        for _ in range(writes):
            marks.put(kept)
    rocks.Marks(kept)
    inner = [key for key in sorted(kept.rows) if key.startswith(rocks.MARK)][1:-1]
    if inner:
        kept.delete(data.draw(st.sampled_from(inner)))
        with pytest.raises(IncompleteError):
            rocks.Marks(kept)


def test_marks_do_not_pile_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """So many are kept; those are without a hole."""
    monkeypatch.setattr(rocks, "KEPT", 5)
    kept: Any = FakeDatabase()  # a batch is a put and a delete
    marks = rocks.Marks(kept)
    for _ in range(20 * rocks.RUN):
        marks.put(kept)
    assert len(kept.rows) == 2 + 5
    rocks.Marks(kept)
