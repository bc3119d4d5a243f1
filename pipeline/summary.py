"""A customer's timeline as the `timelines` topic carries it.

Rule 1. It shows what lies within the horizon before the newest touchpoint (inclusive); counts are of all of that, the
        lists are the newest.
Rule 2. What a contact led to (resolution, next contact) is told as of the newest touchpoint, and changes with it.
Rule 3. Its version is how many touchpoints are known of the customer: any new one raises it.
"""

from collections.abc import Iterable, Sequence

from pipeline.contacts import Contact
from pipeline.findings import Finding, Record
from pipeline.first_contact import Resolution, resolutions
from pipeline.policy import Policy
from pipeline.records import identifier_record
from pipeline.repeats import Links
from pipeline.touchpoint import Entry


def summary(
    entries: Sequence[Entry], contacts: Sequence[Contact], links: Links, findings: Iterable[Finding], policy: Policy
) -> Record:
    """Return the timeline record, but for its version, of a customer with at least one touchpoint; all in order."""
    newest = entries[-1]
    since = newest.occurred_at - policy.timeline.horizon
    shown = [entry for entry in entries if entry.occurred_at >= since]
    alive = [contact for contact in contacts if contact.newest_at >= since]
    recent = [finding for finding in findings if finding.occurred_at >= since]
    listed = alive[-policy.timeline.contacts :]
    resolved = resolutions(listed, links, newest.occurred_at, policy)
    contact_of = {id(entry): contact.contact_id for contact in alive for entry in contact.entries}
    return {
        "customer_id": newest.customer_id,
        "account_id": next((e.account_id for e in reversed(entries) if e.account_id), None),
        "named_by": identifier_record(newest.named_by),
        "first_at": shown[0].occurred_at,
        "last_at": newest.occurred_at,
        "touchpoint_count": len(shown),
        "contact_count": sum(not (c.inbound and links.of(c).continues) for c in alive if c.activity),
        "repeat_count": sum(finding.kind == "repeat-contact" for finding in recent),
        "detractor_count": sum(finding.kind == "detractor-alert" for finding in recent),
        "channels": sorted({entry.channel for entry in shown}),
        "topics": sorted({topic for contact in alive for topic in contact.topics}),
        "contacts": [_contact(contact, links, resolved.get(contact.contact_id)) for contact in listed],
        "touchpoints": [
            {
                "event_id": entry.event_id,
                "source": entry.source,
                "channel": entry.channel,
                "kind": entry.kind,
                "occurred_at": entry.occurred_at,
                "actor": entry.actor,
                "contact_id": contact_of[id(entry)],
            }
            for entry in shown[-policy.timeline.touchpoints :]
        ],
    }


def redirect(newest: Entry) -> Record:
    """Return the timeline record, but for its version and where to read on, of a customer whose touchpoints all turned
    out to be another's; `newest` is the newest of them.
    """
    return {
        "customer_id": newest.customer_id,
        "account_id": None,
        "named_by": identifier_record(newest.named_by),
        "first_at": newest.occurred_at,
        "last_at": newest.occurred_at,
        "touchpoint_count": 0,
        "contact_count": 0,
        "repeat_count": 0,
        "detractor_count": 0,
        "channels": [],
        "topics": [],
        "contacts": [],
        "touchpoints": [],
    }


def _contact(contact: Contact, links: Links, resolution: Resolution | None) -> Record:
    link = links.of(contact) if contact.inbound else None
    initial = links.story(contact).initial if contact.inbound else None
    back = resolution.came_back_by if resolution else None
    return {
        "contact_id": contact.contact_id,
        "channel": contact.channel,
        "direction": (contact.activity or contact.entries)[0].direction,
        "began_at": contact.began_at,
        "ended_at": contact.ended_at,
        "touchpoints": len(contact.entries),
        "topics": sorted(contact.topics),
        "initial_contact": initial.contact_id if initial else contact.contact_id,
        "previous_contact": link.continues.contact_id if link and link.continues else None,
        "related_contact": link.previous.contact_id if link and link.previous else None,
        "outcome": contact.outcome,
        "bot_only": contact.bot_only,
        "resolution": resolution.same_topic if resolution else None,
        "pending_until": resolution.same_topic_until if resolution else None,
        "resolution_any_topic": resolution.any_topic if resolution else None,
        "pending_any_topic_until": resolution.any_topic_until if resolution else None,
        "next_contact": back.contact_id if back else None,
        "next_topics": sorted(back.topics) if back else [],
    }
