"""Bytes to records and back.

Rule 1. On every topic: 0x00, the schema's id in 4 bytes big-endian, the Avro body (as Confluent has it).
Rule 2. Raw topics also take one plain JSON object in UTF-8; `{` as first byte tells it apart. A byte order
        mark and white space may stand before it. What it says is checked by the reader of fields, not here:
        times stay as they were written, and NaN and Infinity stay, to be refused by the name of their field.
        Of a key written twice the last counts. Half of a surrogate pair (an emoji cut in two) becomes U+FFFD.
Rule 3. We write a subject's highest version, and read every version of it that has an id, as the highest.
Rule 4. Bytes from outside raise `Refused` at the stage decode, nothing else, and cost no more memory than
        their length allows: Avro's reader fails at the first item that is not there, whatever a block claims.
"""

import json
import re
import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any, NoReturn

from fastavro import parse_schema, schemaless_reader
from fastavro.read import SchemaResolutionError

from pipeline.avro import Writer, writer
from pipeline.refusal import Reason, Refused, Stage

_MAGIC = 0
_HEADER = 5
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_WHITE_SPACE = b" \t\r\n"
_JSON_BEGINS = b'["-0123456789tfnNI'  # a JSON value that is not an object, NaN and Infinity included
_SURROGATE_ESCAPE = re.compile(rb"\\u[dD][89a-fA-F]")
_SURROGATE = re.compile("[\ud800-\udfff]")
# What fastavro raises on bytes that are not what the schema says; a property test feeds it garbage.
_UNREADABLE = (
    EOFError,
    IndexError,
    KeyError,
    MemoryError,
    SchemaResolutionError,
    TypeError,
    ValueError,
    struct.error,
)


@dataclass(frozen=True, slots=True)
class KnownSchema:
    """A version of a subject's schema: its id on the wire, and the schema as parsed JSON."""

    id: int
    subject: str
    version: int
    schema: Mapping[str, Any]


class _WholeReads(BytesIO):
    """Bytes that refuse to be read past their end. fastavro checks what it reads, but not what it skips."""

    def read(self, size: int | None = -1, /) -> bytes:
        """Read exactly `size` bytes; raise EOFError where there are fewer, or the size is negative."""
        size = -1 if size is None else size
        found = super().read(size) if size >= 0 else b""
        if len(found) != size:
            raise EOFError
        return found


