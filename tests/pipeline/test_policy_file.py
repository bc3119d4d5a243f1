"""A policy file is used whole or refused with all that is wrong with it."""

import tomllib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.contracts import default_policy, default_policy_document
from pipeline.policy import Channel, Points, Policy, PolicyError, RepeatPolicy
from pipeline.policy_file import policy, problems, shown

HEAD = 'name = "ours"\nversion = "3"\n'
WHY = 'reason = "Because."'
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def parsed(body: str) -> dict[str, Any]:
    """Return a file of one's own with this body."""
    return tomllib.loads(HEAD + body)


def wrong(body: str) -> list[str]:
    """Return what is said of a file of one's own with this body."""
    return [str(problem) for problem in problems(parsed(body), default_policy(), {"billing", "delivery"})]


def settings(document: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the path of every table of the document, a setting's own included."""
    for key, value in document.items():
        if isinstance(value, dict):
            yield (*path, key)
            yield from settings(value, (*path, key))


def test_the_default_file_says_what_the_code_defaults_to() -> None:
    """But for the channels and the windows of single topics, which only the file knows."""
    found = default_policy()
    plain = Policy()
    assert replace(found, channels={}, repeat=replace(found.repeat, within_by_topic={})) == plain
    assert found.channels["social"] == Channel("inbound", contact=True)
    assert found.channels["in_store"] == Channel("inbound", contact=True)
    assert found.channels["invoice"] == Channel("outbound", contact=False)
    assert found.channels["web_visit"] == Channel("inbound", contact=False)
    assert found.repeat.within_by_topic == {"billing": timedelta(days=31)}


def test_the_default_file_states_every_setting_with_its_reason() -> None:
    """A setting that only the code knows could not be asked for its reason."""
    rows = {row.path: row for row in shown(default_policy_document())}
    stated = {path for path in rows if not path.startswith(("channels.", "repeat.within_by_topic."))}
    sections = {name for name in Policy.__slots__ if name not in ("name", "version", "channels")}
    fields = {f"{name}.{field}" for name in sections for field in type(getattr(Policy(), name)).__slots__}
    fields -= {"contact.gap_by_channel", "repeat.within_by_topic", "detractor.nps_at_most"}
    fields -= {"detractor.by_channel", "detractor.by_segment"}
    assert stated == fields | {"name", "version", "detractor.nps"}
    assert all(row.reason for path, row in rows.items() if path not in {"name", "version"})


def test_a_file_of_one_setting_changes_one_setting() -> None:
    """The rest is as beneath."""
    found = policy(parsed(f'[repeat]\nwithin = {{ value = 5, unit = "days", {WHY} }}'), default_policy())
    beneath = default_policy()
    assert found == replace(beneath, name="ours", version="3", repeat=replace(beneath.repeat, within=timedelta(days=5)))


def test_tables_by_name_add_to_those_beneath() -> None:
    """A company's own channel does not take away the others."""
    body = f"""
        [channels]
        fax_bot = {{ direction = "outbound", contact = false, {WHY} }}
        social = {{ direction = "inbound", contact = false, {WHY} }}
        [contact.gap_by_channel]
        fax_bot = {{ value = 2, unit = "hours", {WHY} }}
        [repeat.within_by_topic]
        delivery = {{ value = 36, unit = "hours", {WHY} }}
    """
    found = policy(parsed(body), default_policy())
    assert len(found.channels) == len(default_policy().channels) + 1
    assert found.channels["social"] == Channel("inbound", contact=False)
    assert found.contact.gap_by_channel == {"fax_bot": timedelta(hours=2)}
    assert found.repeat.within_by_topic == {"billing": timedelta(days=31), "delivery": timedelta(hours=36)}


def test_every_kind_of_setting_is_read() -> None:
    """Times, durations, counts, points, compounds and lists of names."""
    body = f"""
        [intake]
        earliest = {{ value = 2010-01-01T01:00:00+01:00, {WHY} }}
        longest_text = {{ value = 20, unit = "characters", {WHY} }}
        clock_skew = {{ value = 90, unit = "seconds", {WHY} }}
        [repeat]
        not_contacts = {{ value = ["review", "survey"], {WHY} }}
        [detractor]
        nps = {{ value = 5, unit = "points", {WHY} }}
        ces = {{ value = 2.5, of = 5, unit = "points", {WHY} }}
        worst_at_most = {{ value = -0.7, unit = "compound", {WHY} }}
    """
    found = policy(parsed(body))
    assert found.intake.earliest == datetime(2010, 1, 1, tzinfo=UTC)
    assert (found.intake.longest_text, found.intake.clock_skew) == (20, timedelta(seconds=90))
    assert found.repeat == RepeatPolicy(not_contacts=frozenset({"review", "survey"}))
    assert (found.detractor.nps_at_most, found.detractor.worst_at_most) == (5, -0.7)
    assert found.detractor.ces == Points(2.5, 5)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("[repaet]", "repaet = {}: allowed is one of name, version, channels, intake, contact, repeat, detractor"),
        ("[repaet]", "; did you mean repeat?"),
        ("[repeat]\nwihtin = 3", "repeat.wihtin = 3: allowed is one of within, not_contacts, within_by_topic"),
        ("[repeat]\nwihtin = 3", "; did you mean within?"),
        ("repeat = 3", "repeat = 3: allowed is a table: [repeat]"),
        ("repeat.within = 3", "repeat.within = 3: allowed is a table: { value = …, unit = …, reason = … }"),
        ("repeat.within = { value = 3, reason = 'x' }", "allowed is a table with value, unit, reason; it has no unit"),
        ("repeat.within = { unit = 'days', reason = 'x' }", "with value, unit, reason; it has no value"),
        ("repeat.within = { value = 3, unit = 'days' }", "with value, unit, reason; it has no reason"),
        ("repeat.within = { value = 3, unit = 'days', reason = ' ' }", "repeat.within.reason = ' ': allowed is a text"),
    ],
)
def test_what_is_missing_or_unknown_is_named_with_what_is_allowed(body: str, said: str) -> None:
    """One problem, one line: path, value, what is allowed, and the nearest name."""
    found = wrong(body)
    assert len(found) == 1
    assert said in found[0]
    with pytest.raises(PolicyError):
        policy(parsed(body), default_policy(), {"billing", "delivery"})


