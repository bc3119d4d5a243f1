"""Every event of a file leaves it once, with the same key each time; what cannot be understood leaves as it is."""

import gzip
import json
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exports import BadExport, Exported, Options, kind_of, read
from exports.column_map import EXAMPLE, ColumnMap, column_map
from exports.fields import Field, fields_of
from exports.json_lines import read_json_lines
from exports.mail import Own

LONGEST = 2_000


def schema_fields(source: str) -> tuple[Field, ...]:
    """Return a source's fields, as its schema has them."""
    return fields_of(json.loads((files("schemas") / f"raw.{source}.v1.avsc").read_text("utf-8")))


def review_map(text: str = EXAMPLE) -> ColumnMap:
    """Return a checked map of reviews."""
    return column_map(text, {"review": schema_fields("review")})


def written(folder: Path, name: str, content: bytes) -> Path:
    """Return a file with this content."""
    path = folder / name
    path.write_bytes(content)
    return path


def records(events: list[Exported]) -> list[dict[str, object]]:
    """Return the events as the JSON objects that they are."""
    return [json.loads(event.value or b"") for event in events]


@given(lines=st.lists(st.binary(max_size=60).map(lambda b: b.replace(b"\n", b" ").replace(b"\r", b" "))))
def test_every_line_that_is_not_blank_is_one_event_byte_for_byte(
    lines: list[bytes], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever the bytes are, none is dropped and none is changed."""
    path = written(tmp_path_factory.mktemp("lines"), "any.jsonl", b"\n".join([b"{}", *lines]))
    found = list(read(path, Options(longest=LONGEST)))
    marked = b"\xef\xbb\xbf"
    assert [event.value for event in found] == [b"{}"] + [line for line in lines if line.removeprefix(marked).strip()]


def test_a_line_says_its_source_even_where_it_is_broken(tmp_path: Path) -> None:
    """By its object, by its bytes, by the option, and `other` in the end."""
    path = written(
        tmp_path,
        "mixed.jsonl",
        b'{"source": "phone", "call_id": "c1"}\n{"source": "chat", "session_id": \n{"source": "telex"}\n\xff\xfe\n',
    )
    assert [event.source for event in read(path, Options(longest=LONGEST))] == ["phone", "chat", "other", "other"]
    assert [event.source for event in read(path, Options(longest=LONGEST, source="email"))][2:] == ["email", "email"]


def test_the_key_is_the_sources_own_id_or_a_digest_of_the_bytes(tmp_path: Path) -> None:
    """The same line has the same key, and another line another one."""
    line = b'{"source": "survey", "score": 3}\n'
    path = written(tmp_path, "keys.jsonl", b'{"source": "phone", "call_id": "c1"}\n' + line * 2 + line.upper())
    keys = [event.key for event in read(path, Options(longest=LONGEST))]
    assert keys[0] == b"c1"
    assert keys[1] == keys[2] != keys[3]


@pytest.mark.parametrize(("extra", "fits"), [(-1, True), (0, True), (1, False)])
@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"])
def test_a_line_just_under_at_and_above_the_limit(tmp_path: Path, extra: int, end: bytes, *, fits: bool) -> None:
    """At the limit is still taken; above it only the size and the place are kept, and the next line is read."""
    size = LONGEST + extra
    path = written(tmp_path, "long.jsonl", b"{}\n" + b"x" * size + end + (b"{}" if end else b""))
    found = list(read(path, Options(longest=LONGEST)))
    assert (found[1].value is not None, found[1].size, found[1].line) == (fits, size, 2)
    assert len(found) == (3 if end else 2)


def test_a_line_far_above_the_limit_is_measured_whole(tmp_path: Path) -> None:
    """Its memory is bounded, its size is not."""
    path = written(tmp_path, "huge.jsonl", b"x" * 3_000_000 + b"\n{}\n")
    with path.open("rb") as file:
        found = list(read_json_lines(file, "huge", longest=LONGEST))
    assert [(event.size, event.line) for event in found] == [(3_000_000, 1), (2, 2)]


def test_gzip_is_unpacked_whatever_the_file_is_called(tmp_path: Path) -> None:
    """.jsonl.gz, and gzip that does not say so."""
    for name in ("a.jsonl.gz", "b.jsonl"):
        path = written(tmp_path, name, gzip.compress(b"{}\n"))
        assert len(list(read(path, Options(longest=LONGEST)))) == 1


def test_half_a_gzip_file_is_refused(tmp_path: Path) -> None:
    """A download that broke off is not taken for the whole."""
    path = written(tmp_path, "half.jsonl.gz", gzip.compress(json.dumps(list(range(9999))).encode())[:-20])
    with pytest.raises(BadExport, match="gzip"):
        list(read(path, Options(longest=10**6)))


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("a.csv", "--columns"),
        ("a.mbox", "--own-domain"),
        ("a.doc", "--format"),
        ("a", "--format"),
        ("a.xlsx", "save it as CSV"),
        ("a.zip", "unpack it"),
    ],
)
def test_a_kind_asks_for_what_it_needs(name: str, advice: str) -> None:
    """The message names the option."""
    with pytest.raises(BadExport, match=advice):
        kind_of(Path(name), Options(longest=LONGEST))


@pytest.mark.parametrize(
    ("content", "way_out"),
    [
        (b"[\n {}\n]", r"jq -c '\.\[\]'"),
        (b"[{}, {}]", r"jq -c '\.\[\]'"),
        (b"[" + b" " * LONGEST + b"{}]", r"jq -c '\.\[\]'"),
        (b'\xef\xbb\xbf{\n "events": [{}]\n}', r"jq -c '\.LIST"),
        ("{}\n".encode("utf-16"), "iconv"),
    ],
)
def test_json_of_another_layout_is_refused_with_the_way_out(tmp_path: Path, content: bytes, way_out: str) -> None:
    """Each of its lines would be a dead letter."""
    with pytest.raises(BadExport, match=way_out):
        list(read(written(tmp_path, "a.json", content), Options(longest=LONGEST)))


CSV = (
    "Review no.,Posted,Rating,Headline,Text,User,E-mail\n"
    '17,01/07/2026 12:30,five stars,,"Two\nlines, one cell",ana,ana@example.com\n'
    "18,02/01/2026 08:00,2.5,Fine,,,\n"
    "19,yesterday,n/a,,,,\n"
    "20,1,2,3,4,5,6,7\n"
    "\n"
)


def test_a_table_becomes_events_by_its_map(tmp_path: Path) -> None:
    """Local times get the zone's offset of their day, numbers are numbers, empty cells are left out."""
    path = written(tmp_path, "reviews.csv", CSV.encode())
    found = list(read(path, Options(longest=LONGEST, columns=review_map())))
    shared = {"site": "starboard", "stars_max": 5}
    assert records(found[:3]) == [
        shared
        | {
            "review_id": "17",
            "occurred_at": "2026-07-01T12:30:00+01:00",
            "stars": 5,
            "body": "Two\nlines, one cell",
            "author": "ana",
            "customer": {"email": "ana@example.com"},
        },
        shared | {"review_id": "18", "occurred_at": "2026-01-02T08:00:00+00:00", "stars": 2.5, "title": "Fine"},
        shared | {"review_id": "19", "occurred_at": "yesterday"},
    ]
    assert found[3].value == b"20,1,2,3,4,5,6,7"
    assert [event.key for event in found[:2]] == [b"17", b"18"]


def test_bytes_of_another_encoding_stay_as_they_are(tmp_path: Path) -> None:
    """Latin-1 in a file that should be UTF-8 is for the pipeline to refuse; with the map's word for it, it is read."""
    row = "Review no.,Posted,Rating,Headline,Text,User,E-mail\n17,01/07/2026 12:30,4,,tr\u00e8s bien,,\n".encode(
        "cp1252"
    )
    path = written(tmp_path, "reviews.csv", row)
    (event,) = read(path, Options(longest=LONGEST, columns=review_map()))
    assert b"tr\xe8s bien" in (event.value or b"")
    western = review_map(EXAMPLE.replace('# encoding = "utf-8" ', 'encoding = "cp1252"'))
    (event,) = read(path, Options(longest=LONGEST, columns=western))
    assert records([event])[0]["body"] == "tr\u00e8s bien"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("said", ["utf-8", "cp1252"])
def test_a_byte_order_mark_counts_more_than_the_map(tmp_path: Path, encoding: str, said: str) -> None:
    """Spreadsheets write one; without it the map's word counts."""
    path = written(tmp_path, "reviews.csv", f"\n{CSV}".replace("Fine", "très").encode(encoding))
    found = list(
        read(
            path,
            Options(
                longest=LONGEST, columns=review_map(EXAMPLE.replace('# encoding = "utf-8"', f'encoding = "{said}"'))
            ),
        )
    )
    taken_for_western = (encoding, said) == ("utf-8", "cp1252")
    assert records(found[1:2])[0]["title"] == ("tr\u00c3\u00a8s" if taken_for_western else "tr\u00e8s")


def test_a_quote_that_never_closes_is_refused_with_its_line(tmp_path: Path) -> None:
    """It would make one cell of all rows that follow; one that closes on another line is a cell of two lines."""
    path = written(tmp_path, "reviews.csv", (CSV + '21,now,1,"Oh,,,\n22,now,1,,,,\n').encode())
    with pytest.raises(BadExport, match="line 8: a quote opens here"):
        list(read(path, Options(longest=LONGEST, columns=review_map())))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('source = "review"', 'source = "fax"'), "allowed is one of chat"),
        (("stars_max = 5", "star_max = 5"), "the nearest is stars_max"),
        (('review_id = "Review no."\n', ""), "review needs review_id"),
        (("Europe/London", "Europe/Londinium"), "time_zone"),
        (("[columns]", "[column]"), "the nearest is columns"),
        (('source = "review"', "source ="), "no TOML"),
    ],
)
def test_a_map_that_cannot_work_says_why(change: tuple[str, str], said: str) -> None:
    """What is wrong, and what is allowed, before anything is read."""
    with pytest.raises(BadExport, match=said):
        review_map(EXAMPLE.replace(*change))


