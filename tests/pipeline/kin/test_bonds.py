"""When a pair is news."""

from datetime import UTC, datetime, timedelta

import pytest

from pipeline.ids import derived
from pipeline.kin import KinRules, Limit, pair_digest
from tests.pipeline.kin.worlds import email, phone

BOTH = (email(1), phone(1))
START = datetime(1970, 1, 1, tzinfo=UTC) + 3000 * timedelta(days=7)
WEEKLY = KinRules(limits={"phone": Limit(shared_by=1, held=1, within=timedelta(days=7))})


@pytest.mark.parametrize(("seconds", "is_news"), [(-1, True), (0, False), (7 * 86_400 - 1, False), (7 * 86_400, True)])
def test_a_pair_is_news_once_a_window(seconds: int, is_news: bool) -> None:  # noqa: FBT001 -- the expected answer
    """A window's start is inside it, and its end is the next one's."""
    again = pair_digest(BOTH, START + timedelta(seconds=seconds), WEEKLY)
    assert (again != pair_digest(BOTH, START, WEEKLY)) == is_news


def test_without_a_window_a_pair_is_news_once() -> None:
    """Its digest is of the two alone."""
    digest = derived("pair", "email", BOTH[0].value, "phone", BOTH[1].value)
    assert pair_digest(BOTH, START, KinRules()) == pair_digest(BOTH, START + timedelta(days=999), KinRules()) == digest
