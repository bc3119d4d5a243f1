"""What a worker remembers of the directory, compactly: whose every identifier is, and which pairs are known.

Rule 1. The answer of the greatest epoch stands; of equal ones the one heard last. Hearing again changes nothing, and
        the order does not matter.
Rule 2. An identifier or a pair is remembered by a digest of its key in 128 bits; a text is only kept for identifiers
        that name a customer, once. Epochs and the rest are in arrays, a slot an identifier.
Rule 3. A record without a value is an erasure: its key is forgotten, and so is the text that was kept for it.
"""

import sys
from array import array
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import Any

from pipeline.identity import DirectoryAnswer
from pipeline.kin import Answer, Outcome, customer_named_by
from pipeline.records import identifier_of
from pipeline.touchpoint import Identifier

_UNHEARD = -1
"""The epoch of a slot that only stands for a name."""

_OUTCOMES = tuple(Outcome)


def identifier_key(identifier: Identifier) -> bytes:
    """Return the key of an identifier's record on the topic `directory`."""
    return f"{identifier.type}:{identifier.value}".encode("utf-8", "surrogatepass")


class Known:
    """The memory. Not for threads: one event loop tells it and asks it."""

    def __init__(self) -> None:
        """Begin knowing nothing."""
        self._slots: dict[int, int] = {}
        self._epochs = array("q")
        self._names = array("i")
        self._parked = bytearray()
        self._texts: dict[int, Identifier] = {}
        self._pairs: set[int] = set()

    @property
    def identifiers(self) -> int:
        """How many identifiers are known."""
        return len(self._slots)

    @property
    def pairs(self) -> int:
        """How many pairs are known."""
        return len(self._pairs)

    def hear(self, record: Mapping[str, Any]) -> None:
        """Take a record of directory-entry.v1.avsc."""
        if record["pair"] is not None:
            self._pairs.add(_number(record["pair"].encode()))
            return
        slot = self._slot(identifier_of(record["identifier"]))
        if record["epoch"] < self._epochs[slot]:
            return
        named_by = identifier_of(record["named_by"])
        name = self._slot(named_by)
        self._texts.setdefault(name, Identifier(sys.intern(named_by.type), named_by.value))
        self._epochs[slot], self._names[slot] = record["epoch"], name
        self._parked[slot] = 0 if record["parked"] is None else 1 + _OUTCOMES.index(Outcome(record["parked"]))

    def forget(self, key: bytes) -> None:
        """Take a record without a value: an erasure (Rule 3)."""
        number = _number(key)
        self._pairs.discard(number)
        slot = self._slots.pop(number, None)
        if slot is not None:
            self._epochs[slot] = _UNHEARD
            self._texts.pop(slot, None)

    def answers(self, identifiers: Iterable[Identifier]) -> Mapping[Identifier, DirectoryAnswer]:
        """Return what is known of these identifiers; those never heard of are left out."""
        found: dict[Identifier, DirectoryAnswer] = {}
        for identifier in identifiers:
            slot = self._slots.get(_number(identifier_key(identifier)))
            if slot is None or self._epochs[slot] == _UNHEARD:
                continue
            named_by = self._texts.get(self._names[slot])
            if named_by is not None:
                parked = _OUTCOMES[self._parked[slot] - 1] if self._parked[slot] else None
                answer = Answer(customer_named_by(named_by), named_by, parked)
                found[identifier] = DirectoryAnswer(answer, self._epochs[slot])
        return found

    def knows_pair(self, digest: str) -> bool:
        """Say whether the pair that a digest stands for is known."""
        return _number(digest.encode()) in self._pairs

    def _slot(self, identifier: Identifier) -> int:
        number = _number(identifier_key(identifier))
        slot = self._slots.get(number)
        if slot is None:
            slot = self._slots[number] = len(self._epochs)
            self._epochs.append(_UNHEARD)
            self._names.append(slot)
            self._parked.append(0)
        return slot


def _number(key: bytes) -> int:
    """Return a key's digest as a number: an int of 128 bits takes less memory than 16 bytes do."""
    return int.from_bytes(blake2b(key, digest_size=16).digest(), "big")
