"""`tellonce identity` and `tellonce account` on a real broker, over topics as the workers leave them."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner, Result

from agents.installation import Installation
from commands.main import tellonce
from commands.streams import read_to_the_end
from pipeline.kin import customer_named_by
from tests.commands.people_on_kafka import ANNA, BEN, CARA, CRM_1, CRM_2, SHARED, fill, installation, make_topics

SAID = ("--by", "operator-7", "--why", "the same person, she said")


@pytest.fixture(scope="module")
def town(kafka: str) -> Installation:
    """Return an installation whose topics tell of Anna, Ben and Cara; no worker runs, and nothing here changes them."""
    installed = installation(kafka, "town.")
    asyncio.run(fill(installed))
    return installed


@pytest.fixture
def _on_town(town: Installation, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TELLONCE_BROKER", town.bootstrap)
    monkeypatch.setenv("TELLONCE_PREFIX", "town.")
    monkeypatch.setenv("TELLONCE_PARTITIONS", "2")
    yield
    claims = asyncio.run(read_to_the_end(town.bootstrap, {town.name("identity-claims"): 1}))
    assert claims == {town.name("identity-claims"): []}, "what only reads has sent something"


def run(*arguments: str) -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(tellonce, arguments)


def told(*arguments: str) -> list[Any]:
    """Return the JSON lines that a command printed."""
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.mark.usefixtures("_on_town")
@pytest.mark.parametrize(
    "asked",
    ["anna@example.com", "email:Anna@Example.com", "crm_id:C-1001", customer_named_by(CRM_1), customer_named_by(ANNA)],
)
def test_a_customer_is_found_by_whatever_names_her(asked: str) -> None:
    """An address as typed, a type and value, the customer's id, and the id that she had before her CRM id was known."""
    (anna,) = told("identity", "show", asked, "--show-identifiers")
    assert anna["customer_id"] == customer_named_by(CRM_1)
    assert [(each["type"], each["value"]) for each in anna["identifiers"]] == [
        ("crm_id", "C-1001"),
        ("email", "anna@example.com"),
    ]
    (bond,) = anna["identifiers"][1]["bonds"]
    assert (bond["with"]["value"], bond["event"], bond["outcome"]) == ("C-1001", "chat/c1", "joined")
    assert (bond["first"], bond["last"]) == ("2026-03-02T12:00:00.000Z", "2026-03-02T12:00:00.000Z")
    assert anna["accounts"] == ["ACME"]
    assert [contact["channel"] for contact in anna["contacts"]] == ["chat", "phone"]
    assert anna["parked"] == [{"type": "phone", "value": SHARED.value, "why": "claimed_by_two", "shared_by": 2}]


@pytest.mark.usefixtures("_on_town")
def test_identifiers_are_masked_unless_they_are_asked_for() -> None:
    """In JSON and for people; shown on request."""
    for arguments in (["--json"], []):
        hidden = run("identity", "show", "anna@example.com", *arguments).stdout
        assert "anna@example.com" not in hidden
        assert SHARED.value not in hidden
        assert "a\u2022\u2022\u2022@example.com" in hidden
        assert (
            "anna@example.com" in run("identity", "show", "anna@example.com", "--show-identifiers", *arguments).stdout
        )


@pytest.mark.usefixtures("_on_town")
def test_who_was_never_seen_with_another_is_shown_by_her_timeline() -> None:
    """Neither a bond nor the directory knows her."""
    (cara,) = told("identity", "show", "cara@example.net", "--show-identifiers")
    assert cara["customer_id"] == customer_named_by(CARA)
    assert cara["identifiers"] == [{"type": "email", "value": "cara@example.net", "bonds": []}]
    assert cara["timeline"]["touchpoint_count"] == 1


@pytest.mark.usefixtures("_on_town")
def test_a_parked_identifier_says_why_and_who_shares_it() -> None:
    """Alone, and in the list of all that are parked."""
    (phone,) = told("identity", "show", "+1 212 555 0101", "--show-identifiers")
    assert phone["parked"] == [{"type": "phone", "value": SHARED.value, "why": "claimed_by_two", "shared_by": 2}]
    assert told("identity", "parked", "--show-identifiers") == phone["parked"]
    people = run("identity", "parked").stdout
    assert people == "phone +12\u2022\u2022\u202201: claimed_by_two, shared by 2 customers\n"


@pytest.mark.usefixtures("_on_town")
@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("dora@example.com", "Nobody is known by this email."),
        (customer_named_by(BEN)[:-1] + "a", "No customer is known by the id"),
        ("1001", "What was given is no phone that identifies anybody."),
        ("email:null@", "What was given is no email that identifies anybody."),
    ],
)
def test_who_is_not_known_is_one_line(asked: str, said: str) -> None:
    """Nobody, a wrong id, what is no identifier, junk."""
    result = run("identity", "show", asked)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(said)


@pytest.mark.usefixtures("_on_town")
@pytest.mark.parametrize(
    ("one", "other"), [("crm_id:C-1001", "crm_id:C-2002"), ("anna@example.com", "ben@example.org")]
)
def test_two_crm_ids_are_refused_before_anything_is_sent(one: str, other: str) -> None:
    """Named outright, or by other identifiers of their customers."""
    result = run("identity", "merge", one, other, *SAID, "--show-identifiers")
    assert result.exit_code == 1
    assert result.stderr == "Two CRM ids are never one customer: C-1001, C-2002. Nothing was sent.\n"


