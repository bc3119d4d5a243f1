"""Hostile messages, many of them: each is a touchpoint or a refusal, and nothing raises on the way to the wire.

`make fuzz` asks for 20,000 a source; FUZZ_MESSAGES and FUZZ_SEED say otherwise.
"""

import os
from collections import Counter
from datetime import timedelta

import pytest

from pipeline.dead_letters import dead_letter
from pipeline.flow import admit, picture
from pipeline.record import RawRecord
from pipeline.records import entry_of, touchpoint_record
from pipeline.refusal import Rejected
from pipeline.sources import SOURCES
from pipeline.touchpoint import Origin, Touchpoint
from tests.builders import RECEIVED
from tests.pipeline.fuzzing import messages
from tests.simulation.intake import the_intake

MESSAGES = int(os.environ.get("FUZZ_MESSAGES", "2000"))
SEED = int(os.environ.get("FUZZ_SEED", "1"))
TELL = 5000
LATER = RECEIVED + timedelta(days=100)
"""After every example, so that none is refused only because it has not happened yet."""


@pytest.mark.parametrize("source", sorted(SOURCES))
def test_whatever_comes_is_a_touchpoint_or_a_dead_letter(source: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each ends as one of the two, which can be written and, where it is a touchpoint, put into a timeline."""
    ends: Counter[str] = Counter()
    for number, value in enumerate(messages(source, MESSAGES, SEED)):
        try:
            ends[_end(source, number, value)] += 1
        except Exception as error:  # the message that did it is what one needs to know
            raise AssertionError(f"{source} {SEED}/{number}: {value[:400]!r} ({len(value)} bytes)") from error
    assert ends.total() == MESSAGES
    assert ends["touchpoint"] > MESSAGES // 50, "hardly any went deep"
    assert len(ends) > 8, "hardly any reason was met"
    if MESSAGES > TELL:
        with capsys.disabled():
            common = ", ".join(f"{reason} {count}" for reason, count in ends.most_common())
            print(f"\n{source}: {ends.total()} messages: {common}")  # noqa: T201 -- `make fuzz` says what it met


def _end(source: str, number: int, value: bytes) -> str:
    record = RawRecord(source, Origin(f"voc.raw.{source}", 0, number), LATER, None, value)
    book, end = the_intake().book, admit(record, the_intake())
    if isinstance(end, Touchpoint):
        assert book.encode("touchpoint", touchpoint_record(end))
        picture([entry_of(end)], the_intake().policy)
        return "touchpoint"
    assert isinstance(end, Rejected)
    assert book.encode("dead-letter", dead_letter(end, record, "tellonce/test"))
    return end.reason.value
