"""What is wrong can be read off its line, and nothing of anybody's is in it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from chaos.apart import MOST, apart

BEGAN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TOLD = [
    {"event_id": "E-1", "source": "chat", "occurred_at": BEGAN, "actor": "customer"},
    {"event_id": "E-2", "source": "chat", "occurred_at": BEGAN, "actor": "agent"},
]
CONTACT = {"contact_id": "contact-a", "began_at": BEGAN, "topics": ["billing"], "effort": 3.5, "outcome": None}
TIMELINE: dict[str, Any] = {
    "customer_id": "customer-a",
    "version": 2,
    "reason": "new_touchpoint",
    "named_by": {"type": "email", "value": "ann@example.com"},
    "account_id": "ACME-7",
    "why": "She wrote twice.",
    "touchpoint_count": 2,
    "contacts": [CONTACT],
    "touchpoints": TOLD,
}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        pytest.param({}, "", id="nothing"),
        pytest.param({"reason": "late_touchpoint"}, "", id="what may differ"),
        pytest.param({"touchpoint_count": 1}, "touchpoint_count 1, wanted 2", id="a count"),
        pytest.param({"touchpoints": TOLD[:1]}, "touchpoints[chat/E-2] is missing", id="an event is missing"),
        pytest.param(
            {"touchpoints": [*TOLD, {**TOLD[0], "event_id": "E-3"}]},
            "touchpoints[chat/E-3] should not be",
            id="an event too many",
        ),
        pytest.param(
            {"touchpoints": TOLD[::-1]}, "touchpoints: the same, in another order or number", id="another order"
        ),
        pytest.param(
            {"contacts": [{**CONTACT, "began_at": BEGAN.replace(hour=8)}]},
            "contacts[contact-a].began_at 2026-03-02T08:00:00+00:00, wanted 2026-03-02T09:00:00+00:00",
            id="a time",
        ),
        pytest.param(
            {"contacts": [{**CONTACT, "topics": [], "outcome": "answered"}]},
            "contacts[contact-a].outcome answered, wanted nothing; contacts[contact-a].topics [], wanted ['billing']",
            id="enumerations",
        ),
        pytest.param(
            {"named_by": {"type": "phone", "value": "+442079460000"}},
            "named_by.type phone, wanted email; named_by.value differs",
            id="an identifier is not told",
        ),
        pytest.param({"why": "He rang.", "account_id": None}, "account_id differs; why differs", id="nor is text"),
    ],
)
def test_what_differs_is_told(changed: dict[str, Any], said: str) -> None:
    """Both values where they are harmless, the name alone where they are not."""
    told = apart(TIMELINE, {**TIMELINE, **changed, "version": 1}, frozenset({"version", "reason"}))
    assert told.removeprefix("version 1, wanted 2").removeprefix("; ") == said


@pytest.mark.parametrize(("count", "more"), [(MOST - 1, ""), (MOST, ""), (MOST + 1, "; and 1 more")])
def test_the_first_differences_are_told_and_the_rest_is_counted(count: int, more: str) -> None:
    """A record that is altogether wrong takes a line, not a page."""
    told = apart({f"count_{n:02}": 1 for n in range(count)}, {f"count_{n:02}": 2 for n in range(count)})
    assert told.endswith(f"count_{min(count, MOST) - 1:02} 2, wanted 1{more}")
