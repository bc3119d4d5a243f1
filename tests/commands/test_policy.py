"""`tellonce policy` and `tellonce schemas` say what is in force."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from agents.contracts import policy_at
from commands.policy import policy
from commands.schemas import schemas
from pipeline.policy import PolicyError
from pipeline.refusal import Reason, Stage

GOOD = 'name = "ours"\nversion = "1"\n[repeat]\nwithin = { value = 5, unit = "days", reason = "We said so." }\n'
BAD = 'version = "1"\n[repeat]\nwithin = { value = 5, unit = "weeks", reason = "x" }\n[repaet]\n'
DEAD_LETTERS = Path(__file__).parents[2] / "docs" / "dead-letters.md"


@pytest.fixture
def good(tmp_path: Path) -> Path:
    """Return a policy file that can be used."""
    file = tmp_path / "ours.toml"
    file.write_text(GOOD)
    return file


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    """Return a policy file with three problems."""
    file = tmp_path / "bad.toml"
    file.write_text(BAD)
    return file


def test_check_of_a_good_file_says_so_and_exits_0(good: Path) -> None:
    """For people and for programs."""
    said = CliRunner().invoke(policy, ["check", str(good)])
    assert (said.exit_code, said.output) == (0, f"{good}: nothing is wrong\n")
    assert json.loads(CliRunner().invoke(policy, ["check", str(good), "--json"]).output)["problems"] == []


def test_check_prints_every_problem_and_exits_1(bad: Path) -> None:
    """All of them, one a line."""
    said = CliRunner().invoke(policy, ["check", str(bad)])
    assert said.exit_code == 1
    assert [line.split(" = ")[0] for line in said.output.splitlines()] == ["name", "repeat.within.unit", "repaet"]
    listed = CliRunner().invoke(policy, ["check", str(bad), "--json"])
    assert listed.exit_code == 1
    assert [one["setting"] for one in json.loads(listed.output)["problems"]] == ["name", "repeat.within.unit", "repaet"]


@pytest.mark.parametrize("content", [b"name = ", b"\xff\xfe"])
def test_a_file_that_is_no_toml_is_a_problem_like_any_other(content: bytes, tmp_path: Path) -> None:
    """Its name is said, and no traceback is shown."""
    file = tmp_path / "broken.toml"
    file.write_bytes(content)
    said = CliRunner().invoke(policy, ["check", str(file)])
    assert said.exit_code == 1
    assert "broken.toml" in said.output
    assert "TOML in UTF-8" in said.output
    with pytest.raises(PolicyError):
        policy_at(file)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """A worker with a wrong path does not start with the default."""
    with pytest.raises(PolicyError, match=r"gone\.toml"):
        policy_at(tmp_path / "gone.toml")


def test_show_lays_the_file_over_the_default(good: Path) -> None:
    """Each setting with where it comes from."""
    said = CliRunner().invoke(policy, ["show", "--policy", str(good), "--json"])
    rows = {row["path"]: row for row in map(json.loads, said.output.splitlines())}
    assert rows["repeat.within"] == {
        "path": "repeat.within",
        "value": "5",
        "unit": "days",
        "reason": "We said so.",
        "source": str(good),
    }
    assert rows["detractor.csat"]["value"] == "2 of 5"
    assert rows["detractor.csat"]["source"] == "default"
    assert policy_at(good).name == rows["name"]["value"] == "ours"


def test_show_takes_the_file_that_the_setting_names(good: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is shown is what a worker started here would use."""
    monkeypatch.setenv("TELLONCE_POLICY", str(good))
    assert str(good) in CliRunner().invoke(policy, ["show", "--json"]).output


def test_show_prints_a_table_for_people(monkeypatch: pytest.MonkeyPatch) -> None:
    """Setting, value, unit and reason stand in one row."""
    monkeypatch.setenv("COLUMNS", "200")
    said = CliRunner().invoke(policy, ["show"])
    assert said.exit_code == 0
    row = next(line for line in said.output.splitlines() if line.startswith("repeat.within "))
    assert re.search(r"repeat\.within +7 +days +The usual window .* default", row)


def test_show_of_a_bad_file_shows_nothing(bad: Path) -> None:
    """A policy that cannot be used is not in force."""
    said = CliRunner().invoke(policy, ["show", "--policy", str(bad)])
    assert isinstance(said.exception, PolicyError)
    assert said.output == ""


