"""What the plots say should be found is what the pipeline finds: two accounts of the same invented people."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from commands.playing import wire
from pipeline.findings import Finding
from pipeline.flow import Intake, admit, picture
from pipeline.record import RawRecord
from pipeline.records import entry_of
from pipeline.refusal import Rejected
from pipeline.touchpoint import Entry, Origin, Touchpoint
from simulation import Answers, Simulated, simulate
from tests.simulation.intake import the_intake
from tests.simulation.sorted_by_kin import resolved

START = datetime(2026, 3, 1, tzinfo=UTC)
Where = tuple[str, str]


@dataclass
class Found:
    """What the pure pipeline found."""

    rejected: Counter[str] = field(default_factory=Counter)
    entries: dict[str, list[Entry]] = field(default_factory=lambda: defaultdict(list))
    findings: list[Finding] = field(default_factory=list)

    def alerts(self, basis: str) -> set[Where]:
        """Return the touchpoints that alerts of this basis stand on."""
        return {
            self._place(finding)
            for finding in self.findings
            if finding.kind == "detractor-alert" and finding.body["basis"] == basis
        }

    def flags(self, answer: str) -> set[Where]:
        """Return the first touchpoints of the contacts that repeat, by this answer."""
        return {
            self._place(finding)
            for finding in self.findings
            if finding.kind == "repeat-contact" and finding.body[answer]
        }

    @staticmethod
    def _place(finding: Finding) -> Where:
        source, _, event_id = finding.anchor.partition("/")
        return source, event_id


def run(events: Iterable[Simulated], intake: Intake) -> Found:
    """Put the events through the pure core, with the customers that all of them together make."""
    found, touchpoints = Found(), list[Touchpoint]()
    for offset, event in enumerate(events):
        record = RawRecord(
            source=event.source,
            origin=Origin(f"voc.raw.{event.source}", 0, offset),
            received_at=event.sent_at,
            key=event.key,
            value=wire(event),
        )
        result = admit(record, intake)
        if isinstance(result, Rejected):
            found.rejected[result.reason.value] += 1
        else:
            touchpoints.append(result)
    for touchpoint in resolved(touchpoints):
        found.entries[touchpoint.customer_id].append(entry_of(touchpoint))
    for entries in found.entries.values():
        found.findings += picture(entries, intake.policy).findings.values()
    return found


@pytest.mark.parametrize("one_identifier", [True, False])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_pipeline_finds_what_the_plots_say(seed: int, *, one_identifier: bool) -> None:
    """Rejections, customers, explicit detractors and repeats are equal; every angry word is heard."""
    events = list(simulate(seed, 250, START, one_identifier=one_identifier))
    answers = Answers()
    for event in events:
        answers.hear(event)
    known, found = answers.known(), run(events, the_intake())

    assert found.rejected == known.rejected_by_reason
    assert len(found.entries) == known.customers
    assert found.alerts("explicit") == {(alert.source, alert.event_id) for alert in known.explicit}
    assert found.alerts("inferred") >= {(alert.source, alert.event_id) for alert in known.inferred}
    assert found.flags("any_topic") == {(repeat.source, repeat.first_event_id) for repeat in known.any_topic}
    assert found.flags("same_topic") == {(repeat.source, repeat.first_event_id) for repeat in known.same_topic}


def test_the_happy_and_the_calm_are_not_taken_for_angry() -> None:
    """Whoever thanks and praises is nobody's detractor."""
    events = list(simulate(4, 250, START))
    praise = {event.event_id for event in events if _is_praise(event)}
    assert praise
    assert not {event_id for _, event_id in run(events, the_intake()).alerts("inferred")} & praise


def _is_praise(event: Simulated) -> bool:
    return event.source == "review" and isinstance(event.value, dict) and float(str(event.value["stars"])) >= 4
