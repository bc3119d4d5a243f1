"""Who is measured, with what each does not guarantee, and how much of the events each is given.

Rule 1. The slow ones stop at a share of the events: rates do not depend on it, and nobody waits for minutes.
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).absolute().parent.parent
PEERS = ROOT / "bench" / "peers"
PEERS_PYTHON = PEERS / ".venv" / "bin" / "python"


COUNTED_TWICE = "an event that is delivered again counts twice"
OLD_OVER_NEW = "after a rebalance or a pause it writes old state over new"


@dataclass(frozen=True, slots=True)
class Contestant:
    """One row. `lacks` is what it does not guarantee of what Tellonce does; `share` the part of the events it takes."""

    name: str
    title: str
    command: tuple[str, ...]
    lacks: str = ""
    share: float = 1.0
    environment: Mapping[str, str] = field(default_factory=dict)


def _ours(name: str, title: str, scorer: str) -> Contestant:
    return Contestant(name, title, (sys.executable, "-m", "bench.tellonce_row"), environment={"BENCH_SCORER": scorer})


def _peer(name: str, title: str, script: str, lacks: str, share: float = 1.0) -> Contestant:
    arguments = ("worker", "-l", "warn") if script == "faust_first.py" else ()
    return Contestant(name, title, (str(PEERS_PYTHON), str(PEERS / script), *arguments), lacks, share)


CONTESTANTS = (
    _ours("tellonce", "Tellonce", "ours"),
    _ours("tellonce_library", "Tellonce, with vaderSentiment", "library"),
    _peer("quix", "Quix Streams", "quix.py", COUNTED_TWICE, 0.6),
    _peer("bytewax", "Bytewax", "bytewax_flow.py", f"{COUNTED_TWICE}; state is on one disk, seconds old", 0.6),
    _peer("aiokafka", "aiokafka by hand", "aiokafka_by_hand.py", f"{COUNTED_TWICE}; {OLD_OVER_NEW}"),
    _peer("confluent", "confluent-kafka by hand", "confluent_by_hand.py", f"{COUNTED_TWICE}; {OLD_OVER_NEW}"),
    _peer(
        "first_faust",
        "Faust as one writes it first",
        "faust_first.py",
        f"{COUNTED_TWICE}; errors and rebalances lose events; {OLD_OVER_NEW}",
        0.15,
    ),
)
