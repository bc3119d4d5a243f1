"""`tellonce try`: somebody's files through the real pipeline, and the same outcome each time."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from commands.main import tellonce
from commands.streams import existing_topics
from commands.try_help import EXAMPLES, source_text
from exports import SOURCES
from pipeline.flow import admit
from pipeline.record import RawRecord
from pipeline.touchpoint import Origin, Touchpoint
from tests.builders import RECEIVED
from tests.simulation.intake import the_intake

FILES = (
    "dead-letters.jsonl",
    "detractor-alerts.jsonl",
    "journey-signals.jsonl",
    "repeat-contacts.jsonl",
    "summary.json",
    "timelines.jsonl",
    "touchpoints.jsonl",
)


def run(*arguments: str) -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(tellonce, ["try", *arguments])


def read(folder: Path, name: str) -> list[dict[str, object]]:
    """Return the records of a file."""
    return [json.loads(line) for line in (folder / f"{name}.jsonl").read_text("utf-8").splitlines()]


@pytest.fixture
def town(tmp_path: Path) -> tuple[Path, dict[str, object]]:
    """Return a file of invented customers, with some junk at its end, and the known answer without the junk."""
    path, answer = tmp_path / "town.jsonl", tmp_path / "answer.json"
    arguments = ["simulate", "--customers", "40", "--seed", "3", "--start", "2026-03-01T00:00:00Z"]
    result = CliRunner().invoke(tellonce, [*arguments, "--out", str(path), "--answers", str(answer)])
    assert result.exit_code == 0, result.output
    with path.open("ab") as file:
        file.write(b"\n\x00\x01\x02\n\xff\xfe\n{}\n" + b"z" * (9 << 20) + b"\n" + b'{"source": "phone", \n')
    return path, json.loads(answer.read_text("utf-8"))


def test_a_newcomers_file_gives_the_known_answer_twice_over(
    kafka: str, town: tuple[Path, dict[str, object]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Received = admitted + rejected; customers, alerts and flags as the plots say; two workers, the same bytes."""
    monkeypatch.setenv("TELLONCE_BROKER", kafka)
    path, known = town
    before = asyncio.run(existing_topics(kafka)).keys()
    one, two = tmp_path / "one", tmp_path / "two"

    first = run(str(path), "--out", str(one), "--json")
    assert first.exit_code == 0, first.output
    second = run(str(path), "--out", str(two), "--workers", "2")
    assert second.exit_code == 0, second.output

    assert tuple(sorted(each.name for each in one.iterdir())) == FILES
    for name in FILES:
        assert (one / name).read_bytes() == (two / name).read_bytes(), name

    summary = json.loads(first.stdout)
    assert summary == json.loads((one / "summary.json").read_text("utf-8"))
    reasons = {"malformed_avro": 1, "unknown_format": 1, "missing_field": 1, "too_large": 1, "malformed_json": 1}
    assert summary["rejected_by_reason"] == reasons
    line = _number(known, "received") + len(("blank", "avro", "latin", "empty", "this"))
    assert summary["too_large"] == [{"file": "town.jsonl", "line": line, "bytes": 9 << 20}]
    for name in ("received", "rejected"):
        assert summary[name] == _number(known, name) + 5
    for name in ("admitted", "duplicates", "customers"):
        assert summary[name] == known[name]
    assert summary["merged"] > 0
    assert _customers(one) == _table(known["identity"])["customer_of"]
    assert _told_in_timelines(one) == {
        (touch["customer_id"], touch["event_id"]) for touch in read(one, "touchpoints") if "epoch" not in touch
    }
    assert _alerts(one, "explicit") == _facts(known, "detractor_alerts", "explicit", "event_id")
    assert _alerts(one, "inferred") >= _facts(known, "detractor_alerts", "inferred_at_least", "event_id")
    assert _flags(one, "any_topic") == _facts(known, "repeat_contacts", "any_topic", "first_event_id")
    assert _flags(one, "same_topic") == _facts(known, "repeat_contacts", "same_topic", "first_event_id")
    assert asyncio.run(existing_topics(kafka)).keys() - {"__consumer_offsets"} == before - {"__consumer_offsets"}
    assert "detractors" in second.stdout
    assert "one JSON object; character" in second.stdout  # what was expected of the broken line
    assert "example.com" not in second.stdout.replace("\u2022@example.com", "")


def _number(known: dict[str, object], name: str) -> int:
    found = known[name]
    assert isinstance(found, int)
    return found


def _table(found: object) -> dict[str, object]:
    assert isinstance(found, dict)
    return found


def _customers(folder: Path) -> dict[object, object]:
    """Return what names the customer of each event."""
    return {touch["event_id"]: touch["named_by"] for touch in read(folder, "touchpoints")}


def _told_in_timelines(folder: Path) -> set[tuple[object, object]]:
    """Return every event with the customer in whose timeline it is."""
    told: set[tuple[object, object]] = set()
    for line in read(folder, "timelines"):
        touches = line["touchpoints"]
        assert isinstance(touches, list)
        told |= {(line["customer_id"], each["event_id"]) for each in touches}
    return told


def _facts(known: dict[str, object], group: str, name: str, field: str) -> set[object]:
    table = known[group]
    assert isinstance(table, dict)
    return {fact[field] for fact in table[name]}


def _alerts(folder: Path, basis: str) -> set[object]:
    alerts = [alert for alert in read(folder, "detractor-alerts") if alert["basis"] == basis]
    return {_last_event(alert) for alert in alerts}


