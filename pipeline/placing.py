"""Where a touchpoint belongs, as far as one customer id has been told (docs/identity.md, 3).

Rule 1. Of two answers for an identifier the one of the greater epoch is true; so what is known only grows, and merging
        it in any order, any number of times, ends the same.
Rule 2. A row belongs to the owner of its identifiers by all that is known here: what this customer id was told, and
        what whoever sent the row here knew. With nothing known, it belongs where it is.
Rule 3. A row that was sent here by a newer resolution than this customer id has heard of waits, unseen, until it has:
        it is told of every resolution that names it. Till then it neither counts nor moves on.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pipeline.kin import Answer, Outcome, owner
from pipeline.touchpoint import Entry, Identifier, Told


@dataclass(frozen=True, slots=True)
class Kin:
    """What one customer id was told of whose its identifiers are."""

    answers: Mapping[Identifier, Told] = field(default_factory=dict)

    @property
    def epoch(self) -> int:
        """The newest resolution that this customer id has heard of; 0 for none."""
        return max((told.epoch for told in self.answers.values()), default=0)


@dataclass(frozen=True, slots=True)
class Place:
    """Whose a row is, and which resolution said so (0: none)."""

    customer_id: str
    named_by: Identifier
    epoch: int


NOBODY = Kin()


def merged(answers: Mapping[Identifier, Told], more: Iterable[Told]) -> dict[Identifier, Told]:
    """Return both, of each identifier the newest (Rule 1); of equally new ones the one that was there."""
    both = dict(answers)
    for told in more:
        if told.identifier not in both or told.epoch > both[told.identifier].epoch:
            both[told.identifier] = told
    return both


def known_of(row: Entry, kin: Kin) -> dict[Identifier, Told]:
    """Return all that is known here of a row's identifiers (Rule 2)."""
    return merged({i: kin.answers[i] for i in row.identifiers if i in kin.answers}, row.answers)


def place(row: Entry, kin: Kin, heard: int | None = None) -> Place | None:
    """Return whose a row is; None while it waits (Rule 3). `heard` is the kin's epoch, where the caller has it."""
    if row.epoch > (kin.epoch if heard is None else heard):
        return None
    known = known_of(row, kin)
    found = owner(row.identifiers, {i: _answer(told) for i, told in known.items()}) if known else None
    if found is None:
        return Place(row.customer_id, row.named_by, row.epoch)
    return Place(found.customer_id, found.named_by, _decided(row, known))


def _decided(row: Entry, known: Mapping[Identifier, Told]) -> int:
    """Return the epoch of the answer that decides: of the first that links; of the first of all where none does."""
    for identifier in row.identifiers:
        told = known.get(identifier)
        if told is None:
            return 0
        if told.parked is None:
            return told.epoch
    return known[row.identifiers[0]].epoch


def _answer(told: Told) -> Answer:
    return Answer(told.customer_id, told.named_by, None if told.parked is None else Outcome(told.parked))
