"""A hotspot in the wire's shape: hotspot.v1.avsc."""

from dataclasses import asdict
from typing import Any

from pipeline.findings import policy_record
from pipeline.hotspots.trend import Hotspot
from pipeline.policy import Policy

COUNTED = (
    "volume", "customers", "touchpoints", "sentiment", "moods", "effort", "efforts", "repeats", "same_topic_repeats",
    "repeat_customers", "detractors", "detractor_customers", "good", "bad", "said_good", "said_bad", "good_to_bad",
)  # fmt: skip
"""What a record tells of the evidence, under the same names."""


def hotspot_record(spot: Hotspot, policy: Policy) -> dict[str, Any]:
    """Return the record of a hotspot, judged by this policy."""
    cell = spot.cell
    return {
        "week": cell.week.isoformat(),
        "topic": cell.topic,
        "channel": cell.channel,
        "queue": cell.queue,
        "whole": spot.whole,
        **{name: getattr(spot.evidence, name) for name in COUNTED},
        "trends": [asdict(trend) for trend in spot.trends],
        "policy": policy_record(policy),
    }
