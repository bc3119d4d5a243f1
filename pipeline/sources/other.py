"""Every other channel: social posts, visits to a shop, invoices, advertisements, deliveries.

Rule 1. The policy lists the channels; one that it does not list is refused with the names that it does.
Rule 2. Where the event says no direction, the channel's counts. Inbound words are the customer's.
Rule 3. A handle belongs to the channel (a name on a social network is not the same name in a shop's book).
"""

from pipeline.refusal import Reason
from pipeline.sources.customer import account, claims, segments
from pipeline.sources.fields import Fields, Reading
from pipeline.sources.sides import company_actor, direction_of, said_by
from pipeline.touchpoint import Actor, Handling, Report


def other(fields: Fields, reading: Reading) -> Report:
    """Read one touchpoint of another channel. Raises `Refused`."""
    name = fields.name("channel").lower()
    channel = reading.channels.get(name)
    if channel is None:
        allowed = ", ".join(sorted(reading.channels)) or "none (the policy lists no channel)"
        fields.refuse(Reason.UNKNOWN_CHANNEL, "channel", f"one of: {allowed}")
    direction = direction_of(fields, channel.direction)
    agent = fields.optional(fields.name, "agent")
    conversation = fields.optional(fields.name, "conversation_id")
    actor: Actor = "customer" if direction == "inbound" else company_actor(agent)
    text, company_text = said_by(actor, fields.optional(fields.text, "text", reading))
    return Report(
        source="other",
        channel=name,
        kind=name,
        event_id=fields.optional(fields.name, "event_id"),
        occurred_at=fields.moment("occurred_at", reading),
        actor=actor,
        direction=direction,
        identifiers=claims(fields, name),
        account_id=account(fields),
        keys=(f"other:{conversation}",) if conversation else (),
        text=text,
        company_text=company_text,
        handling=Handling(agents=(agent,)) if agent else None,
        tags=tuple(dict.fromkeys((*fields.names("tags"), *segments(fields)))),
        link=fields.optional(fields.name, "link"),
    )
