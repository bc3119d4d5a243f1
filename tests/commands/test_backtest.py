"""`tellonce backtest`: from fixed offsets, byte for byte the same, and without a trace."""

import asyncio
import json
import re
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from click.testing import CliRunner, Result

from agents.known import identifier_key
from commands.backtest_lines import record_of
from commands.charts import bars, page
from commands.main import tellonce
from commands.settled import plain
from commands.streams import existing_topics, read_to_the_end, writing
from pipeline.kin import customer_named_by
from pipeline.records import entry_record, told_record, touchpoint, touchpoint_record
from pipeline.touchpoint import Entry, Identifier, Told, Touchpoint
from tests.commands.people_on_kafka import installation, make_topics
from tests.pipeline.touchpoints import UNHAPPY, at, call, chat, review, survey

DRAFT = """
name = "gentler"
version = "2"
[repeat]
within = { value = 3, unit = "days", reason = "try" }
[detractor]
nps = { value = 3, unit = "points", reason = "try" }
[intake]
longest_text = { value = 10, unit = "characters", reason = "try" }
"""
CRM, MAIL = Identifier("crm_id", "C-1001"), Identifier("email", "anna@example.com")


def heard(row: Entry, *identifiers: Identifier) -> Touchpoint:
    """Return the touchpoint of a row, with these identifiers, as intake publishes it without a directory."""
    named = replace(
        row, customer_id=customer_named_by(identifiers[0]), named_by=identifiers[0], identifiers=identifiers
    )
    return touchpoint({"tags": [], **entry_record(named), "text": None, "link": None})


def town() -> list[Touchpoint]:
    """Return a few invented customers: some come back soon, some later, some are unhappy in one way or the other."""
    told: list[Touchpoint] = []
    for n in range(12):
        who = Identifier("crm_id", f"C-{n}")
        told += [
            heard(
                chat(f"a{n}", at(days=n), f"s{n}", topics=("billing",), mood=UNHAPPY, excerpt="<b>Bad</b> & sad"), who
            ),
            heard(call(f"{n}", at(days=n + 2 + n % 4), topics=("card",)), who),
            heard(survey(f"q{n}", at(days=n + 3), "nps", n % 8), who),
            heard(review(f"r{n}", at(days=n + 9), 1 + n % 5), who),
        ]
    return [*told, *told[:7]]


def run(*arguments: object) -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(tellonce, ["backtest", *map(str, arguments)], catch_exceptions=False)


def lines(touchpoints: list[Touchpoint]) -> str:
    """Return touchpoints as `tellonce try` writes them."""
    return "".join(json.dumps(plain(touchpoint_record(one))) + "\n" for one in touchpoints)


@pytest.fixture
def draft(tmp_path: Path) -> Path:
    """Return a draft policy."""
    path = tmp_path / "draft.toml"
    path.write_text(DRAFT)
    return path


def test_the_same_touchpoints_in_any_order_by_any_number_of_processes_are_the_same_bytes(
    draft: Path, tmp_path: Path
) -> None:
    """The JSON and the page, with one process and with two, forwards and shuffled."""
    told = town()
    results: list[tuple[str, bytes]] = []
    for number, processes in enumerate((1, 2, 1)):
        Random(number).shuffle(told)  # noqa: S311 -- repeatable
        (tmp_path / "touchpoints.jsonl").write_text(lines(told))
        html = tmp_path / f"{number}.html"
        source = ("--from-file", tmp_path / "touchpoints.jsonl", "--processes", processes)
        result = run("--policy", draft, "--json", "--html", html, *source)
        assert result.exit_code == 0, result.output
        results.append((result.stdout, html.read_bytes()))
    assert results[0] == results[1] == results[2]
    document = json.loads(results[0][0])
    assert document["not_replayed"] == ["intake.longest_text"]
    assert document["read"]["touchpoints"] == 55
    assert document["read"]["distinct"] == 48
    alerts = document["findings"]["detractor-alert"]["total"]
    assert alerts["gone"] > 0
    assert alerts["draft"] == alerts["in_force"] - alerts["gone"]


def test_what_is_shown_is_redacted_explained_and_safe(draft: Path, tmp_path: Path) -> None:
    """An example has its events, why it stood and stands; a customer's words are never markup; nothing is fetched."""
    (tmp_path / "touchpoints.jsonl").write_text(lines(town()))
    html = tmp_path / "page.html"
    source = ("--from-file", tmp_path / "touchpoints.jsonl", "--processes", 1)
    shown = run("--policy", draft, "--html", html, "--examples", 1, *source).stdout
    assert "gentler 2 (draft)" in shown
    assert "detractor.nps: 6 points \u2192 3 points" in shown
    assert re.search(r"GONE +2026-\S+ \S+  C\S+  survey.*\n +in force: NPS \d of 0 to 10; .* 6 or lower", shown)
    assert re.search(r"voc\.raw\.\w+/0/\d+ survey-q\d+-1", shown)
    text = html.read_text("utf-8")
    assert "<b>Bad" not in text
    assert "<script" not in text
    assert set(re.findall(r"https?://[^\"' <)]+", text)) <= {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('name = "d"\nversion = "1"\n[repeat]\nwithin = { value = 0, unit = "days", reason = "x" }', "repeat.within"),
        ('name = "d"\nversion = "1"\n[repaet]\n', "did you mean repeat?"),
        ("name = ", "TOML"),
    ],
    ids=["a value", "a name", "not TOML"],
)
def test_a_draft_that_makes_no_sense_is_refused_with_what_is_allowed(text: str, said: str, tmp_path: Path) -> None:
    """Setting, value and what is allowed, before anything is read; exit code 2."""
    path = tmp_path / "draft.toml"
    path.write_text(text)
    result = CliRunner().invoke(tellonce, ["backtest", "--policy", str(path), "--from-file", str(path)])
    assert result.exit_code == 2
    assert said in result.output
    assert "allowed is" in result.output


