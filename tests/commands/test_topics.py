"""`tellonce topics` on the real Kafka: its words and its exit codes."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner, Result

from agents.topics import load
from commands.main import tellonce


@pytest.fixture
def _on_kafka(kafka: str, prefix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELLONCE_BROKER", kafka)
    monkeypatch.setenv("TELLONCE_PREFIX", prefix)


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(tellonce, ["topics", *arguments])


@pytest.mark.usefixtures("_on_kafka")
def test_topics_differ_until_they_are_applied(prefix: str) -> None:
    """`diff` exits 1 and says what to run; `apply` makes them all; then both have nothing to say."""
    before = _run("diff")
    assert before.exit_code == 1
    assert f"{prefix}touchpoints is missing" in before.output
    assert before.output.endswith("Run `tellonce topics apply`.\n")

    applied = _run("apply")
    assert applied.exit_code == 0
    assert applied.output.splitlines() == [f"made {prefix}{topic.name}" for topic in load()]

    assert (_run("diff").exit_code, _run("diff").output) == (0, "")
    assert (_run("apply").exit_code, _run("apply").output) == (0, "Nothing to do.\n")


@pytest.mark.usefixtures("_on_kafka")
def test_wrong_partitions_are_left_and_said(prefix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """`apply` exits 1 on what it does not touch, and says what can be done instead."""
    _run("apply")
    monkeypatch.setenv("TELLONCE_PARTITIONS", "5")

    left = _run("apply")
    assert left.exit_code == 1
    assert f"left as it is: {prefix}touchpoints has 4 partitions, not 5" in left.output
    assert "set TELLONCE_PARTITIONS to what is there" in left.output

    rows = [json.loads(line) for line in _run("diff", "--json").output.splitlines()]
    assert {row["topic"] for row in rows} == {prefix + topic.name for topic in load() if topic.partitions is None}
    assert {(row["kind"], row["found"], row["wanted"]) for row in rows} == {("partitions", "4", "5")}


def test_the_list_needs_no_kafka() -> None:
    """Every topic with its full name and reason, for people and for programs."""
    rows = [json.loads(line) for line in _run("list", "--json").output.splitlines()]

    assert [row["name"] for row in rows] == ["voc." + topic.name for topic in load()]
    assert next(row for row in rows if row["name"] == "voc.raw.chat")["retention"] == "7 days"
    for topic in load():
        assert topic.why in _run("list").output


@pytest.mark.parametrize("command", ["diff", "apply"])
def test_without_a_kafka_it_says_how_to_get_one(command: str) -> None:
    """One line, exit code 1."""
    result = _run(command)

    assert result.exit_code == 1
    assert result.output == "Error: No Kafka: run `tellonce broker start`, or set TELLONCE_BROKER=host:port\n"


def test_a_kafka_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Port 1 of this machine is nobody's."""
    monkeypatch.setenv("TELLONCE_BROKER", "127.0.0.1:1")

    result = _run("diff")

    assert (result.exit_code, result.output) == (1, "No Kafka answers at 127.0.0.1:1\n")
