"""Settings are read once, refused by name, and never end in a traceback."""

from __future__ import annotations

from datetime import timedelta

import pytest

from agents.settings import BadSettings, Settings, load, meaning, unknown, variable


def test_every_setting_says_what_it_means_and_what_is_allowed() -> None:
    """The list is the documentation."""
    assert [field for field in Settings.model_fields if not all(meaning(field))] == []


def test_without_any_variable_the_defaults_hold() -> None:
    """An empty environment is a working one."""
    settings = load()

    assert settings.bootstrap == ""
    assert (settings.prefix, settings.partitions) == ("voc.", 4)
    assert settings.session_timeout == timedelta(seconds=6)


@pytest.mark.parametrize(
    ("field", "given", "expected"),
    [
        ("broker", "kafka-1:9092, kafka-2:9092", ("kafka-1:9092", "kafka-2:9092")),
        ("broker", "[::1]:9092", ("[::1]:9092",)),
        ("partitions", "1", 1),
        ("partitions", "1000", 1000),
        ("session_timeout", "5 min", timedelta(minutes=5)),
        ("commit_interval", "50 ms", timedelta(milliseconds=50)),
        ("store", "memory", "memory"),
        ("default_region", "GB", "GB"),
        ("partitions", "", 4),
    ],
)
def test_a_setting_is_read_from_its_variable(
    monkeypatch: pytest.MonkeyPatch, field: str, given: str, expected: object
) -> None:
    """Values at the edge of what is allowed are allowed; an empty one is as good as none."""
    monkeypatch.setenv(variable(field), given)

    assert getattr(load(), field) == expected


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("broker", "kafka"),
        ("broker", "kafka:9092,"),
        ("broker", "kafka:0"),
        ("broker", "kafka:65536"),
        ("prefix", "Voc"),
        ("prefix", "v" * 61),
        ("partitions", "0"),
        ("partitions", "1001"),
        ("partitions", "four"),
        ("partitions", "4.5"),
        ("session_timeout", "999 ms"),
        ("session_timeout", "301 s"),
        ("session_timeout", "10"),
        ("heartbeat", "5 s"),
        ("store", "disk"),
        ("metrics_port", "65536"),
        ("policy", "/no/such/file"),
        ("default_region", "gb"),
    ],
)
def test_a_bad_value_is_refused_in_one_line(monkeypatch: pytest.MonkeyPatch, field: str, given: str) -> None:
    """The line has the variable, the value, and what is allowed; just beyond the range is beyond."""
    monkeypatch.setenv(variable(field), given)

    with pytest.raises(BadSettings) as caught:
        load()

    said = next(line for line in caught.value.problems if line.startswith(variable(field)))
    assert said.startswith(f"{variable(field)}={given!r}: allowed is {meaning(field)[1]}")
    assert "\n" not in said


def test_a_heart_beats_at_least_twice_a_session(monkeypatch: pytest.MonkeyPatch) -> None:
    """Just under half the session will do; exactly half will not."""
    monkeypatch.setenv("TELLONCE_SESSION_TIMEOUT", "4 s")
    monkeypatch.setenv("TELLONCE_HEARTBEAT", "1999 ms")
    assert load().heartbeat == timedelta(milliseconds=1999)

    monkeypatch.setenv("TELLONCE_HEARTBEAT", "2 s")
    with pytest.raises(BadSettings, match="under half of TELLONCE_SESSION_TIMEOUT"):
        load()


def test_all_problems_are_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody mends one setting per attempt."""
    monkeypatch.setenv("TELLONCE_PARTITIONS", "x")
    monkeypatch.setenv("TELLONCE_CHUNK", "0")

    with pytest.raises(BadSettings) as caught:
        load()

    assert caught.value.problems == (
        "TELLONCE_PARTITIONS='x': allowed is a whole number from 1 to 1000",
        "TELLONCE_CHUNK='0': allowed is a whole number from 1 to 10000",
    )


def test_a_name_that_nobody_knows_is_told_the_nearest() -> None:
    """A typing error is found; other programs' variables are not ours to judge."""
    environ = {"TELLONCE_PARTITONS": "4", "TELLONCE_PREFIX": "a.", "DEMO_SECONDS": "60", "PATH": "/bin"}

    assert unknown(environ) == (
        "TELLONCE_PARTITONS: no such setting; the nearest is TELLONCE_PARTITIONS (`tellonce settings` lists all)",
    )


def test_settings_do_not_change() -> None:
    """What was read at the start holds until the end."""
    with pytest.raises(ValueError, match="frozen"):
        load().partitions = 5  # type: ignore[misc]