class SchemaBook:
    """Writes and reads every subject. Built once from all known schemas; holds no other state."""

    def __init__(self, known: Iterable[KnownSchema]) -> None:
        """Take every version of every subject; refuse (ValueError) an id or a version that is given twice."""
        self._by_id: dict[int, tuple[str, Any]] = {}
        self._latest: dict[str, tuple[int, int, Any]] = {}
        self._headers: dict[str, bytes] = {}
        self._schemas: dict[str, Mapping[str, Any]] = {}
        self._writers: dict[str, Writer] = {}
        self._parts: dict[tuple[str, frozenset[str]], tuple[Writer, Writer]] = {}
        for one in sorted(known, key=lambda k: (k.subject, k.version)):
            previous = self._latest.get(one.subject)
            if one.id in self._by_id or (previous and previous[1] == one.version):
                raise ValueError(f"schema id {one.id} ({one.subject} version {one.version}) is given twice")
            parsed = parse_schema(dict(one.schema))
            self._by_id[one.id] = (one.subject, parsed)
            self._latest[one.subject] = (one.id, one.version, parsed)
            self._headers[one.subject] = struct.pack(">BI", _MAGIC, one.id)
            self._schemas[one.subject] = one.schema

    def encode(self, subject: str, record: Mapping[str, Any]) -> bytes:
        """Return the record in the subject's highest version. Times are aware, and cut to milliseconds.

        A record that does not fit is our own mistake: `pipeline.avro` says what is raised.
        """
        write = self._writers.get(subject)
        if write is None:  # made at the first record: a command that only reads needs none
            write = self._writers[subject] = writer(self._latest[subject][2], self._headers[subject])
        return write(record)

    def encode_alike(
        self, subject: str, heads: Iterable[Mapping[str, Any]], tail: Mapping[str, Any]
    ) -> Iterator[tuple[Mapping[str, Any], bytes]]:
        """Yield each head with `encode` of it and the tail together; what is alike is written once.

        The heads have the subject's first fields, the tail has the others: a record in Avro is its fields in a row.
        """
        write, write_rest = self._parted(subject, frozenset(tail))
        rest = write_rest(tail)
        for each in heads:
            yield each, write(each) + rest

    def _parted(self, subject: str, tail: frozenset[str]) -> tuple[Writer, Writer]:
        """Return how a subject is written in two: its first fields, and those of the tail."""
        if (subject, tail) not in self._parts:
            schema = self._schemas[subject]
            fields = schema["fields"]
            first, last = fields[: len(fields) - len(tail)], fields[len(fields) - len(tail) :]
            if {field["name"] for field in last} != tail:
                raise ValueError(f"{', '.join(sorted(tail))} are not the last fields of {subject}")
            head, rest = (parse_schema({**schema, "fields": part}, named_schemas={}) for part in (first, last))
            self._parts[subject, tail] = writer(head, self._headers[subject]), writer(rest)
        return self._parts[subject, tail]

    def decode(self, subject: str, data: bytes | None) -> dict[str, Any]:
        """Return the record, in the subject's highest version, times aware UTC. Raises `Refused`."""
        if not data:
            _refuse(Reason.EMPTY, "a value")
        if data[0] != _MAGIC:
            _refuse(Reason.UNKNOWN_FORMAT, "0x00, a schema id and Avro")
        if len(data) < _HEADER:
            _refuse(Reason.MALFORMED_AVRO, "0x00 and a schema id of 4 bytes")
        latest_id, _, reader = self._latest[subject]
        schema_id = int.from_bytes(data[1:_HEADER], "big")
        known = self._by_id.get(schema_id)
        if known is None:
            _refuse(Reason.UNKNOWN_SCHEMA_ID, f"a schema id of {subject}: {self._ids_of(subject)}")
        if known[0] != subject:
            _refuse(Reason.WRONG_SCHEMA, f"a schema id of {subject}: {self._ids_of(subject)}")
        body = BytesIO(data) if schema_id == latest_id else _WholeReads(data)
        body.seek(_HEADER)
        try:
            # The same schema on both sides needs no resolving, which is half the cost.
            record = schemaless_reader(body, known[1], None if schema_id == latest_id else reader)
        except UnicodeDecodeError:
            _refuse(Reason.INVALID_UTF8, "strings in UTF-8")
        except OverflowError:
            _refuse(Reason.UNREADABLE_TIME, "times in epoch milliseconds, between the years 1 and 9999")
        except _UNREADABLE:
            _refuse(Reason.MALFORMED_AVRO, f"{subject} in Avro, as schema id {schema_id} says")
        if body.tell() != len(data):
            _refuse(Reason.TRAILING_BYTES, f"one {subject} and nothing after it")
        return record  # type: ignore[return-value]  # every subject is a record; a test holds that

    def decode_raw(self, subject: str, data: bytes | None) -> dict[str, Any]:
        """Return the record of a raw topic, from Avro or from a JSON object. Raises `Refused`."""
        if data and data[0] == _MAGIC:
            return self.decode(subject, data)
        return _json_object(data)

    def _ids_of(self, subject: str) -> str:
        return ", ".join(str(id_) for id_, (of, _) in sorted(self._by_id.items()) if of == subject)


def _refuse(reason: Reason, expected: str) -> NoReturn:
    raise Refused(Stage.DECODE, reason, None, expected) from None


def _json_object(data: bytes | None) -> dict[str, Any]:
    text = (data or b"").removeprefix(_BYTE_ORDER_MARK).lstrip(_WHITE_SPACE)
    if not text:
        _refuse(Reason.EMPTY, "a value")
    if text[0] != ord("{") and text[0] not in _JSON_BEGINS:
        _refuse(Reason.UNKNOWN_FORMAT, "a JSON object, or 0x00, a schema id and Avro")
    try:
        value = json.loads(text.decode())
        if _SURROGATE_ESCAPE.search(text):
            value = json.loads(_SURROGATE.sub("\ufffd", json.dumps(value, ensure_ascii=False)))
    except UnicodeDecodeError as wrong:
        _refuse(Reason.INVALID_UTF8, f"JSON in UTF-8; byte {wrong.start + 1} of it is not")
    except json.JSONDecodeError as wrong:
        if text[0] != ord("{"):
            _refuse(Reason.UNKNOWN_FORMAT, "a JSON object, or 0x00, a schema id and Avro")
        _refuse(Reason.MALFORMED_JSON, f"one JSON object; character {wrong.pos + 1} of it cannot stand there")
    except RecursionError:
        _refuse(Reason.MALFORMED_JSON, "a JSON object that is less deeply nested")
    except ValueError:  # Python reads no whole number of more than 4,300 digits
        _refuse(Reason.MALFORMED_JSON, "numbers of at most 4,300 digits")
    if not isinstance(value, dict):
        _refuse(Reason.NOT_AN_OBJECT, "a JSON object")
    return value