def test_schemas_lists_every_id() -> None:
    """What stands for what on the wire."""
    rows = [json.loads(line) for line in CliRunner().invoke(schemas, ["list", "--json"]).output.splitlines()]
    assert rows[0]["subject"] == "raw.chat"
    assert len(rows) == len(CliRunner().invoke(schemas, ["list"]).output.splitlines())


def test_schemas_shows_fields_with_meanings_and_examples() -> None:
    """Enough to send a first event."""
    said = CliRunner().invoke(schemas, ["show", "raw.phone"]).output
    assert "call_id: string\n    The telephone system's id of the call." in said
    assert "transcript[].at: null or timestamp-millis = null" in said
    assert "Example abandoned-call\n{" in said
    assert json.loads(CliRunner().invoke(schemas, ["show", "raw.phone", "--json"]).output)["name"] == "RawPhone"


def test_schemas_of_an_unknown_subject_names_the_known_ones() -> None:
    """A typo gets the list."""
    said = CliRunner().invoke(schemas, ["show", "raw.fone"])
    assert said.exit_code == 2
    assert "raw.phone" in said.output


@pytest.mark.parametrize("words", [Reason, Stage])
def test_the_page_on_dead_letters_and_the_code_name_the_same_words(words: type[Reason] | type[Stage]) -> None:
    """An operator finds every reason explained, and none that no longer exists."""
    tables = re.split(r"\n\n(?=\| )", DEAD_LETTERS.read_text("utf-8"))
    table = next(table for table in tables if table.startswith(f"| {words.__name__.lower()} |"))
    rows = [row.strip("| ").split(" | ") for row in table.strip().splitlines()[2:]]
    assert [row[0] for row in rows] == [f"`{word.value}`" for word in words]
    assert all(cell.strip() for row in rows for cell in row)
    assert {len(row) for row in rows} == {3 if words is Reason else 2}


OWN = """
plus_is_ignored_at = ["*"]
[limits.phone]
shared_by = { value = 7, reason = "Our customers are families." }
[[junk]]
for = ["email"]
reason = "The shop's own."
exact = ["shop@example.com"]
"""


def test_identifiers_are_shown_with_their_reasons_and_where_each_is_from(tmp_path: Path) -> None:
    """The file's over the default ones; junk of both stays."""
    file = tmp_path / "identifiers.toml"
    file.write_text(OWN)
    said = CliRunner().invoke(policy, ["identifiers", "--file", str(file), "--json"])
    assert said.exit_code == 0, said.output
    rows = {each["path"]: each for each in map(json.loads, said.stdout.splitlines())}
    found = {path: (rows[path]["value"], rows[path]["source"]) for path in ("limits.phone.shared_by", "own junk[0]")}
    assert found == {"limits.phone.shared_by": ("7", str(file)), "own junk[0]": ("1 for email", str(file))}
    assert rows["limits.phone.held"]["source"] == rows["junk[0]"]["source"] == "default"
    assert rows["plus_is_ignored_at"]["value"] == "*"
    assert rows["limits.phone.shared_by"]["reason"] == "Our customers are families."
    assert "default_region" in CliRunner().invoke(policy, ["identifiers", "--file", str(file)]).stdout


def test_identifiers_without_the_default_junk(tmp_path: Path) -> None:
    """Only its own are shown."""
    file = tmp_path / "identifiers.toml"
    file.write_text("default_junk = false\n" + OWN)
    said = CliRunner().invoke(policy, ["identifiers", "--file", str(file), "--json"])
    junk = [each["path"] for each in map(json.loads, said.stdout.splitlines()) if "junk[" in each["path"]]
    assert junk == ["own junk[0]"]


def test_identifiers_that_make_no_sense_name_the_setting(tmp_path: Path) -> None:
    """With the value, and what is allowed."""
    file = tmp_path / "identifiers.toml"
    file.write_text("[limits.phone]\nshared_by = { value = 0, reason = 'r' }\n")
    said = CliRunner().invoke(policy, ["identifiers", "--file", str(file)])
    assert isinstance(said.exception, PolicyError)
    assert str(said.exception) == "limits.phone.shared_by.value = 0: allowed is a whole number, 1 or more"
