"""A store that cannot be trusted is set aside, and nothing else is."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import NoReturn

import pytest

from agents import disk
from agents.exact.exits import Exit

HERE = "cluster-one"


class LeftError(BaseException):
    """What stands for the end of the process."""


def left(code: Exit, why: str) -> NoReturn:
    """Leave, in a test."""
    raise LeftError(code, why)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Returns a worker's folder with a store in it."""
    store = tmp_path / "data" / "v1" / "tables"
    store.mkdir(parents=True)
    (store / "rows").write_text("rows")
    disk.prepare(tmp_path / "data", HERE)
    return tmp_path / "data"


def has_store(data: Path) -> bool:
    """Say whether the worker would start with its store."""
    return (data / "v1" / "tables" / "rows").exists()


@contextmanager
def failing(block: AbstractContextManager[None], words: str, kind: type[Exception] = Exception) -> Iterator[None]:
    """Fail inside a block, as RocksDB's binding does."""
    with pytest.raises((kind, LeftError)), block:
        raise kind(words)
    yield


def test_a_sound_store_stays(data: Path) -> None:
    """A start on the same Kafka finds the store as it was."""
    disk.prepare(data, HERE)
    assert has_store(data)


@pytest.mark.parametrize("words", ["Corruption: block checksum mismatch", "IO error: No such file or directory: x.sst"])
def test_a_damaged_store_is_set_aside_at_the_next_start(data: Path, words: str) -> None:
    """It is kept to be looked at, the worker begins empty, and the start after that keeps what it then has."""
    with failing(disk.Trusted(data), words):
        assert has_store(data)
    disk.prepare(data, HERE)
    assert not has_store(data)
    assert (data / disk.ASIDE / "v1" / "tables" / "rows").read_text() == "rows"
    (data / "v1" / "tables").mkdir(parents=True)
    (data / "v1" / "tables" / "rows").write_text("new rows")
    disk.prepare(data, HERE)
    assert has_store(data)


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("IO error: No space left on device: while appending", Exception),
        ("IO error: While lock file: LOCK: Resource temporarily unavailable", Exception),
        ("Corruption: says an error of our own", ValueError),
    ],
)
def test_what_is_no_damage_leaves_the_store_alone(data: Path, words: str, kind: type[Exception]) -> None:
    """A full disk, the last process's lock, an error that is not the store's."""
    with failing(disk.Trusted(data), words, kind):
        disk.prepare(data, HERE)
    assert has_store(data)


def test_a_store_that_does_not_open_ends_the_worker(data: Path) -> None:
    """Faust would try again for half a minute; what is said names no row."""
    with pytest.raises(LeftError) as end, disk.sound(data, left):
        raise Exception("Corruption: key ann@example.com")  # noqa: TRY002 -- as RocksDB's binding does
    assert end.value.args == (Exit.STORE, f"Corruption in {data}")


def test_a_locked_store_is_tried_again(data: Path) -> None:
    """The last process has not ended yet."""
    with pytest.raises(Exception, match="lock file"), disk.sound(data, left):
        raise Exception("IO error: While lock file: LOCK")  # noqa: TRY002 -- as RocksDB's binding does
    disk.prepare(data, HERE)
    assert has_store(data)


def test_a_store_of_another_kafka_is_set_aside(data: Path) -> None:
    """Its rows would be taken for this one's."""
    disk.prepare(data, "cluster-two")
    assert not has_store(data)
    disk.prepare(data, "cluster-two")
    assert (data / disk.ASIDE / "v1" / "tables" / "rows").exists()
