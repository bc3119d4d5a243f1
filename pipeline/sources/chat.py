"""Chat: messages, starts, transfers and ends of sessions.

Rule 1. All events of a session are one contact: key `chat:<session_id>`.
Rule 2. Who acted is who is said to have written. Where nobody is, the customer started an inbound chat, and
        all else is the company's doing.
Rule 3. Only the customer's words are the customer's; an agent's and a bot's are the company's.
Rule 4. The rating is one item of the session: a later one replaces it.
"""

from pipeline.sources.customer import account, claims, segments
from pipeline.sources.fields import Fields, Reading
from pipeline.sources.score import score
from pipeline.sources.sides import actor_named, direction_of, said_by
from pipeline.touchpoint import Actor, Handling, Report

KINDS = ("started", "message", "transferred", "ended")


def chat(fields: Fields, reading: Reading) -> Report:
    """Read one event of a chat session. Raises `Refused`."""
    key = f"chat:{fields.name('session_id')}"
    kind = fields.optional(fields.choice, "kind", KINDS) or "message"
    direction = direction_of(fields)
    by_customer = kind == "started" and direction == "inbound"
    said = kind == "message"
    sender = (
        actor_named(fields, "sender") if said else fields.optional(lambda name: actor_named(fields, name), "sender")
    )
    actor: Actor = sender or ("customer" if by_customer else "company")
    words = fields.text("text", reading) if said else fields.optional(fields.text, "text", reading)
    agent, queue = fields.optional(fields.name, "agent"), fields.optional(fields.name, "queue")
    rating = fields.record("rating")
    rated = not fields.absent("rating")
    text, company_text = said_by(actor, words)
    return Report(
        source="chat",
        channel="chat",
        kind=kind,
        event_id=fields.optional(fields.name, "event_id"),
        occurred_at=fields.moment("occurred_at", reading),
        actor=actor,
        direction=direction,
        identifiers=claims(fields, "chat"),
        account_id=account(fields),
        tags=segments(fields),
        keys=(key,),
        item=f"{key}:rating" if rated else None,
        text=text,
        company_text=company_text,
        score=score(rating, "score", "csat", ("scale_min", "scale_max"), (1, 5)) if rated else None,
        handling=Handling(agents=(agent,) if agent else (), queue=queue, transfers=int(kind == "transferred")),
    )