def _flags(folder: Path, answer: str) -> set[object]:
    return {_last_event(flag) for flag in read(folder, "repeat-contacts") if flag[answer]}


def _last_event(finding: dict[str, object]) -> object:
    evidence = finding["evidence"]
    assert isinstance(evidence, list)
    return evidence[-1]["event_id"]


def test_the_whole_story_of_a_person_who_is_known_by_and_by(
    kafka: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A call from a number, a survey to an address, at last a chat that has both and the company's own id: one."""
    monkeypatch.setenv("TELLONCE_BROKER", kafka)
    at = "2026-03-0{}T10:00:00Z".format
    number, address = {"phone": "+44 20 7946 0033"}, {"email": "mia@example.com"}
    told: list[dict[str, object]] = [
        {"source": "phone", "event_id": "call", "call_id": "c", "outcome": "abandoned", "customer": number},
        {
            "source": "survey",
            "event_id": "answer",
            "response_id": "r",
            "metric": "nps",
            "score": 2,
            "customer": address,
        },
        {"source": "chat", "event_id": "chat", "session_id": "s", "sender": "customer", "text": "It is Mia again."},
    ]
    told[2]["customer"] = {"customer_id": "C-1", **address, **number}
    for day, event in enumerate(told, 1):
        event["occurred_at"] = at(day)
    for name, events in (("one", told), ("two", told[::-1])):
        path = tmp_path / "story.jsonl"
        path.write_text("".join(f"{json.dumps(event)}\n" for event in events), "utf-8")
        result = run(str(path), "--out", str(tmp_path / name), "--json")
        assert result.exit_code == 0, result.output
        summary = json.loads(result.stdout)
        assert (summary["customers"], summary["merged"], summary["touchpoints"]) == (1, 2, 3)
        (line,) = read(tmp_path / name, "timelines")
        assert (line["named_by"], line["status"]) == ({"type": "crm_id", "value": "C-1"}, "current")
        assert (line["version"], line["touchpoint_count"], line["repeat_count"]) == (3, 3, 1)
        (alert,) = read(tmp_path / name, "detractor-alerts")
        assert (alert["named_by"], alert["version"]) == (line["named_by"], 2)
    for name in FILES:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes(), name


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGINT, 1), (signal.SIGTERM, 128 + signal.SIGTERM), (signal.SIGHUP, 128 + signal.SIGHUP)],
)
def test_ending_it_leaves_nothing_behind(
    kafka: str, town: tuple[Path, dict[str, object]], tmp_path: Path, number: signal.Signals, code: int
) -> None:
    """Ctrl-C, a polite end, a closed terminal: no topics, no worker, no half of an outcome."""
    folder, own = tmp_path / "out", tmp_path / "own.jsonl"
    # Contents of its own make a prefix of its own: what another run leaves is not taken for this one's.
    own.write_bytes(town[0].read_bytes() + b"%d\n" % number)
    others = set(asyncio.run(existing_topics(kafka)))
    environment = os.environ | {"TELLONCE_BROKER": kafka, "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "commands", "try", str(own), "--out", str(folder)]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        while not any(name.startswith("try-") for name in set(asyncio.run(existing_topics(kafka))) - others):
            assert process.poll() is None
        process.send_signal(number)
        process.communicate()
    assert process.returncode == code
    assert not list(folder.iterdir())
    assert not [name for name in set(asyncio.run(existing_topics(kafka))) - others if name.startswith("try-")]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["a.csv"], "--columns"),
        (["a.mbox"], "--own-domain"),
        (["a.docx"], "--format"),
        (["a.csv", "--columns", "a.mbox"], "no TOML"),
    ],
)
def test_what_cannot_be_used_is_said_before_anything_starts(arguments: list[str], said: str, tmp_path: Path) -> None:
    """Exit code 2, with the option that helps."""
    for name in ("a.csv", "a.mbox", "a.docx"):
        (tmp_path / name).write_text("From here = it is", "utf-8")
    given = [str(tmp_path / each) if "." in each and not each.startswith("-") else each for each in arguments]
    result = run(*given, "--out", str(tmp_path / "out"))
    assert result.exit_code == 2, result.output
    assert said in result.stderr


def test_a_folder_with_something_in_it_is_refused(tmp_path: Path) -> None:
    """Nobody's results are lost; --force is named."""
    (tmp_path / "a.jsonl").write_text("{}\n", "utf-8")
    result = run(str(tmp_path / "a.jsonl"), "--out", str(tmp_path))
    assert result.exit_code == 2
    assert "--force" in result.stderr


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """By its name."""
    result = run(str(tmp_path / "a.jsonl"), "--out", str(tmp_path / "out"))
    assert result.exit_code == 2
    assert "a.jsonl" in result.stderr


@pytest.mark.parametrize("source", SOURCES)
def test_the_helps_examples_are_admitted(source: str) -> None:
    """Each example, sent as it stands, becomes a touchpoint."""
    origin = Origin(f"voc.raw.{source}", 0, 0)
    received = RECEIVED.replace(month=4)
    result = admit(RawRecord(source, origin, received, None, EXAMPLES[source].encode()), the_intake())
    assert isinstance(result, Touchpoint), result


def test_the_help_alone_is_enough() -> None:
    """Every source with its example in one line, every required field, every option."""
    result = run("--help")
    assert result.exit_code == 0
    for source in SOURCES:
        assert f"    {EXAMPLES[source]}\n" in result.output
        assert run("--fields", source).output == source_text(source, 100, with_customer=True)
    assert "customer.email (text)" in result.output
    assert "call_id (text, required)" in result.output
    assert 'source = "review"' in run("--columns-example").output
