"""`tellonce demo`: from nothing to alerts in one terminal, and nothing left of it."""

import asyncio
import json
import os
import subprocess
import sys

from commands.streams import existing_topics


def test_it_ends_by_itself_with_a_summary_that_adds_up(kafka: str) -> None:
    """DEMO_SECONDS ends it with exit code 0; the last line is JSON, counted in the topics, which are gone then."""
    environment = os.environ | {"TELLONCE_BROKER": kafka, "DEMO_SECONDS": "15"}
    done = subprocess.run(
        [sys.executable, "-m", "commands", "demo"], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    *shown, last = done.stdout.splitlines()
    summary = json.loads(last)
    assert summary["sent"] == summary["admitted"] + summary["rejected"] > 0
    assert summary["alerts"]["total"] > 0
    assert summary["flags"]["total"] > 0
    assert summary["seconds_to_first_alert"] < summary["seconds"]
    assert any("DETRACTOR" in line for line in shown)
    assert not [name for name in asyncio.run(existing_topics(kafka)) if name.startswith("demo-")]
