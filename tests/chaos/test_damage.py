"""A disk that harms one file harms no other, and every harm and every kind of file has its turn."""

from pathlib import Path
from random import Random

import pytest

from chaos.damage import HARMS, KINDS, Harm, damage_one, flip_one, halve, shorten

FILES = ("MANIFEST-000005", "000012.sst", "000014.sst", "000013.log", "CURRENT", "LOG", "OPTIONS-000007")
DATABASES = ("entries-0.db", "entries-1.db")


def dice(seed: int) -> Random:
    """Return dice that can be thrown the same way again."""
    return Random(seed)  # noqa: S311 -- repeatable, not secret


def store(folder: Path) -> dict[Path, bytes]:
    """Make a worker's data folder of two databases, and return what is in it; a third one has nothing to harm."""
    content = {folder / "v1" / "tables" / each / name: name.encode() * 40 for each in DATABASES for name in FILES}
    content[folder / "v1" / "tables" / "new.db" / "000001.log"] = b""
    content[folder / "set-aside" / "v1" / "tables" / "old.db" / "CURRENT"] = b"kept"
    content[folder / "cluster"] = b"id"
    for path, said in content.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(said)
    return content


def test_one_file_of_each_database_is_harmed(tmp_path: Path) -> None:
    """Exactly one, of a kind that RocksDB reads, and it is the one that is named; all harms and kinds come up."""
    seen: set[tuple[str, str]] = set()
    for seed in range(100):
        before = store(tmp_path)
        said = [line.split() for line in damage_one(tmp_path, dice(seed))]
        changed = {path for path, content in before.items() if path.read_bytes() != content}
        assert {tmp_path / name for _, name in said} == changed
        assert sorted(path.parent.name for path in changed) == list(DATABASES)
        kinds = {kind for path in changed for kind in KINDS if path.match(kind)}
        assert len(kinds) == 1
        seen |= {(harm, kind) for harm, _ in said for kind in kinds}
    assert seen == {(harm.__name__, kind) for harm in HARMS for kind in KINDS}


@pytest.mark.parametrize(("harm", "least", "most"), [(shorten, 136, 199), (halve, 100, 100), (flip_one, 200, 200)])
def test_a_harm_does_what_it_says(tmp_path: Path, harm: Harm, least: int, most: int) -> None:
    """A few bytes of the end are gone, or half of all, or one bit of the middle is another."""
    path, content = tmp_path / "000012.sst", bytes(range(200))
    for seed in range(50):
        path.write_bytes(content)
        harm(path, dice(seed))
        after = path.read_bytes()
        assert least <= len(after) <= most
        turned = [(at, (one ^ other).bit_count()) for at, (one, other) in enumerate(zip(content, after, strict=False))]
        assert [each for each in turned if each[1]] == ([(100, 1)] if harm is flip_one else [])


def test_a_file_shorter_than_the_cut_is_empty(tmp_path: Path) -> None:
    """CURRENT has sixteen bytes."""
    path = tmp_path / "CURRENT"
    path.write_bytes(b"M")
    shorten(path, dice(1))
    assert path.read_bytes() == b""
