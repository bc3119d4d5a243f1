"""The examples of raw events are true: a real intake takes them, as JSON and as Avro alike."""

import tomllib
from dataclasses import replace
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

import pytest

from agents.contracts import default_policy, example_texts, schema_book
from pipeline.flow import Intake, admit
from pipeline.identifiers_file import identifier_rules
from pipeline.identity import StrongestIdentifier
from pipeline.language import language
from pipeline.record import RawRecord
from pipeline.touchpoint import Origin, Touchpoint
from tests.schemas.contracts import example, examples, newest, record_of

RAW = [(subject, shows) for subject, shows in examples() if subject.startswith("raw.")]


def _document(name: str) -> dict[str, Any]:
    return tomllib.loads(files("policies").joinpath(name).read_text("utf-8"))


@pytest.fixture(scope="module")
def intake() -> Intake:
    """Return the intake of an installation that changed nothing."""
    rules = identifier_rules(_document("identifiers.toml"))
    words = language(
        _document("taxonomy.toml"), _document("lexicon.toml"), _document("signals.toml"), rules.default_region
    )
    return Intake(schema_book(), default_policy(), rules, words, StrongestIdentifier())


@pytest.mark.parametrize(("subject", "shows"), RAW)
def test_every_raw_example_is_admitted_alike_as_json_and_as_avro(subject: str, shows: str, intake: Intake) -> None:
    """Whoever copies an example gets a touchpoint, whichever way it is sent."""
    text = example_texts(subject)[shows].encode()
    avro = intake.book.encode(subject, record_of(example(subject, shows), newest()[subject]))
    record = RawRecord(
        source=subject.removeprefix("raw."),
        origin=Origin(f"voc.{subject}", 0, 1),
        received_at=datetime(2026, 3, 13, tzinfo=UTC),
        key=None,
        value=text,
    )
    admitted = admit(record, intake)
    assert isinstance(admitted, Touchpoint), admitted
    assert admit(replace(record, value=avro), intake) == admitted
