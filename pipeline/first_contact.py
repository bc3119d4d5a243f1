"""First contact resolution: whether a contact was the last one about its matter, as far as is known by now.

Rule 1. Asked of inbound contacts, once for a contact and all that it was handed over to. Nobody came back within the
        window: resolved. Somebody did: not resolved. The window is open: pending until its end, which is still in it.
Rule 2. Both answers are given, as for a repeat: same topic (each of its topics' own window) and any topic. Where no
        topic of the contact is known, the answer for any topic stands for both: nothing tells them apart.
Rule 3. An attempt that was given up resolved nothing.
Rule 4. "By now" is the customer's newest touchpoint. A reader whose clock is past the end of the window, and who has no
        newer version, may read pending as resolved.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from pipeline.contacts import Contact
from pipeline.policy import Policy
from pipeline.repeats import Links

Answer = Literal["resolved", "not_resolved", "pending"]


@dataclass(frozen=True, slots=True)
class Resolution:
    """Both answers, each with the end of its window while it is pending; and the contact by which the customer came
    back first, on any topic.
    """

    same_topic: Answer
    same_topic_until: datetime | None
    any_topic: Answer
    any_topic_until: datetime | None
    came_back_by: Contact | None


def resolutions(contacts: Sequence[Contact], links: Links, now: datetime, policy: Policy) -> Mapping[str, Resolution]:
    """Return the resolution of each contact that is inbound and continues none, by its id.

    `contacts` are a customer's newest in (began_at, contact_id) order, none left out after the first.
    """
    first_part: dict[str, str] = {}
    parts: dict[str, list[Contact]] = {}
    for contact in contacts:
        if not contact.inbound:
            continue
        before = links.of(contact).continues
        name = contact.contact_id if before is None else first_part.get(before.contact_id, before.contact_id)
        first_part[contact.contact_id] = name
        parts.setdefault(name, []).append(contact)
    begun = [(name, group) for name, group in parts.items() if links.of(group[0]).continues is None]
    return {
        name: _resolution(group, _later(group, begun[place + 1 :]), now, policy)
        for place, (name, group) in enumerate(begun)
    }


def _later(parts: list[Contact], begun: Sequence[tuple[str, list[Contact]]]) -> Iterator[tuple[Contact, timedelta]]:
    """Yield the contacts that began later, each with the gap since the last activity of these parts before it."""
    for _, group in begun:
        moment = group[0].began_at
        yield group[0], moment - max(_active(part, moment) for part in parts if part.began_at <= moment)


def _active(contact: Contact, moment: datetime) -> datetime:
    return contact.ended_at if contact.ended_at <= moment else contact.active_until(moment)


def _resolution(
    parts: list[Contact], later: Iterator[tuple[Contact, timedelta]], now: datetime, policy: Policy
) -> Resolution:
    repeat = policy.repeat
    topics = parts[0].topics.union(*(part.topics for part in parts[1:]))
    own = max(map(repeat.window, topics), default=repeat.within)
    longest = max(repeat.within, own)
    ended = max(part.ended_at for part in parts)
    came_back: Contact | None = None
    again = False
    for contact, gap in later:
        about = not topics.isdisjoint(contact.topics) and any(
            gap <= repeat.window(topic) for topic in topics & contact.topics
        )
        if came_back is None and (about or gap <= repeat.within):
            came_back = contact
        if about or (not topics and came_back is not None):
            again = True
            break
        if gap > longest and contact.began_at > ended:
            break
    outcomes = [part.outcome for part in parts if part.outcome is not None]
    gave_up = bool(outcomes) and outcomes[-1] == "abandoned"
    same, same_until = _answer(again or gave_up, ended + own, now)
    anything, any_until = _answer(came_back is not None or gave_up, ended + longest, now)
    return Resolution(same, same_until, anything, any_until, came_back)


def _answer(came_back: bool, until: datetime, now: datetime) -> tuple[Answer, datetime | None]:  # noqa: FBT001 -- two private calls
    if came_back:
        return "not_resolved", None
    return ("pending", until) if now <= until else ("resolved", None)
