"""The settings of one installation: environment variables that begin with TELLONCE_, typed, with ranges.

Rule 1: this class is the one list; `tellonce settings` prints it, and refusals quote it.
Rule 2: a bad value stops at start, one line per problem: name, value, what is allowed. Never a traceback.
Rule 3: a TELLONCE_ name that nobody knows is reported with the nearest one, and not fatal: Kubernetes puts
        TELLONCE_PORT and the like into every container beside a service called "tellonce".
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from datetime import timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, ValidationInfo, field_validator
from pydantic.config import JsonDict
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from agents.amounts import parse_duration, say_duration

PREFIX = "TELLONCE_"


class BadSettings(ValueError):
    """Settings that cannot be worked with; `problems` has one line each."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        """Takes the problems, at least one."""
        super().__init__("\n".join(problems))
        self.problems = problems


def _whole(default: int, low: int, high: int, meaning: str) -> Any:  # noqa: ANN401  as pydantic's own Field
    allowed: JsonDict = {"allowed": f"a whole number from {low} to {high}"}
    return Field(default, ge=low, le=high, description=meaning, json_schema_extra=allowed)


def _duration(default: timedelta, low: str, high: str, meaning: str) -> Any:  # noqa: ANN401  as pydantic's own Field
    return Field(
        default,
        ge=parse_duration(low),
        le=parse_duration(high),
        description=meaning,
        json_schema_extra={"allowed": f"a duration from {low} to {high}"},
    )


def _other(default: object, allowed: str, meaning: str) -> Any:  # noqa: ANN401  as pydantic's own Field
    return Field(default, description=meaning, json_schema_extra={"allowed": allowed})


def _read_duration(value: object) -> object:
    return parse_duration(value) if isinstance(value, str) else value


def _split_addresses(value: object) -> object:
    return tuple(part.strip() for part in value.split(",")) if isinstance(value, str) else value


def _check_addresses(addresses: tuple[str, ...]) -> tuple[str, ...]:
    for address in addresses:
        found = re.fullmatch(r"(?a)(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]):(\d{1,5})", address)
        if found is None or not 1 <= int(found[1]) <= 65535:  # noqa: PLR2004  the last TCP port
            raise ValueError(address)
    return addresses


def _matches(pattern: str) -> AfterValidator:
    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise ValueError(value)
        return value

    return AfterValidator(check)


def _check_file(path: Path | None) -> Path | None:
    if path is not None and not path.is_file():
        raise ValueError(path)
    return path


_Duration = Annotated[timedelta, BeforeValidator(_read_duration)]
_Addresses = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split_addresses), AfterValidator(_check_addresses)]


class Settings(BaseSettings):
    """What may differ from one installation to the next. Rules of detection are a policy's, not settings."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, frozen=True, extra="ignore")

    broker: _Addresses = _other(
        (),
        "host:port, or several with commas",
        "The Kafka to work with; none: the one that `tellonce broker start` runs on this machine.",
    )
    prefix: Annotated[str, _matches(r"[a-z0-9][a-z0-9._-]{0,59}")] = _other(
        "voc.",
        "1 to 60 lower-case letters, digits, dots, dashes",
        "What every topic's name begins with: two installations on one Kafka differ in it.",
    )
    partitions: int = _whole(4, 1, 1000, "Partitions of each shared topic; most workers that can share the work.")
    replication: int = _whole(0, 0, 9, "Copies of each topic; 0: one a broker, at most 3.")
    state_dir: Path | None = _other(
        None,
        "a folder",
        "Where this machine's broker and workers keep state; none: `tellonce` in the XDG state folder.",
    )
    store: Literal["rocksdb", "memory"] = _other(
        "rocksdb",
        "rocksdb or memory",
        "Where a worker keeps its state; from memory it is read back from Kafka at each start.",
    )
    app_id: Annotated[str, _matches(r"[a-z0-9][a-z0-9._-]{0,59}")] = _other(
        "tellonce",
        "1 to 60 lower-case letters, digits, dots, dashes",
        "The consumer group of the workers: those with the same one share the work.",
    )
    session_timeout: _Duration = _duration(
        timedelta(seconds=6), "1 s", "5 min", "How long a worker may be silent before others take its work."
    )
    heartbeat: _Duration = _duration(
        timedelta(seconds=2),
        "100 ms",
        "1 min",
        "How often a worker shows that it lives; under half the session.",
    )
    commit_interval: _Duration = _duration(
        timedelta(seconds=1), "50 ms", "1 min", "How often a worker tells Kafka how far it is."
    )
    most_crashes: int = _whole(
        3, 1, 100, "How often a record, taken alone, may crash a worker before it becomes a dead letter."
    )
    dead_letter_percent: int = _whole(
        20, 1, 100, "Share of a source's last events that may become dead letters before a worker raises its alarm."
    )
    dead_letter_window: int = _whole(1000, 10, 100_000, "How many of a source's last events that share is of.")
    dead_letter_rate: int = _whole(50, 1, 100_000, "Dead letters a second that a source may cause during its alarm.")
    chunk: int = _whole(200, 1, 10_000, "Most records that an agent takes at a time.")
    metrics_host: Annotated[str, _matches(r"[A-Za-z0-9._:-]{1,253}")] = _other(
        "127.0.0.1", "a host name or address", "Where /metrics is served; it has no login."
    )
    metrics_port: int = _whole(0, 0, 65535, "The port of /metrics; 0: a free one, which the worker prints.")
    clock: Literal["on", "off"] = _other(
        "on",
        "on or off",
        "Whether a broken promise is told when its time is over by this machine's clock; off: at the next touchpoint.",
    )
    policy: Annotated[Path | None, AfterValidator(_check_file)] = _other(
        None, "a file that exists", "The rules of detection (TOML); none: those that Tellonce brings."
    )
    identifiers: Annotated[Path | None, AfterValidator(_check_file)] = _other(
        None,
        "a file that exists",
        "What identifies a customer (TOML): junk, limits, priority; only what differs from what Tellonce brings.",
    )
    default_region: Annotated[str, _matches(r"[A-Z]{2}")] | None = _other(
        None,
        "two capital letters (GB, US, ...)",
        "The country of phone numbers that do not say one; none: as the policy's identifiers say.",
    )

    @field_validator("heartbeat")
    @classmethod
    def _beats_often_enough(cls, heartbeat: timedelta, info: ValidationInfo) -> timedelta:
        session = info.data.get("session_timeout")
        # One lost beat must not end a session.
        if session is not None and heartbeat * 2 >= session:
            raise ValueError(heartbeat)
        return heartbeat

    @property
    def bootstrap(self) -> str:
        """The Kafka's addresses as clients want them; empty where none is set."""
        return ",".join(self.broker)


