"""E-mail: one message between the customer and the company.

Rule 1. A message belongs to its own thread and to every message that it answers or refers to.
Rule 2. Only today's words count (`pipeline.sources.todays_words`); the subject is said once, by the first
        message of a thread, so an answer does not repeat it.
Rule 3. The customer's side of the envelope identifies the customer: `from` when inbound, the first of `to`
        when outbound.
"""

import re
from email.utils import getaddresses

from pipeline.refusal import Reason
from pipeline.sources.customer import account, claims, segments
from pipeline.sources.fields import Fields, Reading
from pipeline.sources.message_ids import message_id, message_ids
from pipeline.sources.sides import company_actor, direction_of, said_by
from pipeline.sources.todays_words import todays_words
from pipeline.touchpoint import Actor, Direction, Handling, Identifier, Report

MOST_REFERENCES = 100
"""Messages that a long thread is known by: its first, and its newest. RFC 5322 lets clients cut, too."""
_DEEPEST_COMMENT = 20
"""The standard library reads nested comments recursively; nobody's address has this many."""
_PREFIX = re.compile(r"(?:(?:re|fwd?|aw|wg|sv|vs|tr|antw|rv|odp)(?: ?\[\d{1,3}\])? ?: ?)+", re.IGNORECASE)


def email(fields: Fields, reading: Reading) -> Report:
    """Read one e-mail. Raises `Refused`."""
    own = message_id(fields.name("message_id"))
    if not own:
        fields.refuse(Reason.MISSING_FIELD, "message_id", "a Message-ID, as <id@host>")
    answers = message_id(fields.optional(fields.name, "in_reply_to") or "")
    references = _references(fields, reading)
    direction = direction_of(fields)
    agent = fields.optional(fields.name, "agent")
    actor: Actor = "customer" if direction == "inbound" else company_actor(agent)
    words = _words(fields, reading, first=not answers and not references)
    text, company_text = said_by(actor, words)
    queue = fields.optional(fields.name, "queue")
    thread = (own, answers, *references)
    return Report(
        source="email",
        channel="email",
        kind="message",
        event_id=fields.optional(fields.name, "event_id"),
        natural_key=(own,),
        occurred_at=fields.moment("occurred_at", reading),
        actor=actor,
        direction=direction,
        identifiers=claims(fields, "email", *_address(fields, direction, reading)),
        account_id=account(fields),
        tags=segments(fields),
        keys=tuple(dict.fromkeys(f"email:{one}" for one in thread if one)),
        text=text,
        company_text=company_text,
        handling=Handling(agents=(agent,) if agent else (), queue=queue) if agent or queue else None,
    )


def _references(fields: Fields, reading: Reading) -> tuple[str, ...]:
    headers = (
        (fields.optional(fields.text, "references", reading),)
        if fields.is_text("references")
        else fields.names("references")
    )
    ids = tuple(dict.fromkeys(one for header in headers if header for one in message_ids(header)))
    return ids if len(ids) <= MOST_REFERENCES else (ids[0], *ids[1 - MOST_REFERENCES :])


def _words(fields: Fields, reading: Reading, *, first: bool) -> str | None:
    body = todays_words(fields.optional(fields.text, "body", reading) or "")
    subject = " ".join((fields.optional(fields.text, "subject", reading) or "").split())
    topic = _PREFIX.sub("", subject, count=1) if first and _PREFIX.match(subject) else subject
    return "\n".join(part for part in (topic if first else "", body) if part) or None


def _address(fields: Fields, direction: Direction, reading: Reading) -> tuple[Identifier, ...]:
    if direction == "inbound":
        header = fields.optional(fields.name, "from")
    elif fields.is_text("to"):
        header = fields.optional(fields.text, "to", reading)
    else:
        header = next(iter(fields.names("to")), None)
    if not header:
        return ()
    first = header[:2000]  # a text may list thousands; only the first one is asked for
    if first.count("(") > _DEEPEST_COMMENT:
        return ()
    address = next((address for _, address in getaddresses([first]) if "@" in address), first)
    return (Identifier("email", address),)
