"""An outcome in numbers: what `summary.json` holds and the picture shows. Pure.

Rule 1. Every number is counted in what stands in the topics, never in what was meant to be sent.
Rule 2. received = admitted + rejected; where that does not hold, something was lost, and that is an error.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from commands.settled import Outcome, Record, plain


class LostError(Exception):
    """Not everything that was received is a touchpoint or a dead letter."""


@dataclass(frozen=True, slots=True)
class Summary:
    """The numbers of an outcome, as a JSON document."""

    document: Mapping[str, object]

    def number(self, *path: str) -> int:
        """Return one of its numbers, by its path."""
        found: object = self.document
        for name in path:
            found = found[name] if isinstance(found, Mapping) else None
        assert isinstance(found, int)  # noqa: S101 -- the paths are ours
        return found

    def numbers(self, name: str) -> dict[str, int]:
        """Return one of its tables."""
        table = self.document[name]
        assert isinstance(table, Mapping)  # noqa: S101 -- as above
        return {str(key): int(value) for key, value in table.items()}


def summarise(outcome: Outcome, received: int, **more: object) -> Summary:
    """Return the outcome's numbers, and what `more` is said. Raises `LostError` where they do not add up."""
    standing = outcome.standing
    touchpoints, letters = standing["touchpoints"], standing["dead-letters"]
    if received != outcome.admitted + len(letters):
        raise LostError(
            f"{received} events were received, {outcome.admitted} admitted and {len(letters)} rejected: "
            "something was lost on the way. Please report it, with the files if you can."
        )
    alerts, flags = standing["detractor-alerts"], standing["repeat-contacts"]
    signals = standing["journey-signals"]
    return Summary(
        {
            "received": received,
            "admitted": outcome.admitted,
            "rejected": len(letters),
            "rejected_by_reason": _counted(letter["reason"] for letter in letters),
            "duplicates": outcome.admitted - len(touchpoints),
            "touchpoints": len(touchpoints),
            "customers": outcome.customers_named,
            "merged": outcome.merged,
            "contacts": sum(_whole(timeline["contact_count"]) for timeline in standing["timelines"]),
            "alerts": {
                "total": len(alerts),
                "explicit": sum(alert["basis"] == "explicit" for alert in alerts),
                "inferred": sum(alert["basis"] == "inferred" for alert in alerts),
            },
            "flags": {
                "total": len(flags),
                "any_topic": sum(bool(flag["any_topic"]) for flag in flags),
                "same_topic": sum(bool(flag["same_topic"]) for flag in flags),
            },
            "signals": {"total": len(signals), **_counted(signal["kind"] for signal in signals)},
            "by_channel": _counted(each["channel"] for each in touchpoints),
            "alerts_by_channel": _counted(each["channel"] for each in alerts),
            "flags_by_channel": _counted(each["channel"] for each in flags),
            "topics": _counted(_topics(touchpoints)),
            "days": _counted(str(plain(each["occurred_at"]))[:10] for each in touchpoints),
            **more,
        }
    )


def _topics(records: Iterable[Record]) -> Iterable[object]:
    for record in records:
        topics = record["topics"]
        yield from topics if isinstance(topics, list) else ()


def _counted(values: Iterable[object]) -> dict[str, int]:
    return dict(sorted(Counter(str(value) for value in values).items()))


def _whole(value: object) -> int:
    assert isinstance(value, int)  # noqa: S101 -- the schema says so
    return value
