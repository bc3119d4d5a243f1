"""The one list of metrics. `/metrics` serves it, docs/metrics.md prints it, a test holds the two together.

Rule 1. Labels have few values, known beforehand; never a customer, an id or a text.
Rule 2. Counters count what is done (acknowledged by the broker), not what was tried.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class Kind(StrEnum):
    """What sort of metric it is."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric's name (without prefix), kind, meaning, labels and, for a histogram, the buckets in its unit."""

    name: str
    kind: Kind
    meaning: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()


SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)

METRICS = (
    Metric("received_total", Kind.COUNTER, "Raw events taken from Kafka.", ("source",)),
    Metric("admitted_total", Kind.COUNTER, "Raw events that became touchpoints.", ("source",)),
    Metric("rejected_total", Kind.COUNTER, "Raw events that became dead letters.", ("source", "stage", "reason")),
    Metric(
        "dead_letter_alarm",
        Kind.GAUGE,
        "1 while more of a source's last events than allowed became dead letters, and the source is slowed.",
        ("source",),
    ),
    Metric(
        "condemned_total",
        Kind.COUNTER,
        "Records that became dead letters because the worker crashed on them again and again.",
        ("source",),
    ),
    Metric("touchpoints_stitched_total", Kind.COUNTER, "Touchpoints put into timelines, repeats included."),
    Metric("alerts_total", Kind.COUNTER, "Detractor alerts published.", ("basis", "status")),
    Metric("flags_total", Kind.COUNTER, "Repeat-contact flags published.", ("answer", "status")),
    Metric("signals_total", Kind.COUNTER, "Journey signals published.", ("kind", "status")),
    Metric("deadlines_total", Kind.COUNTER, "Promises whose time was over while nobody spoke, by this worker's clock."),
    Metric(
        "end_to_end_seconds",
        Kind.HISTOGRAM,
        "From the raw event's arrival at the broker to its timeline, alerts and flags acknowledged.",
        (),
        SECONDS,
    ),
    Metric(
        "chunk_seconds",
        Kind.HISTOGRAM,
        "Time one chunk of records takes, acknowledgements included.",
        ("agent",),
        SECONDS,
    ),
    Metric("chunk_records", Kind.HISTOGRAM, "Records in a chunk.", ("agent",), (1, 2, 5, 10, 20, 50, 100, 200, 500)),
    Metric("hot_customers", Kind.GAUGE, "Customers whose timeline is held in memory."),
    Metric("hot_customer_hits_total", Kind.COUNTER, "Timelines found in memory.", ()),
    Metric("hot_customer_misses_total", Kind.COUNTER, "Timelines read from the store.", ()),
    Metric("claims_total", Kind.COUNTER, "Raw events that brought something new about who is who.", ("source",)),
    Metric(
        "resolutions_total",
        Kind.COUNTER,
        "What claims and operators' words came to, once for each outcome of each.",
        ("outcome",),
    ),
    Metric(
        "moves_total", Kind.COUNTER, "Touchpoints sent on to the customer whose they turned out to be.", ("reason",)
    ),
    Metric("reviewed_total", Kind.COUNTER, "Identifiers gone through after a change of the rules for identifiers."),
    Metric("directory_identifiers", Kind.GAUGE, "Identifiers whose customer this worker knows from the directory."),
    Metric("directory_pairs", Kind.GAUGE, "Pairs of identifiers that this worker need not claim any more."),
    Metric("seeks_back_total", Kind.COUNTER, "Times the consumer skipped records and was sent back for them."),
    Metric(
        "restarts_total",
        Kind.COUNTER,
        "Times the supervisor started the worker again, by the fence that ended it.",
        ("fence",),
    ),
)

PREFIX = "tellonce_"


class Metrics:
    """The list, made countable. `metrics["alerts_total"].labels(...).inc()`."""

    def __init__(self) -> None:
        """Make every metric in a registry of its own."""
        self.registry = CollectorRegistry()
        self._made: dict[str, Any] = {metric.name: self._make(metric) for metric in METRICS}

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401 -- a counter, a gauge or a histogram
        """Return a metric of the list by its name; KeyError where the list has none."""
        return self._made[name]

    def took(self, agent: str, records: int, seconds: float) -> None:
        """Count one chunk that an agent is done with."""
        self["chunk_seconds"].labels(agent).observe(seconds)
        self["chunk_records"].labels(agent).observe(records)

    def _make(self, metric: Metric) -> Any:  # noqa: ANN401 -- likewise
        name = PREFIX + metric.name
        if metric.kind is Kind.HISTOGRAM:
            return Histogram(name, metric.meaning, metric.labels, registry=self.registry, buckets=metric.buckets)
        kind = Counter if metric.kind is Kind.COUNTER else Gauge
        return kind(name, metric.meaning, metric.labels, registry=self.registry)
