"""`tellonce watch`: alerts and flags as they are published, on a real broker."""

import asyncio
import json
from typing import Any

import pytest
from click.testing import CliRunner, Result

from agents import topic_admin, topics
from agents.contracts import schema_book
from commands.following import findings
from commands.main import tellonce
from commands.streams import delete_topics, writing
from tests.schemas.contracts import example, examples, newest, record_of

BOOK = schema_book()
KINDS = {
    "detractor-alerts": "detractor-alert",
    "repeat-contacts": "repeat-contact",
    "journey-signals": "journey-signal",
}


def published(topic: str) -> dict[str, Any]:
    """Return an alert, a flag or a signal, as the schema's first example has it."""
    subject = KINDS[topic]
    shows = next(shows for kind, shows in examples() if kind == subject)
    record: dict[str, Any] = record_of(example(subject, shows), newest()[subject])
    return record


async def make_topics(kafka: str, prefix: str) -> None:
    """Make the topics that are watched."""
    listed = [topic for topic in topics.load() if topic.name in KINDS]
    await topic_admin.apply(kafka, topics.want(listed, prefix=prefix, partitions=2))


async def publish(kafka: str, prefix: str, *names: str, value: bytes | None = None) -> None:
    """Publish one of each, or these bytes."""
    async with writing(kafka) as writer:
        for name in names:
            await writer.send(prefix + name, b"customer-1", value or BOOK.encode(KINDS[name], published(name)))


def run(*arguments: str) -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(tellonce, ["watch", *arguments])


def test_what_was_published_is_shown_from_the_beginning(
    kafka: str, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of each, as JSON with who it is masked, and for people with why and the words."""
    monkeypatch.setenv("TELLONCE_BROKER", kafka)
    monkeypatch.setenv("TELLONCE_PREFIX", prefix)
    asyncio.run(make_topics(kafka, prefix))
    asyncio.run(publish(kafka, prefix, *KINDS))
    result = run("--from-beginning", "--count", "3", "--json")
    assert result.exit_code == 0, result.output
    shown = {each["kind"]: each for each in map(json.loads, result.stdout.splitlines())}
    assert set(shown) == set(KINDS.values())
    for topic, kind in KINDS.items():
        record = published(topic)
        assert shown[kind]["why"] == record["why"]
        assert "\u2022\u2022\u2022" in shown[kind]["named_by"]["value"]
    people = run("--from-beginning", "--count", "3", "--show-identifiers").stdout
    assert all(published(topic)["named_by"]["value"] in people for topic in KINDS)


def test_it_ends_by_itself_when_its_time_is_up(kafka: str, prefix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing published, nothing shown, exit code 0."""
    monkeypatch.setenv("TELLONCE_BROKER", kafka)
    monkeypatch.setenv("TELLONCE_PREFIX", prefix)
    asyncio.run(make_topics(kafka, prefix))
    result = run("--for", "1", "--json")
    assert (result.exit_code, result.stdout) == (0, "")


async def test_it_waits_for_topics_and_misses_nothing(kafka: str, prefix: str) -> None:
    """They are made after it began; what is unreadable is said and passed over."""
    said: list[str] = []
    waiting = asyncio.Event()

    def say(line: str) -> None:
        said.append(line)
        waiting.set()

    async def make_and_publish() -> None:
        await waiting.wait()
        await make_topics(kafka, prefix)
        await publish(kafka, prefix, "detractor-alerts", value=b"junk")
        await publish(kafka, prefix, "detractor-alerts")

    making = asyncio.create_task(make_and_publish())
    stream = findings(kafka, prefix, BOOK, from_beginning=False, say=say)
    try:
        first = await anext(stream)
    finally:
        await stream.aclose()
    await making
    assert first.record["alert_id"] == published("detractor-alerts")["alert_id"]
    assert "is not there yet" in said[0]
    assert any("unknown_format" in line for line in said)


async def test_topics_are_gone_when_they_are_deleted(kafka: str, prefix: str) -> None:
    """At once, and again without complaint."""
    await make_topics(kafka, prefix)
    names = {prefix + name for name in KINDS}
    await delete_topics(kafka, names)
    await delete_topics(kafka, names)
