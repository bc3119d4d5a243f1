"""What a disk does to a store: files that lost their ends, and bits that turned over.

Rule 1. Where one file of each database is harmed, all databases of a store are harmed alike: RocksDB is sure to notice
        some harms and not others, and one that is noticed has the whole store set aside, unheard ones included.
Rule 2. Which harm, which kind of file, which of several, and where: the dice say.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

KINDS = ("MANIFEST-*", "*.sst", "*.log", "CURRENT")
"""What RocksDB reads when it opens a database or looks something up; *.log is what it has not yet sorted."""

MOST_CUT = 64
"""Bytes that a file's end loses at most, where it loses a few."""

Harm = Callable[[Path, Random], None]


def shorten(path: Path, dice: Random) -> None:
    """Cut a few bytes off the end."""
    path.write_bytes(path.read_bytes()[: -dice.randint(1, MOST_CUT)])


def halve(path: Path, _dice: Random) -> None:
    """Cut in the middle."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flip_one(path: Path, dice: Random) -> None:
    """Turn over one bit in the middle."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1 << dice.randrange(8)
    path.write_bytes(content)


def flip_some(path: Path, dice: Random) -> None:
    """Turn over up to eight bits, anywhere."""
    content = bytearray(path.read_bytes())
    for _ in range(min(len(content), 8)):
        content[dice.randrange(len(content))] ^= 1 << dice.randrange(8)
    path.write_bytes(content)


HARMS: tuple[Harm, ...] = (shorten, halve, flip_one)
"""What may befall one file alone."""


def damage_all(store: Path, harm: Harm, dice: Random) -> None:
    """Harm every file of a store's databases; what stands beside them says whose they are."""
    for path in sorted(store.glob("v*/**/*")):
        if path.is_file():
            harm(path, dice)


def damage_one(store: Path, dice: Random) -> Iterator[str]:
    """Harm one file of each of a store's databases; yield what was done, by the file's name within the store."""
    harm, kinds = dice.choice(HARMS), dice.sample(KINDS, len(KINDS))
    for database in sorted(store.glob("v*/**/*.db")):
        found = ([path for path in sorted(database.glob(kind)) if path.stat().st_size] for kind in kinds)
        files = next(filter(None, found), None)
        if files:
            path = dice.choice(files)
            harm(path, dice)
            yield f"{harm.__name__} {path.relative_to(store)}"
