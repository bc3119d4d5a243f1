"""What each channel knows a customer by.

Rule 1. A channel knows what it cannot help knowing: a chat the visitor, a call the number, an e-mail the address, a
        review the author's handle, a survey the address that it was sent to.
Rule 2. It knows the customer's strongest identifier too where something happened that tells it: a log-in, a number that
        the telephone system finds in the CRM, a case that an e-mail is filed under, a verified purchase.
Rule 3. Three in twenty customers are strangers: nothing of the kind ever happens to them.
"""

from dataclasses import dataclass
from random import Random

from simulation.people import Person

_STRANGERS = 0.15
_LOG_IN, _RECOGNISED, _FILED, _VERIFIED, _ASKED_BY_ID, _BILLED_BY_MAIL = 0.8, 0.8, 0.8, 0.65, 0.7, 0.85


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """Which channels know the strongest identifier. `logs_in` is the line of a chat from which on it does."""

    logs_in: int | None = None
    recognised: bool = False
    filed: bool = False
    verified: bool = False
    asked_by_id: bool = False
    billed_by_mail: bool = False


def manner(dice: Random) -> Manner:
    """Throw the dice for one customer."""
    if dice.random() < _STRANGERS:
        return Manner()
    return Manner(
        logs_in=dice.randint(1, 3) if dice.random() < _LOG_IN else None,
        recognised=dice.random() < _RECOGNISED,
        filed=dice.random() < _FILED,
        verified=dice.random() < _VERIFIED,
        asked_by_id=dice.random() < _ASKED_BY_ID,
        billed_by_mail=dice.random() < _BILLED_BY_MAIL,
    )


def claimed(who: Person, how: Manner | None, channel: str, line: int) -> dict[str, object]:
    """Return the identifiers in the `customer` of an event of this channel; without a manner, all that it can know."""
    own: dict[str, dict[str, object]] = {
        "chat": {"visitor_id": who.visitor_id},
        "phone": {"phone": who.phone} if who.phone else {},
        "email": {"email": who.email},
        "survey": {"email": who.email},
        "other": {"email": who.email},
    }
    if how is None:
        return who.known_as | (own[channel] if channel in {"chat", "phone", "email"} else {})
    tells = {
        "chat": how.logs_in is not None and line >= how.logs_in,
        "phone": how.recognised or who.phone is None,
        "email": how.filed,
        "review": how.verified,
        "survey": how.asked_by_id,
        "other": True,
    }
    shown = {"chat": True, "survey": not how.asked_by_id, "other": how.billed_by_mail}
    return (who.known_as if tells[channel] else {}) | (own[channel] if shown.get(channel) else {})
