"""Customer effort: what a contact cost the customer, in points of 0 to 100, each component visible.

Rule 1. Only inbound contacts have an effort; what the company begins costs the customer nothing of its own.
Rule 2. A component is how much there was times its weight, at most its cap; the score is their sum, at most 100.
Rule 3. Repeats and channels are the story's, as the contact's repeat-contact flag tells them: without a flag none.
Rule 4. A contact of `raise_at` points or more is a signal. It stands on the contact's newest activity.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from pipeline.contacts import Contact
from pipeline.findings import Finding, Record, compared
from pipeline.journey.calls import calls
from pipeline.journey.policy import MOST_POINTS, EffortPolicy, Weight
from pipeline.journey.signal import EFFORT, Component, Said, of_contact
from pipeline.policy import Policy
from pipeline.words import number

UNITS = {"waiting": "minutes", "hold": "minutes"}
SAID = {
    "waiting": ("min waiting", "min waiting"),
    "hold": ("min on hold", "min on hold"),
    "transfers": ("transfer", "transfers"),
    "agents": ("more agent told", "more agents told"),
    "channels": ("more channel tried", "more channels tried"),
    "repeats": ("contact before", "contacts before"),
    "asks_person": ("time asked for a person", "times asked for a person"),
    "abandoned": ("call given up", "calls given up"),
}
MOST_EVIDENCE = 20
"""Touchpoints that a signal names: a long contact must still fit into one record."""


@dataclass(frozen=True, slots=True)
class Effort:
    """What a contact cost: the score, 0 to 100, and its components, those that are nothing left out."""

    score: float
    components: tuple[Component, ...]


NONE = Effort(0.0, ())


def effort(contact: Contact, flag: Mapping[str, object] | None, policy: EffortPolicy) -> Effort:
    """Return what a contact cost the customer; `flag` is the body of its repeat-contact flag, where there is one."""
    if not contact.inbound:
        return NONE
    told = contact.current
    cost = calls(told)
    agents = {agent for entry in told if entry.handling is not None for agent in entry.handling.agents}
    actors = {entry.actor for entry in told}
    amounts: dict[str, float] = {
        "waiting": cost.wait_seconds / 60,
        "hold": cost.hold_seconds / 60,
        "transfers": cost.transfers,
        "agents": max(0, len(agents) - 1),
        "channels": 0 if flag is None else max(0, len(cast("list[str]", flag["channels"])) - 1),
        "repeats": 0 if flag is None else max(0, cast("int", flag["chain_length"]) - 1),
        "bot_only": float("bot" in actors and "customer" in actors and "agent" not in actors),
        "asks_person": sum(entry.asks_human for entry in told),
        "abandoned": cost.abandoned,
    }
    parts = tuple(_component(name, amount, getattr(policy, name)) for name, amount in amounts.items() if amount)
    return Effort(min(float(MOST_POINTS), round(sum(part.points for part in parts), 1)), parts)


def effort_signal(contact: Contact, cost: Effort, version: int, policy: Policy) -> Finding | None:
    """Return the signal that a contact cost too much, where it did."""
    limit = policy.effort.raise_at
    if not contact.activity or cost.score < limit:
        return None
    most = sorted(cost.components, key=lambda part: (-part.points, part.name))
    said = Said(
        kind=EFFORT,
        why=f"Effort {number(cost.score)} of 100: {', '.join(_said(part) for part in most if part.points)}.",
        words=next((entry.excerpt for entry in contact.activity if entry.excerpt), None),
        score=cost.score,
        components=cost.components,
        evidence=contact.activity[-MOST_EVIDENCE:],
        compared=[compared("effort of the contact, 0 to 100", cost.score, ">=", limit)],
    )
    return of_contact(contact.activity[-1], contact, version, said, policy)


def with_efforts(
    timeline: Record, contacts: Iterable[Contact], efforts: Mapping[str, Effort], since: datetime
) -> Record:
    """Return a timeline's record with the effort of each contact listed, and of the customer: the sum of all contacts
    that live at or after `since`, however many are listed.
    """
    listed = cast("list[Record]", timeline["contacts"])
    total = sum(efforts[contact.contact_id].score for contact in contacts if contact.newest_at >= since)
    each = [contact | {"effort": efforts[str(contact["contact_id"])].score} for contact in listed]
    return timeline | {"effort": round(total, 1), "contacts": each}


def _component(name: str, amount: float, weight: Weight) -> Component:
    points = round(min(weight.at_most, amount * weight.each), 1)
    return Component(name, round(amount, 2), UNITS.get(name, "times"), points)


def _said(part: Component) -> str:
    if part.name == "bot_only":
        return "only a bot answered"
    return f"{number(round(part.value, 1))} {SAID[part.name][part.value != 1]}"
