"""`tellonce erase` with a worker that runs: all of a person goes, nothing of others, and the report is what is true."""

import asyncio
import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from commands.children import Crew
from commands.main import tellonce
from commands.people import latest
from commands.streams import read_to_the_end
from pipeline.kin import customer_named_by
from pipeline.touchpoint import Identifier
from tests.whole.harness import Raw, Stage, stage

SAID = ("--by", "operator-7", "--why", "she asked for it", "--patience", "90", "--json")
ANNA, BEN = Identifier("crm_id", "C-1001"), Identifier("crm_id", "C-2002")
FINDINGS = ("detractor-alerts", "repeat-contacts", "journey-signals")
HOME, BENS = customer_named_by(ANNA), customer_named_by(BEN)
START = datetime.now(UTC).replace(microsecond=0) - timedelta(days=20)


def run(*arguments: str) -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(tellonce, arguments)


def event(number: int, days: int, **customer: str) -> Raw:
    """Return a review with one star, by a customer known by these identifiers."""
    review = {
        "event_id": f"E-{number}",
        "occurred_at": (START + timedelta(days=days)).isoformat(),
        "site": "trustpilot",
        "review_id": f"R-{number}",
        "author": f"author{number}",
        "stars": 1.0,
        "body": "You charged me twice.",
        "customer": customer,
    }
    return Raw("review", json.dumps(review).encode(), f"E-{number}".encode())


def chat(number: int, days: int, **customer: str) -> Raw:
    """Return a chat message of a customer known by these identifiers."""
    message = {
        "event_id": f"E-{number}",
        "session_id": f"S-{number}",
        "occurred_at": (START + timedelta(days=days)).isoformat(),
        "kind": "message",
        "sender": "customer",
        "text": "Where is my parcel?",
        "customer": customer,
    }
    return Raw("chat", json.dumps(message).encode(), f"E-{number}".encode())


EVENTS = (
    chat(1, 0, email="anna@example.com"),
    chat(2, 1, customer_id="C-1001", email="anna@example.com"),
    chat(3, 2, customer_id="C-1001", phone="+12125550101"),
    chat(4, 3, customer_id="C-2002", phone="+12125550101"),
    event(5, 4, customer_id="C-2002"),
    event(6, 5, email="anna@example.com"),
)
"""Anna, who wrote before her CRM id was known; and Ben, who shares a phone with her."""


