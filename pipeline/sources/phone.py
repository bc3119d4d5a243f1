"""Phone: a finished call, or its parts as they happen.

Rule 1. All parts of a call are one contact, and so is the call that it was transferred from.
Rule 2. A finished call begins when the caller began to wait (`queued_at`; else `occurred_at`), and its
        times are in order: queued, answered, ended.
Rule 3. Waiting is until the answer; of an abandoned call, until the caller hung up.
Rule 4. The customer's side of the line identifies the customer: `from` when inbound, `to` when outbound.
Rule 5. The caller acts by calling, waiting and giving up; all else in a call is done by those who speak or
        by the company.
"""

from datetime import datetime

from pipeline.refusal import Reason
from pipeline.sources.customer import account, claims, segments
from pipeline.sources.fields import Fields, Reading
from pipeline.sources.sides import actor_named, company_actor, direction_of, said_by
from pipeline.touchpoint import Actor, Direction, Handling, Identifier, Report

KINDS = ("call", "queued", "answered", "held", "transferred", "said", "ended")
OUTCOMES = ("answered", "abandoned")


def phone(fields: Fields, reading: Reading) -> Report:
    """Read a finished call or a part of one. Raises `Refused`."""
    call_id = fields.name("call_id")
    before = fields.optional(fields.name, "transferred_from")
    kind = fields.optional(fields.choice, "kind", KINDS) or "call"
    direction = direction_of(fields)
    occurred_at = fields.moment("occurred_at", reading)
    finished = kind == "call"
    outcome = fields.choice("outcome", OUTCOMES) if kind in {"call", "ended"} else None
    started, answered, ended = _times(fields, reading, occurred_at) if finished else (occurred_at, None, None)
    agents = fields.names("agents") if finished else ()
    agent = fields.optional(fields.name, "agent")
    if agent and agent not in agents:
        agents = (*agents, agent)
    actor = _actor(fields, kind, direction, outcome, agents)
    text, company_text = _words(fields, reading, kind, actor)
    transferred = int(kind == "transferred")
    return Report(
        source="phone",
        channel="phone",
        kind=kind,
        event_id=fields.optional(fields.name, "event_id"),
        occurred_at=started,
        ended_at=ended,
        actor=actor,
        direction=direction,
        identifiers=claims(fields, "phone", *_line(fields, direction)),
        account_id=account(fields),
        tags=segments(fields),
        keys=tuple(dict.fromkeys(f"phone:{call}" for call in (call_id, before) if call)),
        text=text,
        company_text=company_text,
        handling=Handling(
            wait_seconds=_wait(started, answered, ended, outcome),
            hold_seconds=fields.optional(fields.number, "hold_seconds", 0) if kind in {"call", "held"} else None,
            transfers=(fields.optional(fields.whole, "transfers") or 0) if finished else transferred,
            agents=agents,
            queue=fields.optional(fields.name, "queue"),
            outcome=outcome,
        ),
    )


def _times(
    fields: Fields, reading: Reading, occurred_at: datetime
) -> tuple[datetime, datetime | None, datetime | None]:
    started = fields.optional(fields.moment, "queued_at", reading) or occurred_at
    answered = fields.optional(fields.moment, "answered_at", reading)
    ended = fields.optional(fields.moment, "ended_at", reading)
    if answered and answered < started:
        fields.refuse(Reason.TIMES_OUT_OF_ORDER, "answered_at", "a time at or after queued_at (else occurred_at)")
    if ended and ended < (answered or started):
        fields.refuse(Reason.TIMES_OUT_OF_ORDER, "ended_at", "a time at or after answered_at and queued_at")
    return started, answered, ended


def _wait(started: datetime, answered: datetime | None, ended: datetime | None, outcome: str | None) -> float | None:
    until = answered or (ended if outcome == "abandoned" else None)
    return None if until is None else (until - started).total_seconds()


def _actor(fields: Fields, kind: str, direction: Direction, outcome: str | None, agents: tuple[str, ...]) -> Actor:
    if kind == "said":
        return actor_named(fields, "speaker")
    gave_up = kind == "ended" and outcome == "abandoned"
    if direction == "inbound" and (kind in {"call", "queued"} or gave_up):
        return "customer"
    return company_actor(agents[0] if agents else None)


def _words(fields: Fields, reading: Reading, kind: str, actor: Actor) -> tuple[str | None, str | None]:
    if kind == "said":
        return said_by(actor, fields.text("text", reading))
    said: dict[bool, list[str]] = {True: [], False: []}
    length = 0
    for utterance in fields.records("transcript") if kind == "call" else ():
        speaker = actor_named(utterance, "speaker")
        words = utterance.optional(utterance.text, "text", reading)
        if words:
            said[speaker == "customer"].append(words)
            length += len(words) + 1
    if length > reading.policy.longest_text:
        limit = reading.policy.longest_text
        fields.refuse(Reason.TEXT_TOO_LONG, "transcript", f"at most {limit} characters together")
    return "\n".join(said[True]) or None, "\n".join(said[False]) or None


def _line(fields: Fields, direction: Direction) -> tuple[Identifier, ...]:
    number = fields.optional(fields.name, "from" if direction == "inbound" else "to")
    return (Identifier("phone", number),) if number else ()