def test_a_column_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    """A header in another language is the usual mistake, and another delimiter."""
    path = written(tmp_path, "reviews.csv", b"Nr.,Datum\n1,2\n")
    with pytest.raises(BadExport, match=r"no column 'Review no\.'.*it has: Nr\., Datum$"):
        list(read(path, Options(longest=LONGEST, columns=review_map())))
    path = written(tmp_path, "reviews.csv", CSV.replace(",", ";").encode())
    with pytest.raises(BadExport, match='Set `delimiter = ";"` in the map'):
        list(read(path, Options(longest=LONGEST, columns=review_map())))


MBOX = b"""From a Thu Jan  1 00:00:00 2026
From: =?utf-8?q?Ana_L=C3=B3pez?= <ana@example.org>
To: help@example.net
Cc: boss@example.net
Subject: =?utf-8?q?Wo_bleibt_mein_Paket=3F?=
Date: Thu, 01 Jan 2026 10:00:00 +0100
Message-ID: <m1@example.org>

Where is it?

From b Thu Jan  1 00:00:00 2026
From: Help <help@example.net>
To: boss@example.net, ana@example.org
Subject: Re: parcel
Date: Thu, 01 Jan 2026 12:00:00 -0000
Message-ID: <m2@example.net>
In-Reply-To: <m1@example.org>
References: <m0@example.org>
 <m1@example.org>
Content-Type: text/html; charset=utf-8

<html><head><style>p {}</style></head><body><p>On its&nbsp;way.</p><p>Yours</p></body></html>

From c Thu Jan  1 00:00:00 2026
From: ana@example.org
Subject: no id, no date

Hello?
"""


