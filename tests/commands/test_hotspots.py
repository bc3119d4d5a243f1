"""`tellonce hotspots`: the same cells from the same touchpoints, on the screen, as a page and on their topic."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from click.testing import CliRunner, Result

from agents.contracts import schema_book
from commands.hotspots_picture import shade
from commands.hotspots_publish import publish
from commands.hotspots_result import found, to_publish
from commands.main import tellonce
from commands.people import latest, read_topics
from pipeline.hotspots import Cell, Evidence, Hotspot, Weighed
from pipeline.touchpoint import Identifier, Touchpoint
from tests.commands.people_on_kafka import installation, make_topics
from tests.commands.test_backtest import heard, lines, send
from tests.pipeline.touchpoints import POLICY, UNHAPPY, at, call, chat, review

MONDAY = at(days=0).replace(hour=0)


def town(weeks: int = 5) -> list[Touchpoint]:
    """Return forty callers a week, four of them unhappy, and in the last week half; some of these go on to a review."""
    told: list[Touchpoint] = []
    for n in range(40 * weeks):
        week, who = n // 40, Identifier("crm_id", f"C-{n}")
        begins = MONDAY + timedelta(days=7 * week, hours=1 + n % 40)
        last = week == weeks - 1
        unhappy = n % 2 == 0 if last else n % 10 == 0
        mood = UNHAPPY if unhappy else None
        told.append(heard(call(f"{n}", begins, topics=("billing",), mood=mood), who))
        if last and n % 8 == 0:
            told.append(heard(review(f"r{n}", begins + timedelta(days=1), 1), who))
        if n % 5 == 0:
            told.append(heard(chat(f"c{n}", begins + timedelta(hours=9), f"s{n}", topics=("card",)), who))
    told.append(heard(chat("first", MONDAY, "sf"), Identifier("crm_id", "C-first")))
    told.append(heard(chat("last", MONDAY + timedelta(days=7 * weeks), "sl"), Identifier("crm_id", "C-last")))
    return told


def run(*arguments: object) -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(tellonce, ["hotspots", *map(str, arguments)], catch_exceptions=False)


def test_the_planted_rise_is_named_whatever_the_order(tmp_path: Path) -> None:
    """Detractors on billing by phone rise, and nothing else; the JSON and the page are the same bytes each time."""
    told, results = town(), []
    for number, processes in enumerate((1, 2)):
        Random(number).shuffle(told)  # noqa: S311 -- repeatable
        (tmp_path / "touchpoints.jsonl").write_text(lines(told))
        html = tmp_path / f"{number}.html"
        source = ("--from-file", tmp_path / "touchpoints.jsonl", "--processes", processes)
        result = run("--json", "--html", html, *source)
        assert result.exit_code == 0, result.output
        results.append((result.stdout, html.read_bytes()))
    assert results[0] == results[1]
    document = json.loads(results[0][0])
    (changed,) = (one for one in document["changed"] if one["week"] == "2026-03-30" and one["measure"] == "detractors")
    assert (changed["topic"], changed["channel"], changed["direction"]) == ("billing", "phone", "rising")
    assert (changed["now"], changed["now_of"], changed["before"], changed["before_of"]) == (20, 40, 16, 160)
    paths = {tuple(one["path"]): one for one in document["journeys"]["ending_in_a_detractor"]}
    assert paths[("phone",)]["journeys"] == 36
    assert b"<script" not in results[0][1]


def test_the_picture_shows_a_week_and_refuses_one_that_is_not_there(tmp_path: Path) -> None:
    """The newest whole week by itself, or the one asked for."""
    (tmp_path / "touchpoints.jsonl").write_text(lines(town()))
    source = ("--from-file", tmp_path / "touchpoints.jsonl", "--processes", 1)
    shown = run(*source).stdout
    assert "Week from 2026-03-30" in shown
    assert "\u2191 customers with a detractor alert" in shown
    assert "Week from 2026-03-09" in run("--week", "2026-03-09", *source).stdout
    refused = run("--week", "2026-03-10", *source)
    assert refused.exit_code == 2
    assert "allowed is one of 2026-03-02, 2026-03-09" in refused.output


def test_nothing_heard_is_said_not_crashed(tmp_path: Path) -> None:
    """An empty file has no weeks."""
    (tmp_path / "none.jsonl").write_text("")
    shown = run("--from-file", tmp_path / "none.jsonl", "--html", tmp_path / "page.html")
    assert shown.exit_code == 0, shown.output
    assert "0 touchpoints" in shown.stdout


@pytest.mark.parametrize("option", [("--since", "2026-03-01T00:00:00Z"), ("--until", "2026-03-01T00:00:00Z")])
def test_a_part_is_not_published(option: tuple[str, str]) -> None:
    """What is on the topic is of all that is kept."""
    result = run("--publish", *option)
    assert result.exit_code == 2
    assert "--publish tells all that is kept" in result.output


@pytest.mark.parametrize(("share", "heat"), [(0, 0), (0.01, 1), (0.1, 2), (0.39, 4), (0.4, 5), (1, 5)])
def test_heat_has_five_steps(share: float, heat: int) -> None:
    """No bad experience is cold; from 40 of 100 on it is as hot as it gets."""
    assert shade(share) == heat


@pytest.mark.parametrize(
    ("first", "whole", "weeks"),
    [
        (datetime(2026, 3, 2, tzinfo=UTC), False, [9, 16]),
        (datetime(2026, 3, 2, 0, 0, 1, tzinfo=UTC), False, [16]),
        (datetime(2026, 3, 2, 0, 0, 1, tzinfo=UTC), True, [2, 9, 16]),
    ],
    ids=["a week of run-up", "a second less", "nothing was deleted yet"],
)
def test_only_weeks_that_were_not_cut_are_published(first: datetime, whole: bool, weeks: list[int]) -> None:  # noqa: FBT001 -- of the grid
    """Once the oldest touchpoints are gone, an earlier run knew more of the first weeks."""
    cells = {Cell(None, "chat", None, first.date().replace(day=day)): Evidence(volume=1) for day in (2, 9, 16)}
    weight = Weighed(cells=cells, first=first, last=first + timedelta(days=20))
    told = to_publish(found(weight, POLICY), whole=whole)
    assert [spot.cell.week.day for spot in told if spot.evidence.volume] == weeks


def test_the_topic_holds_each_cell_once_and_loses_what_is_no_more(
    kafka: str, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Published twice it is the same; a cell that does not follow any more is ended; other weeks stay."""
    for name, value in {"BROKER": kafka, "PREFIX": prefix, "PARTITIONS": "2"}.items():
        monkeypatch.setenv(f"TELLONCE_{name}", value)
    asyncio.run(_fill(kafka, prefix))
    assert run("--publish").exit_code == 0
    once = _cells(kafka, prefix)
    again = run("--publish", "--json")
    assert "1 ended" not in again.stderr
    assert _cells(kafka, prefix) == once
    assert "2020-01-06/chat/-/-" in once
    assert "2026-03-30/chat/-/gone" not in once
    document = json.loads(again.stdout)
    record = next(cell for cell in document["cells"] if cell["week"] == "2026-03-30" and cell["topic"] == "billing")
    assert once["2026-03-30/phone/-/billing"] == record


async def _fill(kafka: str, prefix: str) -> None:
    installed = installation(kafka, prefix)
    await make_topics(installed)
    await send(kafka, prefix, town())
    old = [Cell(None, "chat", None, datetime(2020, 1, 6, tzinfo=UTC).date())]
    gone = [Cell("gone", "chat", None, datetime(2026, 3, 30, tzinfo=UTC).date())]
    await publish(installed, [Hotspot(cell, Evidence(volume=1), whole=True, trends=()) for cell in (*old, *gone)])


def _cells(kafka: str, prefix: str) -> dict[str, dict[str, Any]]:
    found_now = latest(asyncio.run(read_topics(installation(kafka, prefix), ("hotspots",)))["hotspots"])
    return {key.decode(): schema_book().decode("hotspot", value) for key, value in found_now.items()}
