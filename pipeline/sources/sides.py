"""Who is on which side of a conversation: the customer, or the company with its agents and bots.

Rule 1. Inbound is the customer to the company, and what an event is when it does not say.
Rule 2. Words are the customer's or the company's, never both: the company's are never the customer's mood.
"""

from typing import cast

from pipeline.sources.fields import Fields
from pipeline.touchpoint import Actor, Direction

SPEAKERS = ("customer", "agent", "bot")
DIRECTIONS = ("inbound", "outbound")


def direction_of(fields: Fields, default: Direction = "inbound") -> Direction:
    """Read the event's direction."""
    return cast("Direction | None", fields.optional(fields.choice, "direction", DIRECTIONS)) or default


def actor_named(fields: Fields, field: str) -> Actor:
    """Read who spoke or wrote."""
    return cast("Actor", fields.choice(field, SPEAKERS))


def company_actor(agent: str | None) -> Actor:
    """Return who acted for the company: the agent where one is named."""
    return "agent" if agent else "company"


def said_by(actor: Actor, words: str | None) -> tuple[str | None, str | None]:
    """Return the words as (the customer's, the company's)."""
    return (words, None) if actor == "customer" else (None, words)
