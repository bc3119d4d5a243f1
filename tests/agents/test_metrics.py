"""The list of metrics, the page of metrics, and what is counted are the same; and no label grows with the customers."""

import ast
import re
from pathlib import Path

import pytest

from agents.exact.exits import Exit
from agents.metrics import METRICS, PREFIX, Kind, Metric, Metrics
from pipeline.journey.signal import KINDS as SIGNALS
from pipeline.refusal import Reason, Stage
from pipeline.sources import SOURCES
from tests.conftest import ROOT

PAGE = ROOT / "docs" / "metrics.md"
ROW = re.compile(r"^\| `(\w+)` \| (\w+) \| ([^|]*) \| ([^|]*) \|$", re.MULTILINE)

BOUNDED = {
    "source": len(SOURCES) + 5,  # and the worker's own topics, where a record in one of them crashes it
    "stage": len(Stage),
    "reason": len(Reason),
    "basis": 2,
    "status": 3,
    "kind": len(SIGNALS),
    "answer": 2,
    "agent": 3,
    "outcome": 7,
    "fence": len(Exit) + 64 + 256,
}
"""How many values each label can have at most; a label that is not here has no business in a metric."""


def test_the_page_lists_exactly_the_metrics() -> None:
    """Name, kind, labels and meaning, in the list's own order; an orphan on either side fails."""
    listed = [(PREFIX + m.name, m.kind.value, ", ".join(m.labels) or "-", m.meaning) for m in METRICS]
    assert ROW.findall(PAGE.read_text("utf-8")) == listed


def test_every_metric_is_counted_somewhere() -> None:
    """A metric that nobody moves would say that nothing ever happens."""
    counted: set[str] = set()
    for path in (ROOT / "agents").rglob("*.py"):
        counted |= _asked_for(path)
    assert counted == {metric.name for metric in METRICS}


def _asked_for(path: Path) -> set[str]:
    """Return the names that code writes as text and that are metrics', the list's own file apart from its methods."""
    tree = ast.parse(path.read_text("utf-8"))
    declared = {id(call.args[0]) for call in ast.walk(tree) if _declares(call)}  # type: ignore[attr-defined]
    names = {metric.name for metric in METRICS}
    texts = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in declared]
    return {str(node.value) for node in texts} & names


def _declares(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Metric"


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_a_metric_is_named_as_prometheus_advises(metric: Metric) -> None:
    """Counters end in _total; what has a unit ends in it; the meaning is a sentence; labels are bounded."""
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", metric.name)
    assert metric.name.endswith("_total") is (metric.kind is Kind.COUNTER)
    assert metric.meaning.endswith(".")
    assert set(metric.labels) <= set(BOUNDED)
    assert bool(metric.buckets) is (metric.kind is Kind.HISTOGRAM)
    assert list(metric.buckets) == sorted(set(metric.buckets))


def test_every_metric_is_made_under_its_name() -> None:
    """A name that is not listed is an error at once, not a metric that nobody knows."""
    metrics = Metrics()
    families = {family.name for family in metrics.registry.collect()}
    assert families == {PREFIX + metric.name.removesuffix("_total") for metric in METRICS}
    with pytest.raises(KeyError):
        metrics["surprise_total"]


def test_names_are_listed_once() -> None:
    """The second would never be seen."""
    assert len({metric.name for metric in METRICS}) == len(METRICS)


def test_a_chunk_is_observed_by_agent() -> None:
    """Its records and its seconds."""
    metrics = Metrics()
    metrics.took("intake", 7, 0.25)
    value = metrics.registry.get_sample_value
    assert value("tellonce_chunk_records_sum", {"agent": "intake"}) == 7
    assert value("tellonce_chunk_seconds_sum", {"agent": "intake"}) == 0.25


def test_two_workers_in_one_process_do_not_share() -> None:
    """Each has a registry of its own; tests and `try` make several."""
    one, other = Metrics(), Metrics()
    one["hot_customers"].set(3)
    assert other.registry.get_sample_value("tellonce_hot_customers") == 0
