"""Who the customer of each event is by the pure core, over everything at once, as the resolver has it in the end."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from agents.contracts import identifiers_in_force
from commands.sorting import Seen, by_kin
from pipeline.touchpoint import Touchpoint


def resolved(touchpoints: Iterable[Touchpoint]) -> list[Touchpoint]:
    """Return the touchpoints with the customers that the rules in force make of all of them."""
    told = list(touchpoints)
    whose: Mapping[str, str] = by_kin(
        [Seen(each.event_id, each.identifiers, each.occurred_at) for each in told], identifiers_in_force().kin
    )
    return [replace(each, customer_id=whose[each.event_id]) for each in told]
