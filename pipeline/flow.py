"""The flow, top to bottom.

    raw record ─▶ decode ─▶ normalise ─▶ identify ─▶ score, tag ─▶ Touchpoint | Rejected        `admit`
    ═══════════════════════════ by customer ═══════════════════════════
    touchpoints ─▶ stitch ─▶ contacts ─▶ detect ─▶ timeline, alerts, flags, retractions         `advance`

Rule 1. `admit` answers a `Touchpoint` or a `Rejected` for any bytes at all; it raises nothing for a bad event.
Rule 2. Both are pure: the same record and the same words, rules and policy give the same answer anywhere.
Rule 3. An event without an id of its own is named by its natural key, or else by all that it says.
"""

from dataclasses import astuple, dataclass, replace

from pipeline.advance import Advance, Picture, Raised, advance, picture
from pipeline.identifiers import IdentifierRules
from pipeline.identity import Directory, identified
from pipeline.ids import derived
from pipeline.language import Language
from pipeline.policy import Policy
from pipeline.record import RawRecord
from pipeline.refusal import Refused, Rejected
from pipeline.sources import SOURCES, Fields, Reading
from pipeline.touchpoint import Report, Touchpoint
from pipeline.wire import SchemaBook

__all__ = ["Advance", "Intake", "Picture", "Raised", "admit", "advance", "picture"]

MESSAGES = ("chat", "email", "other")
"""Sources of messages, of which some only say thank you; a call, a review or an answer is one whatever was said."""


@dataclass(frozen=True, slots=True)
class Intake:
    """What `admit` knows: the contracts, the policy, the rules for identifiers, the language, and who is who."""

    book: SchemaBook
    policy: Policy
    rules: IdentifierRules
    language: Language
    directory: Directory


def admit(record: RawRecord, intake: Intake) -> Touchpoint | Rejected:
    """Return the touchpoint that a raw record is, or why it is none."""
    event_id: str | None = None
    try:
        event = intake.book.decode_raw(f"raw.{record.source}", record.value)
        claimed = event.get("event_id")
        event_id = str(claimed) if isinstance(claimed, str | int) and not isinstance(claimed, bool) else None
        reading = Reading(record.received_at, intake.policy.intake, intake.policy.channels, intake.rules.default_region)
        report = SOURCES[record.source](Fields(event), reading)
        return _touchpoint(report, record, intake)
    except Refused as refused:
        return replace(refused.rejected, event_id=_printable(event_id))


def _touchpoint(report: Report, record: RawRecord, intake: Intake) -> Touchpoint:
    identity = identified(report.identifiers, intake.rules, intake.directory)
    said_at = report.ended_at or report.occurred_at  # a call's transcript is told when it is over
    understood = intake.language.read(report.text, report.company_text, said_at, intake.policy.promise.zone)
    return Touchpoint(
        event_id=report.event_id or derived_event_id(report),
        source=report.source,
        channel=report.channel,
        kind=report.kind,
        occurred_at=report.occurred_at,
        ended_at=report.ended_at,
        customer_id=identity.customer_id,
        account_id=report.account_id,
        named_by=identity.named_by,
        identifiers=identity.identifiers,
        epoch=identity.epoch,
        actor=report.actor,
        direction=report.direction,
        keys=report.keys,
        item=report.item,
        revision=report.revision,
        mood=understood.mood,
        topics=understood.topics,
        score=report.score,
        handling=report.handling,
        asks_human=understood.asks_human,
        company_negations=understood.company_negations,
        text=report.text,
        excerpt=understood.excerpt,
        tags=report.tags,
        link=report.link,
        origin=record.origin,
        company_words=understood.company_words,
        promised_by=understood.promised_by,
        anger=understood.anger,
        thanks_only=understood.thanks_only and report.source in MESSAGES and report.score is None,
    )


def derived_event_id(report: Report) -> str:
    """Return the id of an event whose source gave none (Rule 3)."""
    if report.natural_key:
        return derived(report.source, *report.natural_key)
    said = (report.channel, report.kind, report.actor, report.direction, report.item, report.text, report.company_text)
    return derived(
        report.source,
        report.occurred_at.isoformat(),
        *(part or "" for part in said),
        *(f"{i.type}:{i.value}" for i in report.identifiers),
        *report.keys,
        repr(astuple(report.score) if report.score else None),
        repr(astuple(report.handling) if report.handling else None),
        str(report.revision),
    )


def _printable(event_id: str | None) -> str | None:
    """Return the id if a dead letter can carry it: JSON can smuggle in halves of characters that UTF-8 cannot hold."""
    if event_id is None:
        return None
    return event_id.encode("utf-8", "replace").decode()[:512]