def test_a_mailbox_becomes_events_with_their_direction(tmp_path: Path) -> None:
    """Own addresses are the company; threads, charsets and HTML are read; what is missing stays missing."""
    own = Own(frozenset(), frozenset({"example.net"}))
    found = list(read(written(tmp_path, "a.mbox", MBOX), Options(longest=LONGEST, own=own)))
    first, second, third = records(found)
    assert first == {
        "message_id": "<m1@example.org>",
        "direction": "inbound",
        "from": "ana@example.org",
        "to": ["help@example.net", "boss@example.net"],
        "references": [],
        "subject": "Wo bleibt mein Paket?",
        "body": "Where is it?\n",
        "occurred_at": "2026-01-01T10:00:00+01:00",
    }
    assert (second["direction"], second["to"]) == ("outbound", ["ana@example.org"])
    assert second["references"] == ["<m0@example.org>", "<m1@example.org>"]
    assert (second["body"], second["occurred_at"]) == ("On its way.\nYours", "2026-01-01T12:00:00+00:00")
    assert "occurred_at" not in third
    assert str(third["message_id"]).endswith("@derived.invalid>")


def test_a_packed_mailbox_is_the_same_mailbox(tmp_path: Path) -> None:
    """mbox.gz."""
    options = Options(longest=LONGEST, own=Own(frozenset({"help@example.net"}), frozenset()))
    plain = list(read(written(tmp_path, "a.mbox", MBOX), options))
    packed = list(read(written(tmp_path, "b.mbox.gz", gzip.compress(MBOX)), options))
    assert [event.value for event in plain] == [event.value for event in packed]


def test_no_mailbox_is_refused(tmp_path: Path) -> None:
    """Python would call it an empty one."""
    options = Options(longest=LONGEST, own=Own(frozenset(), frozenset()))
    with pytest.raises(BadExport, match="no mbox"):
        list(read(written(tmp_path, "a.mbox", b"Hello"), options))


@pytest.mark.parametrize("source", ["chat", "phone", "email", "review", "survey", "other"])
def test_every_source_has_fields_with_words(source: str) -> None:
    """Paths are told apart, inner records have theirs, and an event needs its time."""
    fields = schema_fields(source)
    paths = [field.path for field in fields]
    assert len(paths) == len(set(paths))
    assert "customer.email" in paths
    assert next(field for field in fields if field.path == "occurred_at").required
    assert all(field.doc for field in fields)
