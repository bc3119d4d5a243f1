"""Who the customer of an event is.

Rule 1. A customer is who the directory says. Where it says nothing, the event's strongest canonical identifier names
        the customer, and the customer's id is derived from it.
Rule 2. An event without one identifier that counts is refused: it is nobody's.
Rule 3. The epoch of what was decided is the smallest of the answers that decided it: those passed over as parked, and
        the one that named the customer (0 where it had none). A directory hears the answers of one resolution one by
        one; had we said the greatest, a customer decided by an old answer would pass for the newest word.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from pipeline.identifiers import IdentifierRules, canonical
from pipeline.kin import Answer, owner
from pipeline.refusal import Reason, Refused, Stage
from pipeline.touchpoint import Identifier


@dataclass(frozen=True, slots=True)
class DirectoryAnswer:
    """What the directory says of an identifier, and the resolution that said so."""

    answer: Answer
    epoch: int


class Directory(Protocol):
    """Says whose identifiers are, as far as it has heard."""

    def answers(self, identifiers: Iterable[Identifier]) -> Mapping[Identifier, DirectoryAnswer]:
        """Return what is known of these canonical identifiers; those not yet resolved are left out."""

    def knows_pair(self, digest: str) -> bool:
        """Say whether the resolver has heard of the pair that a digest stands for (`pipeline.kin.pair_digest`)."""


@dataclass(frozen=True, slots=True)
class StrongestIdentifier:
    """The directory that has learned nothing: the strongest identifier is the customer."""

    def answers(self, identifiers: Iterable[Identifier]) -> Mapping[Identifier, DirectoryAnswer]:
        """Return nothing."""
        del identifiers
        return {}

    def knows_pair(self, digest: str) -> bool:
        """Say no."""
        del digest
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The customer of an event: the id, the identifier that named it, and all canonical ones, strongest first.

    `epoch` is the resolution that the decision rests on, 0 for none (Rule 3).
    """

    customer_id: str
    named_by: Identifier
    identifiers: tuple[Identifier, ...]
    epoch: int


def identified(claims: tuple[Identifier, ...], rules: IdentifierRules, directory: Directory) -> Identity:
    """Return who the claims name. Raises `Refused` (no identifier) if nothing in them identifies anybody."""
    identifiers = canonical(claims, rules)
    known = directory.answers(identifiers)
    found = owner(identifiers, {one: each.answer for one, each in known.items()})
    if found is None:
        expected = "at least one identifier that is valid and not junk (customer_id, email, phone, visitor_id, handle)"
        raise Refused(Stage.IDENTIFY, Reason.NO_IDENTIFIER, "customer", expected)
    return Identity(
        customer_id=found.customer_id,
        named_by=found.named_by,
        identifiers=identifiers,
        epoch=_rests_on(identifiers, known),
    )


def _rests_on(identifiers: Iterable[Identifier], known: Mapping[Identifier, DirectoryAnswer]) -> int:
    """Return the smallest epoch among the answers that `owner` looked at, in its order (Rule 3)."""
    epochs: list[int] = []
    for identifier in identifiers:
        said = known.get(identifier)
        epochs.append(0 if said is None else said.epoch)
        if said is None or said.answer.parked is None:
            break
    return min(epochs, default=0)
