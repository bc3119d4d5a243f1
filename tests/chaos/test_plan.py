"""A short plan of faults on a Kafka of its own: killed workers, a frozen one, poison, a producer that errs, a broken
store. Nothing lost, nothing twice, nothing wrong. `make chaos` plays all faults, as long as one likes.
"""

from collections import Counter
from pathlib import Path

import pytest
import pytest_asyncio

from chaos.faults import FAULTS
from chaos.report import is_clean, totals
from chaos.run import STANDS, Played, play

SHORT = ("kill -9 at 20, 45, 70 %", "SIGSTOP beyond two sessions", "poison, a tenth", "twice, reversed, 2 h off")
EVENTS, SEED = 240, 11


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """Plays the short plan."""
    plan = [fault for fault in FAULTS if fault.name in SHORT]
    assert len(plan) == len(SHORT)
    said: list[str] = []
    folder: Path = tmp_path_factory.mktemp("chaos")
    return await play(SEED, plan, EVENTS, folder, said.append)


@pytest.mark.kafka
def test_nothing_is_lost_twice_or_wrong(played: Played) -> None:
    """Touchpoints, dead letters, timelines, alerts, flags, signals and state are those of the core over the raw log."""
    found = totals([played])
    assert played.verdict.examples == []
    assert is_clean(found), found
    assert found["compared"] > 2 * EVENTS


@pytest.mark.kafka
def test_the_faults_came_while_there_was_work(played: Played) -> None:
    """Workers were killed, and the frozen one left when it woke up."""
    exits = sum((row.exits for row in played.rows), Counter[str]())
    assert exits["signal_sigkill"] >= 5
    assert exits["paused"] >= 1


@pytest.mark.kafka
def test_commits_never_fell_and_never_stood(played: Played) -> None:
    """No look at the committed offsets found one lower than before, or none moving for half a minute."""
    assert played.fell == []
    assert all(row.stood < STANDS for row in played.rows)


@pytest.mark.kafka
def test_no_log_names_a_customer(played: Played) -> None:
    """No identifier of anybody is in what the workers said."""
    assert played.told == []