@pytest.mark.usefixtures("_on_town")
def test_a_dry_merge_lists_what_would_change() -> None:
    """Cara's call about billing becomes a repeat of Anna's chat about it; her timeline is a redirect."""
    changes = told("identity", "merge", "cara@example.net", "crm_id:C-1001", *SAID, "--dry-run")
    winner, loser = customer_named_by(CRM_1), customer_named_by(CARA)
    timelines = {each["id"]: each for each in changes if each["kind"] == "timeline"}
    assert {i: (each["status_before"], each["status_after"]) for i, each in timelines.items()} == {
        winner: ("current", "current"),
        loser: ("current", "merged"),
    }
    assert (timelines[winner]["touchpoints_before"], timelines[winner]["touchpoints_after"]) == (2, 3)
    flags = [each for each in changes if each["kind"] == "repeat-contact"]
    assert ("absent", "raised", winner) in [(f["status_before"], f["status_after"], f["customer_after"]) for f in flags]
    people = run("identity", "merge", "cara@example.net", "crm_id:C-1001", *SAID, "--dry-run").stdout
    assert f"timeline {loser}: current \u2192 merged, 1 \u2192 0 touchpoints, {loser} \u2192 {winner}" in people


@pytest.mark.usefixtures("_on_town")
def test_a_dry_split_lists_what_would_change() -> None:
    """An address that never stood alone takes nothing with it: the CRM id is on the same chat."""
    assert run("identity", "split", "anna@example.com", *SAID, "--dry-run").stdout == (
        "No timeline, alert or flag would change.\n"
    )


@pytest.mark.usefixtures("_on_town")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["merge", "anna@example.com", "crm_id:C-1001"], "are one customer already; nothing was sent."),
        (["split", "cara@example.net"], "is a customer of its own already; nothing was sent."),
    ],
)
def test_a_word_that_says_nothing_new_is_not_sent(arguments: list[str], said: str) -> None:
    """Exit code 0, since all is as it was asked for."""
    result = run("identity", *arguments, *SAID)
    assert result.exit_code == 0
    assert said in result.stdout


@pytest.mark.usefixtures("_on_town")
def test_an_account_is_the_sum_of_its_customers() -> None:
    """Two of the three customers, with their counts; nobody of an account that is not there."""
    (account,) = told("account", "show", "ACME", "--show-identifiers")
    assert {each["customer_id"] for each in account["customers"]} == {
        customer_named_by(CRM_1),
        customer_named_by(CRM_2),
    }
    assert (account["customer_count"], account["touchpoint_count"], account["contact_count"]) == (2, 4, 4)
    assert account["touchpoint_count"] == sum(each["touchpoint_count"] for each in account["customers"])
    assert account["channels"] == ["chat", "phone"]
    nobody = run("account", "show", "NOBODY")
    assert (nobody.exit_code, nobody.stderr) == (1, "No customer belongs to the account NOBODY.\n")


def test_without_a_worker_the_word_stands_and_that_is_said(
    kafka: str, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Patience ends; the record on identity-claims says who, when and why."""
    monkeypatch.setenv("TELLONCE_BROKER", kafka)
    monkeypatch.setenv("TELLONCE_PREFIX", prefix)
    monkeypatch.setenv("TELLONCE_PARTITIONS", "2")
    installed = installation(kafka, prefix)
    asyncio.run(fill(installed))
    result = run("identity", "merge", "cara@example.net", "crm_id:C-1001", *SAID, "--patience", "0.5")
    assert result.exit_code == 1
    assert result.stderr.startswith(
        f"No worker has answered within 0.5 s. The word stands at offset 0 of {prefix}identity-claims"
    )
    topic = installed.name("identity-claims")
    (record,) = asyncio.run(read_to_the_end(kafka, {topic: 1}))[topic]
    claim = installed.book.decode("identity-claim", record.value)
    assert (claim["kind"], claim["by"], claim["reason"]) == ("merge", "operator-7", "the same person, she said")
    assert [each["value"] for each in claim["identifiers"]] == ["cara@example.net", "C-1001"]


def test_topics_that_are_missing_are_said(kafka: str, prefix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With what to run."""
    monkeypatch.setenv("TELLONCE_BROKER", kafka)
    monkeypatch.setenv("TELLONCE_PREFIX", prefix)
    result = run("identity", "parked")
    assert result.exit_code == 1
    assert f"{prefix}directory is missing" in result.stderr
    assert "tellonce topics apply" in result.stderr


def test_nothing_parked_is_said(kafka: str, prefix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """For people; no line for programs."""
    monkeypatch.setenv("TELLONCE_BROKER", kafka)
    monkeypatch.setenv("TELLONCE_PREFIX", prefix)
    monkeypatch.setenv("TELLONCE_PARTITIONS", "2")
    asyncio.run(make_topics(installation(kafka, prefix)))
    assert run("identity", "parked").stdout == "Nothing is parked.\n"
    assert run("identity", "parked", "--json").stdout == ""
