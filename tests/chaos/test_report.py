"""What several runs come to can be read at one look, by a person and by a program."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from chaos import __main__ as command
from chaos.run import Played, Row
from chaos.verdict import Verdict


def row(name: str, seconds: float, **exits: int) -> Row:
    """Return what is known of a fault of ten events."""
    return Row(name, 10, seconds, Counter(exits), needless=0, stood=1.0, back=2.0, late=0, ends={})


RUNS = {
    1: Played(
        1,
        [row("kill", 3.0, signal_sigkill=1), row("fair", 4.0)],
        Verdict(repeated=Counter(kill=5), wrong=Counter(kill=1, state=2), apart=["timelines a: version 1, wanted 2"]),
    ),
    2: Played(2, [row("fair", 6.0), row("kill", 2.0, signal_sigkill=2, store=1)], Verdict(repeated=Counter(kill=2))),
}
FOLDERS: dict[int, Path] = {}


async def play(seed: int, _faults: object, _events: int, folder: Path, _say: Callable[[str], None], **_: int) -> Played:
    """Return what a run came to, without one."""
    FOLDERS[seed] = folder
    return RUNS[seed]


def told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *words: str) -> Result:
    """Return what the command says of these runs."""
    monkeypatch.setattr(command, "play", play)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return CliRunner().invoke(command.chaos, words)


def cells(lines: list[str]) -> list[list[str]]:
    """Return the rows of a table without its head."""
    return [[cell.strip() for cell in line.strip("│").split("│")] for line in lines if line.startswith("│")]


def test_all_runs_are_one_table_and_the_last_line_their_totals(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Each fault once: counts are summed, of seconds the longest stands; what is no fault's is below."""
    result = told(monkeypatch, tmp_path, "--runs", "2")
    lines = result.stdout.splitlines()
    begin = next(number for number, line in enumerate(lines) if line.startswith("seeds 1, 2"))
    assert cells(lines[begin:]) == [
        ["kill", "20", "0", "0", "1", "7", "signal_sigkill 3, store 1", "0", "0", "1.0", "2.0", "3.0"],
        ["fair", "20", "0", "0", "0", "0", "-", "0", "0", "1.0", "2.0", "6.0"],
        ["state", "-", "0", "0", "2", "0", "", "", "", "", "", ""],
    ]
    found = json.loads(lines[-1])
    assert {name: found[name] for name in ("events", "wrong", "repeated", "seeds")} == {
        "events": 40, "wrong": 3, "repeated": 7, "seeds": [1, 2],
    }  # fmt: skip
    assert result.exit_code == 1


def test_only_the_run_that_was_not_clean_leaves_its_data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It is named below the run's table, with where the wrong record is apart, and in the totals."""
    result = told(monkeypatch, tmp_path, "--runs", "2")
    assert [FOLDERS[seed].exists() for seed in (1, 2)] == [True, False]
    assert json.loads(result.stdout.splitlines()[-1])["left"] == [str(FOLDERS[1])]
    assert f"data left in {FOLDERS[1]}" in result.stderr
    assert "  timelines a: version 1, wanted 2" in result.stdout.splitlines()


def test_one_run_is_one_table(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Its sum would be the same again."""
    result = told(monkeypatch, tmp_path, "--seed", "2")
    assert "seeds" not in result.stdout.splitlines()[0]
    assert len(cells(result.stdout.splitlines())) == 2
    assert result.exit_code == 0


def test_data_is_not_written_over(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A folder that an earlier run left is refused before anything is started."""
    (tmp_path / "2").mkdir()
    result = told(monkeypatch, tmp_path, "--seed", "1", "--runs", "2", "--keep", str(tmp_path))
    assert (result.exit_code, "is there already" in result.stderr) == (2, True)
