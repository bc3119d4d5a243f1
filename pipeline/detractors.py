"""Detractors: customers who turn away, because they said so or because their words do.

Rule 1. What the customer said outright leads: a score at or under its limit is an *explicit* alert, one per answer
        (a survey response, a review, a chat's rating); of an edited answer the latest revision decides.
Rule 2. Words alone are *inferred*, one alert per contact, standing on the first touchpoint that sounds like a
        detractor's (`pipeline.scores`). How sure that is, is told; of what was said outright it is not asked.
Rule 3. What speaks against an alert is told with it, and takes nothing back: a good score on the same contact, kind
        words beside a bad score.
Rule 4. Severity is a ladder: low, medium, high, critical. Said outright begins at medium, inferred at low; every
        reason is one step up, a good score on the same contact one step down.
Rule 5. An alert of a cause that was paged already, in the cool-down, is recorded and pages nobody (`pipeline.before`).
        Whether it is stale is for the reader's clock to say: `deliver_before`.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property

from pipeline.before import Before, World
from pipeline.contacts import Contact
from pipeline.findings import Finding, Record, anchor_of, compared, evidence, whereabouts
from pipeline.policy import DetractorPolicy, Policy
from pipeline.records import mood_record, score_record
from pipeline.scores import NAMES, explicit_id, inferred_id, is_detractor, is_good, limit, said, sounds_detractor
from pipeline.stitch import place
from pipeline.touchpoint import Entry, Mood, Score
from pipeline.words import number

MOST_REVISIONS = 50
"""Revisions that an alert names: an answer edited a thousand times must still fit into one record."""

MOST_CONTRARY = 10
"""Touchpoints that an alert names as speaking against it."""

LADDER = ("low", "medium", "high", "critical")

HALF = -0.5
"""The worst sentence at which `confidence_at_half` is told; the other end of the line is -1."""


def alerts(times: Sequence[datetime], contacts: Iterable[Contact], before: Before, policy: Policy) -> Iterator[Finding]:
    """Yield the alerts that stand on these contacts, given a customer's touchpoints' `times` and past, in order."""
    for contact in contacts:
        case = _Case(contact, before, policy)
        version = bisect_right(times, contact.newest_at)
        first: Entry | None = None
        for entry in contact.current:
            limits = case.limits(entry.channel)
            if entry.score is not None and is_detractor(entry.score, limits):
                alert_id, body = explicit_id(entry), case.explicit(entry, entry.score)
            elif first is None and entry.mood is not None and sounds_detractor(entry, limits):
                first = entry
                alert_id = inferred_id(entry.customer_id, contact.contact_id)
                body = case.inferred(entry, entry.mood)
            else:
                continue
            body |= case.urgency(alert_id, entry)
            yield Finding("detractor-alert", alert_id, version, anchor_of(entry), entry.occurred_at, body)


def confidence(mood: Mood, policy: DetractorPolicy) -> float:
    """Return how sure it is that people would call these words clearly negative: a share, from 0 to 1.

    A straight line through the policy's two measured points, by the worst sentence.
    """
    low, high = policy.confidence_at_half, policy.confidence_at_one
    share = low + (high - low) * (HALF - mood.worst) / (1 + HALF)
    return round(min(1.0, max(0.0, share)), 2)


class _Case:
    """What the alerts of one contact have in common, each worked out once."""

    def __init__(self, contact: Contact, before: Before, policy: Policy) -> None:
        self.contact, self.before, self.policy = contact, before, policy
        self.segment = before.segment(contact.newest_at)
        self._limits: dict[str, DetractorPolicy] = {}
        self._good: dict[str, list[Entry]] = {}

    def limits(self, channel: str) -> DetractorPolicy:
        """Return the limits that count for a touchpoint of this channel."""
        if channel not in self._limits:
            self._limits[channel] = self.policy.detractor.limits(channel, self.segment)
        return self._limits[channel]

    def good(self, channel: str) -> list[Entry]:
        """Return the touchpoints with a good score by this channel's limits, the newest, in order."""
        if channel not in self._good:
            scored = [(e, e.score) for e in self.contact.current if e.score is not None]
            good = [entry for entry, score in scored if is_good(score, self.limits(channel))]
            self._good[channel] = good[-MOST_CONTRARY:]
        return self._good[channel]

    @cached_property
    def world(self) -> World:
        """The customer's alerts as they were known at the contact's newest touchpoint."""
        return self.before.world(self.contact)

    @cached_property
    def told(self) -> Mapping[str, Sequence[Entry]]:
        """The revisions of each item."""
        found: dict[str, list[Entry]] = {}
        for entry in self.contact.entries:
            if entry.item is not None:
                found.setdefault(entry.item, []).append(entry)
        return found

    def explicit(self, entry: Entry, score: Score) -> Record:
        limits, good, mood = self.limits(entry.channel), self.good(entry.channel), entry.mood
        at_most = limit(score, limits)
        kind = mood is not None and mood.sentences > 0 and mood.mean >= -limits.mean_at_most
        mixed = f" Mixed: the words with it are kind, mean {mood.mean:.2f} of -1 to 1." if mood and kind else ""
        mixed += _told(good, entry)
        scale = f"{number(score.scale_min)} to {number(score.scale_max)}"
        return whereabouts(entry, self.contact, self.policy) | {
            "words": entry.excerpt,
            "why": f"{said(score)}; a detractor's is {number(round(at_most, 4))} or lower.{mixed}",
            "basis": "explicit",
            "score": score_record(score),
            "mood": None,
            "confidence": None,
            "mixed": bool(mixed),
            "contrary": [evidence(e) for e in sorted([*([entry] if kind else []), *good], key=place)],
            "evidence": self._revisions(entry),
            "compared": [compared(f"{NAMES[score.metric]}, points of {scale}", score.value, "<=", round(at_most, 6))],
        }

    def inferred(self, entry: Entry, mood: Mood) -> Record:
        limits, good = self.limits(entry.channel), self.good(entry.channel)
        words = f"worst sentence {mood.worst:.2f}, mean {mood.mean:.2f} of -1 to 1"
        return whereabouts(entry, self.contact, self.policy) | {
            "words": entry.excerpt,
            "why": f"Inferred from the words alone: {words}.{_told(good, entry)}",
            "basis": "inferred",
            "score": None,
            "mood": mood_record(mood),
            "confidence": confidence(mood, limits),
            "mixed": bool(good),
            "contrary": [evidence(e) for e in good],
            "evidence": [evidence(entry)],
            "compared": [
                compared("mood of the worst sentence, -1 to 1", mood.worst, "<=", limits.worst_at_most),
                compared("mean mood of the sentences, -1 to 1", mood.mean, "<=", limits.mean_at_most),
            ],
        }

    def urgency(self, alert_id: str, entry: Entry) -> Record:
        """Return an alert's segment, its severity with its reasons, and whether it pages (Rules 4 and 5)."""
        rules, before, world = self.policy.severity, self.before, self.world
        reasons = []
        if before.has(rules.high_value_accounts, rules.high_value_tags, self.contact.newest_at):
            reasons.append("high_value")
        if not world.stood_before(entry) and entry.occurred_at - before.known_since >= rules.loyal_after:
            reasons.append("first_of_loyal")
        if world.stood_before(entry, rules.often_within) + 1 >= rules.often:
            reasons.append("often")
        eased = bool(self.good(entry.channel))
        step = (entry.score is not None) + len(reasons) - eased
        by = world.cooled.get(alert_id)
        return {
            "segment": self.segment,
            "severity": LADDER[min(max(step, 0), len(LADDER) - 1)],
            "severity_reasons": [*reasons, *(["good_score"] if eased else [])],
            "delivery": "page" if by is None else "recorded",
            "delivery_reason": None if by is None else "cool_down",
            "paged_by": by,
        }

    def _revisions(self, entry: Entry) -> list[Record]:
        """Return the answer and the ones that it replaced as evidence: the first, and the newest up to a bound."""
        told = [entry] if entry.item is None else self.told[entry.item]
        return [evidence(e) for e in [*told[:1], *told[1:][-(MOST_REVISIONS - 1) :]]]


def _told(good: Sequence[Entry], entry: Entry) -> str:
    """Return, in a sentence, the newest good score on the contact; nothing where there is none."""
    if not good or good[-1].score is None:
        return ""
    when = "later" if place(good[-1]) > place(entry) else "before"
    return f" Mixed: on the same contact the customer gave {said(good[-1].score)} {when}."
