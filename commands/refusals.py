"""Which errors are refusals on purpose, and the exit code of each.

Rule 1: 2 for what the caller wrote (settings, policy, topics file), 1 for what the world answered.
Rule 2: the message is the error's own; nothing is added.
"""

from __future__ import annotations

import click


class Refusal(click.ClickException):
    """One line (or one a problem) on standard error, and an exit code."""

    def __init__(self, message: str, exit_code: int) -> None:
        """Takes what is said, and the exit code."""
        super().__init__(message)
        self.exit_code = exit_code

    def show(self, file: object = None) -> None:
        """Prints each line; nothing before it, so that the name of a bad setting begins it."""
        del file
        click.echo(self.format_message(), err=True)


def explain(error: Exception) -> Refusal | None:
    """Returns how to leave with this error; None for one that nobody raised on purpose."""
    # Imported now that something went wrong: `tellonce --help` does not wait for Kafka's client.
    from agents.settings import BadSettings
    from agents.topic_admin import TopicAdminError
    from agents.topics import TopicsError
    from broker.errors import BrokerError
    from pipeline.policy import PolicyError

    if isinstance(error, BadSettings | PolicyError | TopicsError):
        return Refusal(str(error), 2)
    if isinstance(error, BrokerError | TopicAdminError):
        return Refusal(str(error), 1)
    return None