def test_a_line_that_is_no_touchpoint_is_named(draft: Path, tmp_path: Path) -> None:
    """The file, the line, and why; exit code 1."""
    path = tmp_path / "touchpoints.jsonl"
    path.write_text(lines(town()[:2]) + "{}\n")
    result = CliRunner().invoke(
        tellonce, ["backtest", "--policy", str(draft), "--from-file", str(path), "--processes", "1"]
    )
    assert result.exit_code == 1
    assert "line 3 is no touchpoint" in result.output


def test_a_line_of_an_older_version_is_read_with_the_defaults_of_today() -> None:
    """A field that did not exist yet is as its schema's default."""
    (told, *_) = town()
    document = json.loads(lines([told]))
    del document["epoch"], document["tags"]
    assert touchpoint(record_of("touchpoint", document)) == told


def test_a_chart_is_the_same_whenever_it_is_drawn() -> None:
    """No date, no random name, no script is in it."""
    one, other = (page("A & B", [bars("c", ["a", "b"], {"<x>": [1, 2]})]) for _ in range(2))
    assert one == other
    assert "A &amp; B" in one
    assert not re.search(r"<!--|<script|Generated", one)


def test_topics_are_read_to_where_they_ended_by_whose_they_are_and_without_a_trace(
    kafka: str, prefix: str, draft: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The directory names customers anew; the erased are left out; no group, no record; the offsets given again give
    the same bytes, whatever came since.
    """
    for name, value in {"BROKER": kafka, "PREFIX": prefix, "PARTITIONS": "2"}.items():
        monkeypatch.setenv(f"TELLONCE_{name}", value)
    asyncio.run(_fill(kafka, prefix))
    before, groups = asyncio.run(_ends(kafka, prefix)), asyncio.run(_groups(kafka))

    first = run("--policy", draft, "--json", "--processes", 2)
    assert first.exit_code == 0, first.output
    document = json.loads(first.stdout)
    assert sum(each["to"] for each in document["read"]["offsets"]["touchpoints"]) == 59
    assert (document["read"]["erased"], document["read"]["unreadable"]) == (1, 1)
    # C-1001 and the address are one customer, whose chat repeats the call.
    assert document["read"]["customers"] == 13
    gone = {one["customer_id"]: one for one in document["findings"]["repeat-contact"]["examples"]["gone"]}
    assert all(one["why"]["draft"] is None for one in gone.values())
    assert (
        document["findings"]["repeat-contact"]["total"]["in_force"]
        > document["findings"]["repeat-contact"]["total"]["draft"]
    )
    assert asyncio.run(_ends(kafka, prefix)) == before
    assert asyncio.run(_groups(kafka)) == groups

    (tmp_path / "first.json").write_text(first.stdout)
    asyncio.run(send(kafka, prefix, [heard(survey("late", at(days=40), "nps", 0), CRM)]))
    assert run("--policy", draft, "--json").stdout != first.stdout
    assert run("--policy", draft, "--json", "--at", tmp_path / "first.json").stdout == first.stdout
    shown = run("--policy", draft, "--at", tmp_path / "first.json").stdout
    assert f"{prefix}touchpoints, partition: offsets" in shown


async def _fill(kafka: str, prefix: str) -> None:
    installed = installation(kafka, prefix)
    await make_topics(installed)
    encode = installed.book.encode
    answer = told_record(Told(MAIL, customer_named_by(CRM), CRM, None, 1)) | {"pair": None}
    change: dict[str, Any] = {
        "customer_id": customer_named_by(Identifier("crm_id", "C-gone")),
        "epoch": 2,
        "outcome": "erased",
        "reason": "operator",
        "customers": [],
        "answers": [],
        "caused_by": "erase",
        "links": [],
        "occurred_at": at(days=30),
        "by": "operator-1",
        "why": "asked",
    }
    own = [heard(call("9", at(), topics=("card",)), CRM), heard(chat("z", at(days=4), "sz"), MAIL)]
    erased = [heard(survey("g", at(), "nps", 0), Identifier("crm_id", "C-gone"))]
    async with writing(kafka) as writer:
        await writer.send(installed.name("directory"), identifier_key(MAIL), encode("directory-entry", answer))
        key = str(change["customer_id"]).encode()
        await writer.send(installed.name("identity-changes"), key, encode("identity-change", change))
        await writer.send(installed.name("touchpoints"), b"x", b"no touchpoint")
    await send(kafka, prefix, [*town(), *own, *erased])


async def send(kafka: str, prefix: str, told: list[Touchpoint]) -> None:
    """Write touchpoints to their topic, each with the time at which its raw event came in."""
    installed = installation(kafka, prefix)
    async with writing(kafka) as writer:
        for one in told:
            value = installed.book.encode("touchpoint", touchpoint_record(one))
            stamp = round(one.occurred_at.timestamp() * 1000)
            # Straight to the client: here a record has the time at which its raw event came in.
            await writer._producer.send_and_wait(
                installed.name("touchpoints"), value, one.customer_id.encode(), timestamp_ms=stamp
            )


async def _ends(kafka: str, prefix: str) -> dict[str, int]:
    topics = {name: count for name, count in (await existing_topics(kafka)).items() if name.startswith(prefix)}
    return {name: len(records) for name, records in (await read_to_the_end(kafka, topics)).items()}


async def _groups(kafka: str) -> list[Any]:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        return list(await admin.list_consumer_groups())
    finally:
        await admin.close()
