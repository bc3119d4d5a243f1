"""What is missing on this machine is named at once, with how to get it."""

from __future__ import annotations

from pathlib import Path

import pytest

from broker.errors import Missing
from broker.requirements import find, major_version


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ('openjdk version "17.0.15" 2025-04-15', 17),
        ('openjdk version "21" 2023-09-19', 21),
        ('java version "1.8.0_392"', 8),
        ('openjdk version "24-ea" 2025-03-18', 24),
        ("The operation couldn't be completed. Unable to locate a Java Runtime.", None),
    ],
)
def test_java_says_its_version_in_many_ways(said: str, expected: int | None) -> None:
    """Old, new and early-access versions are read; no version is none."""
    assert major_version(said) == expected


def _machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, java: str | None, maven: bool, jars: bool) -> Path:
    """Makes a machine with just these; returns the broker's home."""
    programs, home = tmp_path / "bin", tmp_path / "home"
    programs.mkdir()
    (home / "jars").mkdir(parents=True)
    if java is not None:
        (programs / "java").write_text(f"#!/bin/sh\necho 'openjdk version \"{java}\"' >&2\n")
    if maven:
        (programs / "mvn").write_text("#!/bin/sh\n")
    if jars:
        (home / "jars" / "kafka_2.13-4.1.2.jar").touch()
    for program in programs.iterdir():
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(programs))
    return home


@pytest.mark.parametrize("java", ["17.0.1", "18"])
def test_all_that_is_needed_is_java_17_and_the_jars(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, java: str) -> None:
    """Exactly Java 17, and beyond, will do; Maven is not needed once the jars are there."""
    home = _machine(tmp_path, monkeypatch, java=java, maven=False, jars=True)

    assert find(home).java == tmp_path / "bin" / "java"


def test_java_just_too_old_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Java 16 is named as found, and not enough."""
    home = _machine(tmp_path, monkeypatch, java="16.0.2", maven=True, jars=True)

    with pytest.raises(Missing, match=r"^missing: Java 17 or newer \(found 16\)"):
        find(home)


def test_everything_missing_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bare machine is told about Java and Maven in one line, with how to get them."""
    home = _machine(tmp_path, monkeypatch, java=None, maven=False, jars=False)

    with pytest.raises(Missing) as caught:
        find(home)

    said = str(caught.value)
    assert said.startswith("missing: Java 17 or newer, Maven (Debian, Ubuntu: apt-get install")
    assert "\n" not in said


def test_missing_jars_are_brought_by_setup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With Java and Maven there, only `make setup` is left to run."""
    home = _machine(tmp_path, monkeypatch, java="17", maven=True, jars=False)

    with pytest.raises(Missing, match=r"run `make setup`$"):
        find(home)
