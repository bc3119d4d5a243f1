"""One list, read by everyone: schema files, ids, examples and topics hold each other up, and orphans fail."""

import json
import re
import tomllib
from collections import Counter
from datetime import UTC, date

import avro.schema
import pytest
from fastavro import parse_schema

from agents.contracts import example_texts, known_schemas, schema_book
from tests.schemas.contracts import (
    EXAMPLES,
    FOLDER,
    example,
    examples,
    file_of,
    listed,
    newest,
    record_of,
    records,
    schema_of,
)

ENTRIES = [pytest.param(entry, id=file_of(entry).name) for entry in listed()]
RAW = [shown for shown in examples() if shown[0].startswith("raw.")]


@pytest.mark.parametrize("entry", ENTRIES)
def test_every_record_and_field_says_what_it_means(entry: dict[str, object]) -> None:
    """A downstream team reads the contract, not our code."""
    for path, record in records(schema_of(entry)):
        assert record.get("doc", "").strip(), f"the record {record['name']} at {path or 'the top'} has no doc"
        for field in record["fields"]:
            assert field.get("doc", "").strip(), f"the field {path}.{field['name']} has no doc"


@pytest.mark.parametrize("entry", ENTRIES)
def test_every_schema_is_read_by_both_avro_libraries(entry: dict[str, object]) -> None:
    """The one that we use is forgiving where the reference implementation is not."""
    schema = schema_of(entry)
    assert isinstance(parse_schema(schema), dict)
    assert avro.schema.parse(json.dumps(schema)).type == "record"


@pytest.mark.parametrize("entry", ENTRIES)
def test_no_list_has_items_of_no_bytes(entry: dict[str, object]) -> None:
    """Else a few bytes could claim millions of items, and the reader would make them all."""
    for path, record in records(schema_of(entry)):
        assert record["fields"], f"the record at {path} is empty"
    assert '"null"' not in re.findall(r'"items":\s*("\w+")', file_of(entry).read_text("utf-8"))


def test_ids_are_given_once_and_in_order() -> None:
    """The list is append only, so ids and the versions of a subject only grow."""
    ids = [entry["id"] for entry in listed()]
    assert ids == sorted(set(ids))
    versions: Counter[str] = Counter()
    for entry in listed():
        versions[entry["subject"]] += 1
        assert entry["version"] == versions[entry["subject"]], f"{entry['subject']}: versions go 1, 2, 3 …"
        assert entry["released"] == "unreleased" or type(entry["released"]) is date


def test_every_schema_file_has_an_id_and_every_id_a_file() -> None:
    """Without an id a schema cannot be written; without a file an id cannot be read."""
    assert {file_of(entry).name for entry in listed()} == {path.name for path in FOLDER.glob("*.avsc")}


def test_every_subject_has_two_examples_or_more_and_every_example_a_subject() -> None:
    """An example folder without a schema is stale; a schema without examples is hard to read."""
    count = Counter(subject for subject, _ in examples())
    assert count.keys() == newest().keys()
    assert not [subject for subject, found in count.items() if found < 2]
    assert {path.name for path in EXAMPLES.iterdir()} == count.keys()


@pytest.mark.parametrize(("subject", "shows"), examples())
def test_every_example_is_written_and_read_unchanged(subject: str, shows: str) -> None:
    """What the schemas' folder shows is what the wire takes."""
    book = schema_book()
    record = record_of(example(subject, shows), newest()[subject])
    decoded = book.decode(subject, book.encode(subject, record))
    assert decoded | {"occurred_at": 0} == record | {"occurred_at": 0}
    if "occurred_at" in record and not isinstance(record["occurred_at"], int):
        assert decoded["occurred_at"] == record["occurred_at"].astimezone(UTC)


@pytest.mark.parametrize(("subject", "shows"), RAW)
def test_every_raw_example_may_be_sent_as_it_is(subject: str, shows: str) -> None:
    """The files are documentation: a user copies one and sends it."""
    assert schema_book().decode_raw(subject, example_texts(subject)[shows].encode()) == example(subject, shows)


@pytest.mark.parametrize(("subject", "shows"), examples())
def test_examples_are_of_invented_people(subject: str, shows: str) -> None:
    """Addresses end in example.com, .org or .net; telephone numbers are from the ranges kept for fiction."""
    text = (EXAMPLES / subject / f"{shows}.json").read_text("utf-8")
    assert all(re.search(r"(^|\.)example\.(com|org|net)$", host) for host in re.findall(r"@([\w-]+\.[\w.-]+\w)", text))
    for number in re.findall(r'"(\+?[\d ]{10,})"', text):
        digits = number.replace(" ", "")
        assert re.match(r"(\+44|0)2079460\d{3}$|\+121255501\d\d$", digits), f"{number} may be somebody's"


def test_every_topic_has_a_schema_and_every_schema_a_topic() -> None:
    """A schema that no topic carries is dead; state is carried by the topics that back its tables."""
    topics = tomllib.loads((FOLDER / "topics.toml").read_text("utf-8"))["topic"]
    assert {topic["schema"] for topic in topics if topic.get("schema")} == {
        file_of(entry).stem for entry in listed() if entry["version"] == _highest(entry["subject"])
    }


def test_the_known_schemas_are_the_listed_ones() -> None:
    """What a worker starts with is what the list says, in the order of ids."""
    assert [(known.id, known.subject, known.version) for known in known_schemas()] == [
        (entry["id"], entry["subject"], entry["version"]) for entry in listed()
    ]


def _highest(subject: str) -> int:
    return max(int(entry["version"]) for entry in listed() if entry["subject"] == subject)
