"""`tellonce doctor`: its judgements at their edges, and its words about a Kafka that is well and one that is not."""

import asyncio
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from agents.topics import Difference, Kind
from commands import checks
from commands.checks import Finding, Level
from commands.main import tellonce
from commands.streams import delete_topics, writing
from tests.builders import RAW_EVENTS
from tests.whole.harness import Raw, Stage, stage

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def _doctor(code: int) -> dict[str, list[dict[str, Any]]]:
    result = _run("--json")
    assert result.exit_code == code, result.output
    found: dict[str, list[dict[str, Any]]] = {}
    for line in result.output.splitlines():
        one = json.loads(line)
        found.setdefault(one["check"], []).append(one)
    return found


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(tellonce, ["doctor", *arguments])


@pytest.fixture
def patient(kafka: str, prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """Returns an installation of its own, as the doctor is told of it."""
    at = asyncio.run(stage(kafka, prefix, tmp_path))
    for name, value in at.environment.items():
        monkeypatch.setenv(name, value)
    return at


def test_an_installation_that_is_well_has_nothing_to_do(patient: Stage) -> None:
    """A worker runs and has taken everything: each line is ok and asks for nothing, and the exit code is 0."""
    with patient.worked(1) as crew:
        value = json.dumps(RAW_EVENTS["chat"]()).encode()
        asyncio.run(patient.feed([Raw("chat", value)]))
        asyncio.run(patient.until_worked_off(crew))
        found = _doctor(0)
    todo = [one for each in found.values() for one in each if (one["level"], one["todo"]) != ("ok", "")]
    assert [one for one in todo if one["check"] != "disk"] == []  # how full this machine's disk is, is its own affair
    assert sorted(found) == [
        "broker",
        "clock",
        "disk",
        "group",
        "lag",
        "metrics",
        "policy",
        "schemas",
        "settings",
        "topics",
        "versions",
    ]
    assert found["group"][0]["found"].startswith(f"group {patient.group} is stable: 1 worker at ")
    assert [one["found"] for one in found["lag"]] == [
        f"{stage}: nothing waits" for stage in ("intake", "resolver", "timelines")
    ]


def test_each_thing_that_is_wrong_is_a_line(patient: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """A topic gone, partitions that differ, a stranger's record, no worker, an open port, a setting misspelt."""

    async def spoil() -> None:
        await delete_topics(patient.bootstrap, [f"{patient.prefix}moves"])
        async with writing(patient.bootstrap) as writer:
            await writer.send(f"{patient.prefix}touchpoints", b"k", b"\x00\x00\x0f\xff\xffnobody's")
            await writer.send(f"{patient.prefix}raw.chat", None, b"<xml/>")

    asyncio.run(spoil())
    monkeypatch.setenv("TELLONCE_PARTITIONS", "5")
    monkeypatch.setenv("TELLONCE_METRICS_HOST", "0.0.0.0")  # noqa: S104 -- what the doctor warns of
    monkeypatch.setenv("TELLONCE_PREFIXX", "x.")
    found = _doctor(1)

    assert f"{patient.prefix}moves is missing" in [one["found"] for one in found["topics"]]
    assert f"{patient.prefix}raw.chat has 4 partitions, not 5" in [one["found"] for one in found["topics"]]
    assert {one["level"] for one in found["topics"]} == {"wrong"}
    assert Counter(one["found"] for one in found["schemas"]) == Counter(
        {
            f"the newest record of {patient.prefix}raw.chat cannot be read: unknown_format": 1,
            f"the newest record of {patient.prefix}touchpoints cannot be read: unknown_schema_id": 1,
        }
    )
    assert found["group"] == [
        {
            "check": "group",
            "level": "warn",
            "found": f"no worker runs in group {patient.group}",
            "todo": "run `tellonce worker`",
        }
    ]
    assert found["lag"][0]["found"] == f"intake: 1 records wait, 1 of them in {patient.prefix}raw.chat"
    assert found["metrics"][0]["level"] == "warn"
    assert "TELLONCE_PREFIXX: no such setting; the nearest is TELLONCE_PREFIX" in found["settings"][0]["found"]
    assert all(one["todo"] for each in found.values() for one in each if one["level"] != "ok")


def test_a_kafka_that_is_away_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing else is asked of it; what this machine can say is said all the same."""
    monkeypatch.setenv("TELLONCE_BROKER", "127.0.0.1:1")
    found = _doctor(1)
    assert [one["level"] for one in found["broker"]] == ["wrong"]
    assert "No Kafka answers at 127.0.0.1:1" in found["broker"][0]["found"]
    assert "topics" not in found
    assert found["versions"]


def test_no_kafka_at_all_says_how_to_start_one() -> None:
    """No address is set, and none runs here."""
    result = _run()
    assert result.exit_code == 1
    assert "-> run `tellonce broker start`, or set TELLONCE_BROKER" in result.output


def test_bad_settings_end_the_examination(monkeypatch: pytest.MonkeyPatch) -> None:
    """One line a problem, with what is allowed; nothing can be asked with them."""
    monkeypatch.setenv("TELLONCE_PARTITIONS", "many")
    found = _doctor(1)
    assert list(found) == ["settings"]
    assert "TELLONCE_PARTITIONS='many': allowed is a whole number from 1 to 1000" in found["settings"][0]["found"]


@pytest.mark.parametrize(
    ("finding", "level"),
    [
        (checks.disk("/state", checks.DISK_WARN), Level.OK),
        (checks.disk("/state", checks.DISK_WARN - 1), Level.WARN),
        (checks.disk("/state", checks.DISK_WRONG), Level.WARN),
        (checks.disk("/state", checks.DISK_WRONG - 1), Level.WRONG),
        (checks.lag("intake", 0, {}), Level.OK),
        (checks.lag("intake", checks.LAG, {"raw.chat": checks.LAG}), Level.OK),
        (checks.lag("intake", checks.LAG + 1, {"raw.chat": checks.LAG + 1}), Level.WARN),
        (checks.clock(None, NOW), Level.OK),
        (checks.clock(NOW - timedelta(days=3), NOW), Level.OK),
        (checks.clock(NOW + checks.SKEW, NOW), Level.OK),
        (checks.clock(NOW + checks.SKEW + timedelta(milliseconds=1), NOW), Level.WRONG),
        (checks.metrics("127.0.0.1"), Level.OK),
        (checks.metrics("[::1]"), Level.OK),
        (checks.metrics("localhost"), Level.OK),
        (checks.metrics("192.0.2.7"), Level.WARN),
        (checks.metrics("metrics.example.com"), Level.WARN),
        (checks.group("g", "Stable", ["192.0.2.1"]), Level.OK),
        (checks.group("g", "PreparingRebalance", ["192.0.2.1"]), Level.WARN),
        (checks.group("g", "Empty", []), Level.WARN),
        (checks.group("g", "", []), Level.WARN),
    ],
)
def test_the_edges_of_each_judgement(finding: Finding, level: Level) -> None:
    """Just within and just beyond; what is not ok says what to do, what is ok does not."""
    assert finding.level is level
    assert bool(finding.todo) is (level is not Level.OK)


def test_a_setting_of_a_topic_is_wrong_only_where_a_worker_would_not_start() -> None:
    """Retention may be somebody's own choice; a state that is deleted by age is none."""
    differences = [
        Difference("voc.touchpoints", Kind.CONFIG, "retention.ms", "1", "2"),
        Difference("voc.state.entries", Kind.CONFIG, "cleanup.policy", "delete", "compact"),
    ]
    assert [each.level for each in checks.topics(differences, 2)] == [Level.WARN, Level.WRONG]
