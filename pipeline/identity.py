"""Who the customer of an event is.

Rule 1. A customer is who the directory says. The one here knows nothing but the event: its strongest
        canonical identifier names the customer, and the customer's id is derived from it.
Rule 2. An event without one identifier that counts is refused: it is nobody's.

This is the place where the directory of the next version is asked. `identified` hands *all* canonical identifiers to
`Directory.customer_of`, strongest first; a directory that has learned which of them belong together answers from what
it knows, and `StrongestIdentifier` stays as its answer for identifiers that it meets for the first time.
"""

from dataclasses import dataclass
from typing import Protocol

from pipeline.identifiers import IdentifierRules, canonical
from pipeline.ids import derived
from pipeline.refusal import Reason, Refused, Stage
from pipeline.touchpoint import Identifier


class Directory(Protocol):
    """Says whose identifiers these are."""

    def customer_of(self, identifiers: tuple[Identifier, ...]) -> tuple[str, Identifier] | None:
        """Return the customer's id and the identifier that named it; None if these name nobody.

        `identifiers` are canonical and strongest first.
        """


@dataclass(frozen=True, slots=True)
class StrongestIdentifier:
    """The directory that has learned nothing: the strongest identifier is the customer."""

    def customer_of(self, identifiers: tuple[Identifier, ...]) -> tuple[str, Identifier] | None:
        """Return the id derived from the first identifier, and that identifier."""
        if not identifiers:
            return None
        strongest = identifiers[0]
        return derived("customer", strongest.type, strongest.value), strongest


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The customer of an event: the id, the identifier that named it, and all canonical ones, strongest first."""

    customer_id: str
    named_by: Identifier
    identifiers: tuple[Identifier, ...]


def identified(claims: tuple[Identifier, ...], rules: IdentifierRules, directory: Directory) -> Identity:
    """Return who the claims name. Raises `Refused` (no identifier) if nothing in them identifies anybody."""
    identifiers = canonical(claims, rules)
    found = directory.customer_of(identifiers)
    if found is None:
        expected = "at least one identifier that is valid and not junk (customer_id, email, phone, visitor_id, handle)"
        raise Refused(Stage.IDENTIFY, Reason.NO_IDENTIFIER, "customer", expected)
    customer_id, named_by = found
    return Identity(customer_id=customer_id, named_by=named_by, identifiers=identifiers)