@pytest.mark.parametrize(
    ("path", "table", "said"),
    [
        ("repeat.within", 'value = 3, unit = "day"', ".unit = 'day': allowed is seconds or minutes or hours or days"),
        ("repeat.within", 'value = 3, unit = "days", of = 7', ".of = 7: allowed is one of value, unit, reason"),
        ("repeat.within", 'value = "3", unit = "days"', ".value = '3': allowed is a number"),
        ("repeat.within", 'value = true, unit = "days"', ".value = True: allowed is a number"),
        ("repeat.within", 'value = nan, unit = "days"', ".value = nan: allowed is a number"),
        ("repeat.within", 'value = 0, unit = "days"', " = '0 days': allowed is more than 0"),
        ("repeat.within_by_topic.billing", 'value = -1, unit = "hours"', " = '-1 hours': allowed is more than 0"),
        ("repeat.not_contacts", 'value = ["surveys"]', "; did you mean survey?"),
        ("repeat.not_contacts", 'value = "survey"', """.value = 'survey': allowed is a list of names: ["survey"]"""),
        ("repeat.within_by_topic.biling", 'value = 9, unit = "days"', "billing, delivery; did you mean billing?"),
        ("contact.gap_by_channel.sozial", 'value = 3, unit = "hours"', "; did you mean social?"),
        ("intake.longest_text", 'value = 1.5, unit = "characters"', ".value = 1.5: allowed is a whole number"),
        ("intake.longest_text", 'value = 0, unit = "characters"', " = '0 characters': allowed is 1 or more characters"),
        ("intake.earliest", "value = 2000-01-01T00:00:00", ": allowed is a time with an offset, without quotes"),
        ("detractor.nps", 'value = 6, of = 10, unit = "points"', ".of = 10: allowed is one of value, unit, reason"),
        ("detractor.nps", 'value = 11, unit = "points"', " = '11 points': allowed is 0 to 10"),
        ("detractor.csat", 'value = 2, unit = "points"', "a table with value, of, unit, reason; it has no of"),
        ("detractor.csat", 'value = 5, of = 5, unit = "points"', " = '5 of 5 points': allowed is more than 0, below 5"),
        (
            "channels.chat",
            'direction = "inbound", contact = true',
            " = 'chat': allowed is a name that is not a source's",
        ),
        ("channels.kiosk", 'direction = "in", contact = true', ".direction = 'in': allowed is inbound or outbound"),
        (
            "channels.kiosk",
            'direction = "inbound", contact = 1',
            ".contact = 1: allowed is true or false, without quotes",
        ),
    ],
)
def test_a_wrong_value_is_named_by_path_as_written_with_what_is_allowed(path: str, table: str, said: str) -> None:
    """The line says what to look for in the file and what to write there."""
    found = wrong(f"{path} = {{ {table}, {WHY} }}")
    assert len(found) == 1
    assert found[0].startswith(path)
    assert said in found[0]


