"""`tellonce`: one group, whose commands are files of their own, loaded when they are called.

Rule 1: `COMMANDS` is the one list; a command is a click command in a module, imported when needed.
Rule 2: refusals that our rooms raise on purpose become one line and an exit code, here and nowhere else
        (`commands.refusals`). Anything else is a bug and keeps its traceback.
"""

from __future__ import annotations

import importlib
import importlib.util

import click

from commands.refusals import explain

COMMANDS = {
    "account": "commands.account:account",
    "backtest": "commands.backtest:backtest",
    "broker": "commands.broker:broker",
    "dead-letters": "commands.dead_letters:dead_letters",
    "demo": "commands.demo:demo",
    "doctor": "commands.doctor:doctor",
    "erase": "commands.erase:erase",
    "evaluate": "commands.evaluate:evaluate",
    "hotspots": "commands.hotspots:hotspots",
    "identity": "commands.identity:identity",
    "policy": "commands.policy:policy",
    "schemas": "commands.schemas:schemas",
    "settings": "commands.settings:settings",
    "simulate": "commands.simulate:simulate",
    "topics": "commands.topics:topics",
    "try": "commands.try_files:try_files",
    "watch": "commands.watch:watch",
    "worker": "commands.worker:worker",
}
"""Name on the command line, and where its click command is."""


class LazyGroup(click.Group):
    """A group that imports a command's module when the command is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Returns the names of all commands whose module is there."""
        there = [name for name, target in COMMANDS.items() if importlib.util.find_spec(_module(target))]
        return sorted({*super().list_commands(ctx), *there})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Returns the command; None for a name that nobody listed."""
        if cmd_name not in COMMANDS:
            return super().get_command(ctx, cmd_name)
        return load(cmd_name, COMMANDS[cmd_name])

    def invoke(self, ctx: click.Context) -> object:
        """Runs the command; a refusal leaves as one line and an exit code."""
        try:
            return super().invoke(ctx)
        except Exception as error:
            refusal = explain(error)
            if refusal is None:
                raise
            raise refusal from error


def load(name: str, target: str) -> click.Command:
    """Imports the command at `module:attribute`. Raises `ClickException` when it is not there."""
    module, _, attribute = target.partition(":")
    if importlib.util.find_spec(module) is None:
        raise click.ClickException(f"`tellonce {name}` is listed, but there is no module {module}")
    command = getattr(importlib.import_module(module), attribute, None)
    if not isinstance(command, click.Command):
        raise click.ClickException(f"`tellonce {name}` is listed, but {module} has no command {attribute}")
    return command


def _module(target: str) -> str:
    return target.partition(":")[0]


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="tellonce", prog_name="tellonce", message="%(prog)s %(version)s")
def tellonce() -> None:
    """Your customers tell their story once.

    Tellonce reads every touchpoint between a company and its customers from Kafka, stitches them into one
    timeline per customer, and raises detractor alerts and repeat-contact flags.
    Settings come from TELLONCE_* variables: see `tellonce settings`.
    """
