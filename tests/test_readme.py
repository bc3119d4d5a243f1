"""What README.md and docs/ tell people to type exists, and so does what they link to."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from commands.main import tellonce
from tests.conftest import ROOT

PAGES = [ROOT / "README.md", ROOT / "schemas" / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
SPAN = re.compile(r"`(?:\.venv/bin/)?tellonce ([^`]+)`|^ *(?:\.venv/bin/)?tellonce (.+)$", re.MULTILINE)
LINK = re.compile(r"\]\(([^)#:\s]*)(#[^)\s]+)?\)")


def typed(page: Path) -> Iterator[list[str]]:
    """Yield the words behind `tellonce` of every command on a page; comments, redirections and `…` are not typed."""
    for found in SPAN.finditer(page.read_text("utf-8")):
        line = " ".join((found[1] or found[2]).split())
        yield shlex.split(line.partition(" > ")[0].partition(";")[0].replace("…", ""), comments=True)


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_exists_with_its_options(page: Path) -> None:
    """Words are commands as far as there are commands; what follows is for the last one to parse."""
    for words in typed(page):
        command: click.Command = tellonce
        rest = list(words)
        while isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
            found = command.get_command(click.Context(command), rest.pop(0))
            assert found is not None, words
            command = found
        command.make_parser(click.Context(command)).parse_args(rest)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    """To a file of the repository, and to a heading of it."""
    for file, anchor in LINK.findall(page.read_text("utf-8")):
        target = (page.parent / file).resolve() if file else page
        assert target.exists(), file
        assert not anchor or anchor[1:] in anchors(target), (file, anchor)


def test_the_readme_names_every_command_and_only_verbs_that_there_are() -> None:
    """What `tellonce --help` lists, a newcomer has met; `tellonce demo` is `make demo` there."""
    named = {words[0] for words in typed(ROOT / "README.md")}
    assert named >= set(tellonce.list_commands(click.Context(tellonce))) - {"demo"}
    verbs = set(re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert set(re.findall(r"(?:^|`)make ([a-z-]+)", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE)) <= verbs
