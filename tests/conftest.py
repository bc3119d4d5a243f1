"""What every test may ask for: a real Kafka, names of its own on it, and an environment without surprises."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from broker.embedded import embedded

# A busy machine is no failure: no test has a time limit, hypothesis' own 0.2 s an example included.
# The same examples in every run, and no time limit: neither luck nor a busy machine is a failure. `make search` throws
# dice instead; what it finds becomes an example.
settings.register_profile("patient", deadline=None, derandomize=True)
settings.register_profile("search", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "patient"))


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Yields the address of a real broker that the tests started for themselves, and stop at their end."""
    with embedded(tmp_path_factory.mktemp("kafka")) as node:
        yield node.bootstrap


@pytest.fixture
def prefix() -> str:
    """Returns a prefix for topics that no other test on the same broker has."""
    return f"t{uuid.uuid4().hex[:12]}."


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No test sees a developer's settings, or touches a developer's broker."""
    for name in [name for name in os.environ if name.startswith("TELLONCE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks what needs the real broker, so that `pytest -m "not kafka"` is the quick half."""
    for item in items:
        if "kafka" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.kafka)


ROOT = Path(__file__).resolve().parent.parent
"""The checkout."""
