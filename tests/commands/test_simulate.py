"""`tellonce simulate`: the same town each time, with an answer, in a file or on a broker."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from agents import topic_admin, topics
from agents.contracts import schema_book
from commands.main import tellonce
from commands.playing import OVER, play_of, wire
from commands.streams import read_to_the_end
from simulation import LONGEST_STORY

NOW = datetime(2026, 3, 1, tzinfo=UTC)
START = "2026-03-01T00:00:00Z"


def run(*arguments: str) -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(tellonce, ["simulate", *arguments])


def test_a_file_is_the_same_each_time_and_its_answer_counts_it(tmp_path: Path) -> None:
    """As many lines as were sent, and the same bytes again."""
    one, two, answer = (str(tmp_path / name) for name in ("one", "two", "answer"))
    result = run("--customers", "20", "--start", START, "--out", one, "--answers", answer, "--json")
    assert result.exit_code == 0, result.output
    assert run("--customers", "20", "--start", START, "--out", two).exit_code == 0
    content = Path(one).read_bytes()
    assert content == Path(two).read_bytes()
    known = json.loads(result.stdout)
    assert known == json.loads(Path(answer).read_text("utf-8"))
    assert content.count(b"\n") == known["received"] == known["admitted"] + known["rejected"]


def test_so_many_events_are_so_many(tmp_path: Path) -> None:
    """Without --customers, there are enough of them."""
    result = run("--events", "333", "--start", START, "--out", str(tmp_path / "a"), "--json")
    assert json.loads(result.stdout)["received"] == 333


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--speed", "fast", "60x"),
        ("--speed", "0x", "60x"),
        ("--speed", "-1x", "60x"),
        ("--start", "2026-03-01T00:00:00", "offset"),
        ("--start", "yesterday", "ISO 8601"),
    ],
)
def test_what_it_cannot_do_is_said_with_what_it_can(option: str, value: str, said: str) -> None:
    """Exit code 2, and an example."""
    result = run(option, value)
    assert result.exit_code == 2
    assert said in result.stderr


@pytest.mark.parametrize("speed", [None, 60.0, 1200.0])
def test_the_last_event_happens_when_it_is_sent(speed: float | None) -> None:
    """Without a start, nothing is ever in the future, and what is played live is under a day old."""
    play = play_of(NOW, seed=1, customers=40, events=None, speed=speed)
    lasts = OVER / speed if speed else timedelta(0)
    assert play.live_from + OVER == NOW + lasts
    for event in play.told():
        if event.rejected_for is not None or event.again:
            continue
        sent = NOW + max((event.sent_at - play.live_from) / speed, timedelta(0)) if speed else NOW
        assert event.occurred_at <= sent + play.every
        assert event.occurred_at >= play.start
        if event.sent_at > play.live_from:
            assert sent - event.occurred_at < timedelta(hours=24)


def test_a_given_start_is_kept() -> None:
    """It is before the first event, by at most a story."""
    play = play_of(NOW, seed=1, customers=40, events=None, speed=None, start=NOW)
    first = next(play.told())
    assert NOW <= first.occurred_at <= NOW + LONGEST_STORY + play.every


def test_every_event_fits_its_schema_in_avro() -> None:
    """What goes as Avro says the same as what goes as JSON."""
    book = schema_book()
    for event in play_of(NOW, seed=5, customers=80, events=None, speed=None).told():
        if event.rejected_for is None:
            value = wire(event, book)
            record = book.decode_raw(f"raw.{event.source}", value)
            assert value[0] == 0
            assert record["event_id"] == event.event_id
            assert record["occurred_at"] == event.occurred_at


def test_events_reach_their_raw_topics(kafka: str, prefix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many as the answer says, by source, in JSON or in Avro."""
    monkeypatch.setenv("TELLONCE_BROKER", kafka)
    monkeypatch.setenv("TELLONCE_PREFIX", prefix)
    wanted = topics.want(topics.load(), prefix=prefix, partitions=2)
    monkeypatch.setenv("TELLONCE_PARTITIONS", "2")
    missing = run("--customers", "2")
    assert missing.exit_code == 1
    assert "tellonce topics apply" in missing.stderr
    asyncio.run(topic_admin.apply(kafka, wanted))
    result = run("--customers", "30", "--avro", "--json")
    assert result.exit_code == 0, result.output
    known = json.loads(result.stdout)["by_source"]
    raw = {topic.name: topic.partitions for topic in wanted if topic.name.startswith(f"{prefix}raw.")}
    found = asyncio.run(read_to_the_end(kafka, raw))
    assert {name.rpartition(".")[2]: len(records) for name, records in found.items() if records} == known
    assert {record.value[0] for record in found[f"{prefix}raw.phone"]} == {0}
    assert {record.value[:1] for record in found[f"{prefix}raw.review"]} == {b"{"}