@pytest.fixture
def at(kafka: str, prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """Return a stage whose settings are the command's."""
    staged = asyncio.run(stage(kafka, prefix, tmp_path))
    for name, value in staged.environment.items():
        monkeypatch.setenv(name, value)
    return staged


def live(at: Stage, name: str) -> dict[bytes, bytes]:
    """Return the last value of each key of a topic."""
    return latest(asyncio.run(read_to_the_end(at.bootstrap, at.named([name])))[at.prefix + name])


def told(*arguments: str) -> dict[str, Any]:
    """Return the JSON object that a command printed."""
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def standing(at: Stage) -> dict[str, int]:
    """Return the version of each finding that stands on Anna, by its id: a reader keeps the highest."""
    best: dict[str, dict[str, Any]] = {}
    for records in asyncio.run(at.read(FINDINGS)).values():
        for record in records:
            name = str(next(record[own] for own in ("alert_id", "flag_id", "signal_id") if own in record))
            if name not in best or record["version"] >= best[name]["version"]:
                best[name] = record
    return {
        name: record["version"]
        for name, record in best.items()
        if record["status"] != "retracted" and record["customer_id"] == HOME
    }


def settle(at: Stage, crew: Crew) -> None:
    """Return when Anna is one customer with four touchpoints, as the timelines topic has it."""
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        crew.check()
        for value in live(at, "timelines").values():
            timeline = at.book.decode("timeline", value)
            if timeline["customer_id"] == HOME and timeline["touchpoint_count"] == 4:
                return
        time.sleep(0.3)
    raise AssertionError(crew.last_words())


def test_a_person_goes_and_nobody_else(at: Stage) -> None:
    """Anna's alert is retracted without her name, no key of hers is live; Ben stays, and the phone is his now."""
    with at.worked(1) as crew:
        asyncio.run(at.feed(EVENTS))
        settle(at, crew)
        asyncio.run(at.until_worked_off(crew))
        bens = {key: value for key, value in live(at, "state.entries").items() if key.startswith(BENS.encode())}

        dry = told("erase", "anna@example.com", *SAID, "--dry-run")
        assert {each["id"] for each in dry["retracted"]} == set(standing(at))
        assert "detractor-alert" in {each["kind"] for each in dry["retracted"]}
        assert {each["topic"]: each["keys"] for each in dry["compacted"]}["state.entries"] >= 4
        assert dry["offset"] is None

        done = told("erase", "anna@example.com", *SAID)
        assert done["retracted"] == dry["retracted"]
        assert all(each["left"] == 0 for each in done["compacted"])
        crew.check()

        for name in ("timelines", "directory", "state.entries", "state.raised", "state.kin", "state.bonds"):
            left = live(at, name)
            assert all(b"anna" not in key and b"C-1001" not in key for key in left), name
            assert all(b"anna" not in value and b"C-1001" not in value for value in left.values()), name
        assert {k: v for k, v in live(at, "state.entries").items() if k.startswith(BENS.encode())} == bens

        assert standing(at) == {}
        for records in asyncio.run(at.read(FINDINGS)).values():
            assert all(
                "anna" not in repr(each) and each["words"] is None for each in records if each["reason"] == "erased"
            )

        gone = run("identity", "show", "anna@example.com")
        assert (gone.exit_code, gone.stderr) == (1, "Nobody is known by this email.\n")
        ben = told("identity", "show", "crm_id:C-2002", "--json", "--show-identifiers")
        assert [each["value"] for each in ben["identifiers"]] == ["C-2002", "+12125550101", "trustpilot:author5"]

        again = run("erase", "anna@example.com", *SAID)
        assert (again.exit_code, again.stderr) == (1, "Nobody is known by this email.\n")

        # She comes back: a new customer, who is heard.
        asyncio.run(at.feed([event(7, 6, email="anna@example.com")]))
        deadline = time.monotonic() + 60
        anew = customer_named_by(Identifier("email", "anna@example.com"))
        while anew.encode() not in live(at, "timelines"):
            crew.check()
            assert time.monotonic() < deadline, crew.last_words()
            time.sleep(0.3)
        timeline = at.book.decode("timeline", live(at, "timelines")[anew.encode()])
        assert (timeline["touchpoint_count"], timeline["status"]) == (1, "current")


def test_the_report_says_until_when_copies_can_remain(at: Stage) -> None:
    """Of each topic that deletes by age, counted from now; the state is not among them."""
    with at.worked(1) as crew:
        asyncio.run(at.feed(EVENTS))
        settle(at, crew)
    report = told("erase", "anna@example.com", *SAID, "--dry-run")
    remaining = {each["topic"]: each for each in report["remaining"]}
    assert set(remaining) == {
        *(f"raw.{source}" for source in ("chat", "phone", "email", "review", "survey", "other")),
        "touchpoints",
        "detractor-alerts",
        "repeat-contacts",
        "journey-signals",
        "dead-letters",
        "identity-claims",
        "identity-changes",
        "moves",
        "deadlines",
    }
    until = datetime.fromisoformat(remaining["raw.chat"]["copies_until"])
    assert abs(until - datetime.now(UTC) - timedelta(days=7)) < timedelta(minutes=5)
    assert remaining["raw.chat"]["oldest_record"] is not None
    assert (remaining["raw.survey"]["oldest_record"], remaining["raw.survey"]["copies_until"]) == (None, None)
    people = run("erase", "anna@example.com", *SAID[:-1], "--dry-run").stdout
    assert "state.entries: " in people
    assert "raw.chat: until " in people
