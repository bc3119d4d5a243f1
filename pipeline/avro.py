"""Writes Avro: of a schema a function is made, once, which writes record after record.

fastavro asks at each value what the schema says of it, and tries which branch of a union fits: a quarter of the core's
time. Here that is asked once, and the answer is a line of Python a value, as `dataclasses` makes its methods.

Rule 1. The bytes are fastavro's; a property test over every schema holds that. Where a record lacks a field, its
        default is written.
Rule 2. It knows what our schemas are made of: records, arrays, `null` or another, strings, bytes, numbers, booleans,
        and times in milliseconds. Anything else is refused when the function is made.
Rule 3. What does not fit its schema raises what Python says of it: our own record, so our own mistake.
"""

import struct
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

Writer = Callable[[Mapping[str, Any]], bytes]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)


def writer(schema: Any, head: bytes = b"") -> Writer:  # noqa: ANN401 -- fastavro's parsed schema
    """Return the function that writes a record of a schema (as fastavro's `parse_schema` returns it) behind `head`.

    Raises ValueError where the schema has a type that is not written here (Rule 2). The function raises OverflowError
    where a whole number has more than 64 bits, and otherwise as Rule 3 says.
    """
    source = _Source()
    source.value(schema, "record", "    ")
    body = "\n".join((f"def write(record):\n    parts = [{head!r}]\n    put = parts.append", *source.lines))
    made: dict[str, Any] = {"whole": whole, "moment": moment, "double": _DOUBLE, **source.defaults}
    exec(f"{body}\n    return b''.join(parts)", made)  # noqa: S102 -- our own schemas, at start; see docs/decisions/0012
    return made["write"]  # type: ignore[no-any-return]


class _Source:
    """The lines of a function that is being made, and the defaults that they name."""

    def __init__(self) -> None:
        """Begin with none."""
        self.lines: list[str] = []
        self.defaults: dict[str, Any] = {}
        self._records: dict[str, Any] = {}
        self._numbers = count()

    def value(self, type_: Any, of: str, indent: str) -> None:  # noqa: ANN401 -- likewise
        """Write the value of an expression."""
        if isinstance(type_, list):
            self._or_null(type_, of, indent)
            return
        type_ = self._records.get(type_, type_) if isinstance(type_, str) else type_
        kind, logical = (type_["type"], type_.get("logicalType")) if isinstance(type_, Mapping) else (type_, None)
        match kind, logical:
            case "record", None:
                self._record(type_, of, indent)
            case "array", None:
                self._array(type_["items"], of, indent)
            case "string", None:
                self._sized(f"{of}.encode()", indent)
            case "bytes", None:
                self._sized(of, indent)
            case "long", "timestamp-millis":
                self._line(indent, f"put(moment({of}))")
            case (("int" | "long"), None):
                self._line(indent, f"put(whole({of}))")
            case "double", None:
                self._line(indent, f"put(double({of}))")
            case "boolean", None:
                self._line(indent, rf"put(b'\x01' if {of} else b'\x00')")
            case _:
                raise ValueError(f"pipeline.avro does not write {logical or kind}")

    def _record(self, schema: Mapping[str, Any], of: str, indent: str) -> None:
        self._records[schema["name"]] = schema
        record = self._named(of, indent)
        for field in schema["fields"]:
            name, type_ = repr(str(field["name"])), field["type"]
            found = f"{record}[{name}]"
            if "default" in field or (isinstance(type_, list) and "null" in type_):
                default = f"default{next(self._numbers)}"
                self.defaults[default] = field.get("default")
                found = f"{record}.get({name}, {default})"
            self.value(type_, found, indent)

    def _array(self, items: Any, of: str, indent: str) -> None:  # noqa: ANN401 -- likewise
        array, item = self._named(of, indent), f"v{next(self._numbers)}"
        self._line(indent, f"if {array}:")
        self._line(indent, f"    put(whole(len({array})))")
        self._line(indent, f"    for {item} in {array}:")
        self.value(items, item, f"{indent}        ")
        self._line(indent, r"put(b'\x00')")

    def _or_null(self, branches: list[Any], of: str, indent: str) -> None:
        if len(branches) != 2 or branches.count("null") != 1:  # noqa: PLR2004 -- null and another
            raise ValueError("pipeline.avro does not write a union but of null and another")
        null = branches.index("null")
        value = self._named(of, indent)
        self._line(indent, f"if {value} is None:")
        self._line(indent, f"    put({whole(null)!r})")
        self._line(indent, "else:")
        self._line(indent, f"    put({whole(1 - null)!r})")
        self.value(branches[1 - null], value, f"{indent}    ")

    def _sized(self, of: str, indent: str) -> None:
        sized = self._named(of, indent)
        self._line(indent, f"put(whole(len({sized})))")
        self._line(indent, f"put({sized})")

    def _named(self, of: str, indent: str) -> str:
        """Give an expression a name, so that it is worked out once."""
        name = f"v{next(self._numbers)}"
        self._line(indent, f"{name} = {of}")
        return name

    def _line(self, indent: str, line: str) -> None:
        self.lines.append(indent + line)


def moment(value: datetime | int) -> bytes:
    """Return an aware time, or epoch milliseconds, as Avro's timestamp-millis: what is under a millisecond is cut."""
    return whole(value if isinstance(value, int) else (value - EPOCH) // MILLISECOND)


def whole(number: int) -> bytes:
    """Return a whole number as Avro has it: zigzag, seven bits a byte, the lowest first."""
    return _SMALL[number] if 0 <= number < len(_SMALL) else _whole(number)


def _whole(number: int) -> bytes:
    if not -(1 << 63) <= number < 1 << 63:
        raise OverflowError("a whole number of more than 64 bits")
    rest = (number << 1) ^ (number >> 63)
    found = bytearray()
    while rest > 0x7F:  # noqa: PLR2004 -- seven bits
        found.append(rest & 0x7F | 0x80)
        rest >>= 7
    found.append(rest)
    return bytes(found)


_SMALL = tuple(_whole(number) for number in range(1024))
"""Lengths and counts, most of which are small."""

_DOUBLE = struct.Struct("<d").pack
