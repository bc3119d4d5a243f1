"""An operator's words, spoken to a worker that runs: merge, then split, is where you began."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from commands.main import tellonce
from commands.streams import read_to_the_end
from pipeline.kin import customer_named_by
from tests.commands.people_on_kafka import CARA, CRM_1, fill, installation
from tests.whole.harness import PARTITIONS, stage

SAID = ("--by", "operator-7", "--why", "she told us on the phone")


def run(*arguments: str) -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(tellonce, arguments)


def told(*arguments: str) -> dict[str, Any]:
    """Return the JSON object that a command printed."""
    result = run(*arguments, "--json", "--show-identifiers")
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_merge_then_split_is_where_you_began(
    kafka: str, prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The resolver answers each word; who, when and why are on its answer; a dry run after it has nothing to say."""
    at = asyncio.run(stage(kafka, prefix, tmp_path))
    installed = installation(kafka, prefix, PARTITIONS)
    asyncio.run(fill(installed))
    for name, value in at.environment.items():
        monkeypatch.setenv(name, value)
    before = told("identity", "show", "cara@example.net")
    with at.worked(1) as crew:
        merged = told("identity", "merge", "cara@example.net", "crm_id:C-1001", *SAID, "--patience", "90")
        assert (merged["outcome"], merged["reason"], merged["epoch"]) == ("merged", "operator", merged["offset"] + 1)
        now = told("identity", "show", "cara@example.net")
        assert now["customer_id"] == customer_named_by(CRM_1)
        assert [(word["word"], word["by"], word["why"]) for word in now["words"]] == [
            ("together", "operator-7", SAID[3])
        ]
        again = run("identity", "merge", "cara@example.net", "crm_id:C-1001", *SAID, "--dry-run")
        assert "are one customer already" in again.stdout

        split = told("identity", "split", "cara@example.net", *SAID, "--patience", "90")
        assert (split["outcome"], split["reason"]) == ("split", "operator")
        after = told("identity", "show", "cara@example.net")
        assert after["customer_id"] == customer_named_by(CARA)
        assert {**after, "words": [], "timeline": None, "contacts": []} == {
            **before,
            "words": [],
            "timeline": None,
            "contacts": [],
        }
        crew.check()
    changes = asyncio.run(read_to_the_end(kafka, at.named(["identity-changes"])))[f"{prefix}identity-changes"]
    said = [installed.book.decode("identity-change", each.value) for each in changes]
    assert {(each["caused_by"], each["by"], each["why"]) for each in said} == {
        ("merge", "operator-7", SAID[3]),
        ("split", "operator-7", SAID[3]),
    }