@pytest.mark.parametrize(("days", "count"), [(36_499, 0), (36_500, 0), (36_501, 1)])
def test_a_century_is_the_longest_time(days: int, count: int) -> None:
    """Just within, exactly at, just beyond."""
    assert len(wrong(f'[timeline]\nhorizon = {{ value = {days}, unit = "days", {WHY} }}')) == count


def test_a_file_without_name_and_version_is_refused() -> None:
    """Every alert says which policy decided; a nameless one could not be told from the default."""
    assert [problem.setting for problem in problems({})] == ["name", "version"]
    assert [problem.setting for problem in problems({"name": "", "version": 2})] == ["name", "version"]


def test_all_problems_are_found_at_once() -> None:
    """Nobody likes to run a check once a typo."""
    found = wrong(
        f"""
        extra = 1
        [repeat]
        within = {{ value = 0, unit = "days", {WHY} }}
        not_contacts = 3
        [repeat.within_by_topic]
        billing = {{ value = -1, unit = "days", {WHY} }}
        delivery = {{ value = 1, unit = "weeks", {WHY} }}
        [channels]
        kiosk = 3
        stand = 4
        """
    )
    assert [line.split(" = ")[0] for line in found] == [
        "extra",
        "repeat.within",
        "repeat.not_contacts",
        "repeat.within_by_topic.delivery.unit",
        "repeat.within_by_topic.billing",
        "channels.kiosk",
        "channels.stand",
    ]


@given(data=st.data(), value=JSON)
def test_any_value_anywhere_is_used_or_refused(data: st.DataObject, value: object) -> None:
    """Whatever stands in a file, there is a policy or a list of problems, never a traceback."""
    document = default_policy_document()
    path = data.draw(st.sampled_from(sorted(settings(document))))
    at = document
    for key in path:
        at = at[key]
    at[data.draw(st.sampled_from([*at, "other"]))] = value
    found = problems(document)
    assert found or policy(document)


@given(JSON)
def test_any_document_is_used_or_refused(value: object) -> None:
    """The same from the top."""
    assert problems({"name": value, "version": "1", "repeat": value, "channels": value, "x": value})


def test_a_channel_and_a_segment_may_have_limits_of_their_own() -> None:
    """The segment's word counts above the channel's, and what neither says is as everywhere."""
    stars = {"value": 3, "of": 5, "unit": "points", "reason": "Ours are read by everyone."}
    gold = {
        "tags": {"value": ["gold"], "reason": "As the shop marks them."},
        "accounts": {"value": ["ACME-7"], "reason": "A contract of its own."},
        "stars": {"value": 4, "of": 5, "unit": "points", "reason": "They expect more."},
        "nps": {"value": 7, "unit": "points", "reason": "They expect more."},
    }
    said = {
        "name": "x",
        "version": "1",
        "detractor": {"by_channel": {"review": {"stars": stars}}, "by_segment": {"gold": gold}},
    }
    rules = policy(said).detractor
    assert rules.by_segment["gold"].accounts == {"ACME-7"}
    assert rules.limits("chat", None) is rules
    assert rules.limits("review", None).stars == Points(3, 5)
    assert (rules.limits("review", "gold").stars, rules.limits("chat", "gold").nps_at_most) == (Points(4, 5), 7)


NPS = {"value": 11, "unit": "points", "reason": "x"}


@pytest.mark.parametrize(
    ("detractor", "setting"),
    [
        ({"by_channel": {"revue": {}}}, "detractor.by_channel.revue"),
        ({"by_channel": {"review": {"nps": NPS}}}, "detractor.by_channel.review.nps"),
        ({"by_channel": {"review": {"stale_after": NPS}}}, "detractor.by_channel.review.stale_after"),
        ({"by_segment": {"gold": {"nps": NPS | {"value": 7}}}}, "detractor.by_segment.gold"),
        ({"by_segment": {"gold": {"tags": {"value": "gold", "reason": "x"}}}}, "detractor.by_segment.gold.tags.value"),
    ],
)
def test_a_limit_that_makes_no_sense_is_named_where_it_stands(detractor: dict[str, Any], setting: str) -> None:
    """An unknown channel, an NPS of 11, a setting that has no limit, a segment of nobody, a name for a list."""
    (wrong,) = problems({"name": "x", "version": "1", "detractor": detractor})
    assert wrong.setting == setting