def load() -> Settings:
    """Reads the settings from the environment. Raises `BadSettings` with every problem."""
    try:
        return Settings()
    except ValidationError as error:
        raise BadSettings(tuple(_say(str(each["loc"][0]), each["input"]) for each in error.errors())) from None


def variable(field: str) -> str:
    """Returns the environment variable of a setting."""
    return PREFIX + field.upper()


def meaning(field: str) -> tuple[str, str]:
    """Returns what a setting means and what it may be."""
    info = Settings.model_fields[field]
    extra = info.json_schema_extra
    return info.description or "", str(extra["allowed"]) if isinstance(extra, dict) else ""


def unknown(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Returns one line for each TELLONCE_ variable that is no setting, with the nearest name."""
    known = [variable(field) for field in Settings.model_fields]
    strangers = sorted(name for name in environ if name.startswith(PREFIX) and name not in known)
    return tuple(_say_unknown(name, known) for name in strangers)


def _say(field: str, value: object) -> str:
    # The environment's own words, not what they were parsed into.
    given = os.environ.get(variable(field)) or (say_duration(value) if isinstance(value, timedelta) else value)
    return f"{variable(field)}={given!r}: allowed is {meaning(field)[1]}{_CONDITIONS.get(field, '')}"


def _say_unknown(name: str, known: list[str]) -> str:
    near = get_close_matches(name, known, n=1, cutoff=0.0)
    return f"{name}: no such setting; the nearest is {near[0]} (`tellonce settings` lists all)"


_CONDITIONS = {"heartbeat": f", under half of {variable('session_timeout')}"}
