"""The command line loads what it is asked for, and refuses in one line."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from agents.settings import BadSettings
from agents.topic_admin import Unreachable
from agents.topics import TopicsError
from broker.errors import Missing
from commands.main import COMMANDS, load, tellonce
from commands.refusals import explain


@pytest.mark.parametrize("name", COMMANDS)
def test_every_listed_command_is_there_and_explains_itself(name: str) -> None:
    """Each name in the list leads to a click command whose help is more than its name."""
    result = CliRunner().invoke(tellonce, [name, "--help"])

    assert result.exit_code == 0, result.output
    assert load(name, COMMANDS[name]).help


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("commands.nowhere:it", "no module commands.nowhere"),
        ("commands.main:COMMANDS", "commands.main has no command COMMANDS"),
        ("commands.main:nothing", "commands.main has no command nothing"),
    ],
)
def test_a_listed_command_that_is_not_there_is_a_clear_error(target: str, said: str) -> None:
    """The message names the command and what was looked for."""
    with pytest.raises(click.ClickException, match=f"`tellonce it` is listed, .* {said}"):
        load("it", target)


def test_a_name_that_nobody_listed_is_an_error() -> None:
    """A typing error exits with 2 and the name."""
    result = CliRunner().invoke(tellonce, ["brokre"])

    assert result.exit_code == 2
    assert "'brokre'" in result.output


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (BadSettings(("TELLONCE_PARTITIONS='x': allowed is …",)), 2),
        (TopicsError("a topic is listed twice"), 2),
        (Missing("missing: Java 17 or newer"), 1),
        (Unreachable("No Kafka answers at 192.0.2.1:9092"), 1),
    ],
)
def test_what_the_caller_wrote_exits_with_2_and_what_the_world_said_with_1(error: Exception, code: int) -> None:
    """A refusal keeps its own words."""
    refusal = explain(error)

    assert refusal is not None
    assert (refusal.exit_code, refusal.format_message()) == (code, str(error))


def test_a_bug_keeps_its_traceback() -> None:
    """An error that nobody raised on purpose is not dressed up."""
    assert explain(ZeroDivisionError()) is None
