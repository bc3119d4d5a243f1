"""The libraries say enough and no more."""

import logging

import pytest

from agents.logs import CLIENTS, SELDOM, Seldom, quieten


def record(message: str, *values: object) -> logging.LogRecord:
    """Return a record as a library makes it."""
    return logging.LogRecord("aiokafka", logging.ERROR, "client.py", 1, message, values, None)


@pytest.mark.parametrize(("after", "due"), [(SELDOM - 0.01, False), (SELDOM, True), (SELDOM + 0.01, True)])
def test_a_message_comes_again_after_a_while(after: float, due: bool) -> None:  # noqa: FBT001 -- parametrised
    """Whatever it is filled in with; the next one says how many were left out."""
    now = [100.0]
    seldom = Seldom(lambda: now[0])
    assert seldom.filter(record("no node %s: %s", 1, "refused"))
    for _ in range(1000):
        assert not seldom.filter(record("no node %s: %s", 1, "refused"))
    now[0] += after
    again = record("no node %s: %s", 2, "refused")
    assert bool(seldom.filter(again)) is due
    if due:
        assert again.getMessage() == "no node 2: refused (1000 more of these since the last)"


def test_another_message_is_another_matter() -> None:
    """What was not said lately is said at once, as it is."""
    seldom = Seldom(lambda: 1.0)
    both = [record("no node %s", 1), record("no metadata")]
    assert [bool(seldom.filter(each)) for each in both] == [True, True]
    assert [each.getMessage() for each in both] == ["no node 1", "no metadata"]


def test_the_kafka_clients_loggers_have_it_once() -> None:
    """However often an app is made in one process; each logger is one that the client has."""
    quieten()
    quieten()
    known = logging.Logger.manager.loggerDict
    for name in CLIENTS:
        assert name in known
        assert sum(isinstance(each, Seldom) for each in logging.getLogger(name).filters) == 1
