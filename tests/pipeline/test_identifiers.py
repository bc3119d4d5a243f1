"""One spelling for each identifier, and none that strangers share."""

import tomllib
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.identifiers import LONGEST, TYPES, IdentifierRules, canonical
from pipeline.identifiers_file import identifier_rules, laid_over
from pipeline.kin.rules import DEFAULT_LIMITS
from pipeline.policy import PolicyError
from pipeline.touchpoint import Identifier

RULES = identifier_rules(tomllib.loads((Path(__file__).parents[2] / "policies" / "identifiers.toml").read_text()))

values = st.one_of(
    st.text(max_size=30),
    st.emails(),
    st.from_regex(r"\+?[0-9 ()-]{6,16}", fullmatch=True),
    st.sampled_from(
        ["+44 20 7946 0001", "(212) 555-0100", "Anna+Shop@Example.COM", "İ@example.com", "ß:İ", "STRAßE@x.de"]
    ),
)
claimed = st.lists(st.builds(Identifier, st.sampled_from([*TYPES, "passport"]), values), max_size=6).map(tuple)


@given(claimed)
def test_canonical_is_final(claims: tuple[Identifier, ...]) -> None:
    """The canonical form of a canonical form is itself."""
    once = canonical(claims, RULES)
    assert canonical(once, RULES) == once


@given(claimed)
def test_strongest_come_first_and_none_twice(claims: tuple[Identifier, ...]) -> None:
    """The order is the rules', and repetitions are dropped."""
    found = canonical(claims, RULES)
    strength = [RULES.strongest_first.index(one.type) for one in found]
    assert strength == sorted(strength)
    assert len(set(found)) == len(found) <= len(claims)


@pytest.mark.parametrize(
    ("type_", "said", "value"),
    [
        ("phone", "020 7946 0001", "+442079460001"),
        ("phone", "+44 (0)20 7946-0001", "+442079460001"),
        ("phone", "00442079460001", "+442079460001"),
        ("phone", "tel:+1-212-555-0100", "+12125550100"),
        ("email", " Anna@Example.COM ", "anna@example.com"),
        ("email", "anna+shop@example.org", "anna+shop@example.org"),
        ("email", "an.na@example.net", "an.na@example.net"),
        ("crm_id", " C-1001 ", "C-1001"),
        ("crm_id", "7", "7"),
        ("visitor_id", "aBc", "aBc"),
        ("handle", "trustpilot: AnnaE", "trustpilot: annae"),
    ],
)
def test_each_type_has_its_canonical_form(type_: str, said: str, value: str) -> None:
    """E.164, a lower-case address, an id as it is."""
    assert canonical((Identifier(type_, said),), RULES) == (Identifier(type_, value),)


@pytest.mark.parametrize(
    ("type_", "said"),
    [
        ("phone", "withheld"),
        ("phone", "0"),
        ("phone", "101"),
        ("phone", "12345"),
        ("phone", "+266696687"),
        ("phone", "1111111111"),
        ("phone", "01234567890"),
        ("phone", "020 7946 0001 ext 5"),
        ("phone", "+999123456789"),
        ("email", "test@example.com"),
        ("email", "NoReply@example.com"),
        ("email", "do-not-reply+1@example.com"),
        ("email", "anna@nowhere"),
        ("email", "anna@@example.com"),
        ("email", "anna"),
        ("crm_id", "NULL"),
        ("crm_id", "-1"),
        ("crm_id", "0"),
        ("crm_id", "000"),
        ("crm_id", "n/a"),
        ("crm_id", "9999"),
        ("crm_id", "???"),
        ("visitor_id", "00000000-0000-0000-0000-000000000000"),
        ("handle", "trustpilot:Anonymous"),
        ("handle", "trustpilot:"),
        ("passport", "P-1"),
    ],
)
def test_what_identifies_nobody_is_dropped(type_: str, said: str) -> None:
    """Junk, and what has no canonical form, name no customer; what else the event claims still does."""
    crm = Identifier("crm_id", "C-1001")
    assert canonical((Identifier(type_, said), crm), RULES) == (crm,)


@pytest.mark.parametrize(("length", "kept"), [(LONGEST - 1, 1), (LONGEST, 1), (LONGEST + 1, 0)])
def test_values_over_the_limit_are_dropped(length: int, kept: int) -> None:
    """A value of exactly the limit still counts."""
    assert len(canonical((Identifier("crm_id", "ab" * (length // 2) + "a" * (length % 2)),), RULES)) == kept


def test_equally_strong_ones_stand_as_claimed() -> None:
    """What the source claims first stays first."""
    claims = (Identifier("phone", "+442079460009"), Identifier("phone", "+442079460001"))
    assert canonical(claims, RULES) == claims


def test_a_number_is_read_in_the_default_region() -> None:
    """The same digits are another number elsewhere."""
    claims = (Identifier("phone", "(212) 555-0100"),)
    assert canonical(claims, IdentifierRules(default_region="US")) == (Identifier("phone", "+12125550100"),)
    assert canonical(claims, IdentifierRules(default_region="GB")) == (Identifier("phone", "+442125550100"),)


@pytest.mark.parametrize(
    ("document", "setting"),
    [
        ({"default_region": "XX"}, "default_region"),
        ({"default_region": 44}, "default_region"),
        ({"strongest_first": ["email"]}, "strongest_first"),
        ({"strongest_first": "email"}, "strongest_first"),
        ({"regions": []}, "regions"),
        ({"junk": "all"}, "junk"),
        ({"junk": [{"for": ["any"], "exact": ["x"]}]}, "junk[0]"),
        ({"junk": [{"for": ["fax"], "reason": "r", "exact": ["x"]}]}, "junk.for"),
        ({"junk": [{"for": ["any"], "reason": "r", "exact": [1]}]}, "junk[0].exact"),
        ({"junk": [{"for": ["any"], "reason": "r", "matching": ["("]}]}, "junk[0].matching"),
    ],
)
def test_rules_that_make_no_sense_name_the_setting(document: dict[str, object], setting: str) -> None:
    """Bad configuration stops at start and says where."""
    with pytest.raises(PolicyError) as caught:
        identifier_rules(document)
    assert caught.value.setting == setting


def test_an_address_under_test_is_taken() -> None:
    """The reserved names that people try things out with are addresses here; a made-up top level is not."""
    said = (Identifier("email", "Ana@shop.test"), Identifier("email", "ana@shop.invalid"))
    assert canonical(said, RULES) == (Identifier("email", "ana@shop.test"),)


@pytest.mark.parametrize("said", ["+1 555 123 4567", "+1-555-0100", "07700 900123"])
def test_a_number_need_not_be_handed_out(said: str) -> None:
    """A possible number is one, though no operator has it: so look new ranges, and the numbers of examples."""
    assert len(canonical((Identifier("phone", said),), RULES)) == 1


@pytest.mark.parametrize("said", ["112", "12345", "1234567", "00000000000", "+44 20 7946 0001 ext. 7"])
def test_what_nobody_can_be_called_by_is_no_number(said: str) -> None:
    """Short codes, fillers, and numbers behind a switchboard name nobody."""
    assert canonical((Identifier("phone", said),), RULES) == ()


@pytest.mark.parametrize("said", ["0808 157 0192", "+1 800 555 0100", "+44 808 157 0001"])
def test_toll_free_numbers_are_companies(said: str) -> None:
    """Nobody calls from a number that the called party pays for; a company may still say that its customers do."""
    claims = (Identifier("phone", said),)
    assert canonical(claims, RULES) == ()
    assert len(canonical(claims, identifier_rules({"toll_free_is_junk": False}))) == 1


def test_a_companys_own_numbers_are_junk() -> None:
    """The end of a call that is the company's is no customer's, however the number is spelt."""
    rules = identifier_rules({"own_numbers": ["+44 (0)20 7946 0000"]})
    said = (Identifier("phone", "020 7946 0000"), Identifier("phone", "020 7946 0001"))
    assert canonical(said, rules) == (Identifier("phone", "+442079460001"),)
    assert rules.kin.is_junk(Identifier("phone", "+442079460000"))


@pytest.mark.parametrize("said", ["a@mailinator.com", "ana@fake.com", "ana@domain.com"])
def test_test_domains_and_public_mailboxes_are_junk(said: str) -> None:
    """What many strangers type is nobody's."""
    assert canonical((Identifier("email", said),), RULES) == ()


def test_the_file_says_the_default_limits() -> None:
    """The limits of the file that is shipped are the defaults, so neither can drift from the other."""
    assert RULES.limits == DEFAULT_LIMITS
    assert RULES.kin.strongest_first == RULES.strongest_first


def test_a_file_may_say_one_limit_alone() -> None:
    """What it leaves out is as the default has it."""
    rules = identifier_rules({"limits": {"phone": {"within": {"value": 90, "unit": "days", "reason": "r"}}}})
    assert rules.limits["phone"] == replace(DEFAULT_LIMITS["phone"], within=timedelta(days=90))
    assert rules.limits["email"] == DEFAULT_LIMITS["email"]


@pytest.mark.parametrize(
    ("limits", "setting"),
    [
        ([], "limits"),
        ({"fax": {}}, "limits.fax"),
        ({"crm_id": {}}, "limits.crm_id"),
        ({"phone": 3}, "limits"),
        ({"phone": {"most": {"value": 3, "reason": "r"}}}, "limits.phone.most"),
        ({"phone": {"held": 3}}, "limits.phone.held"),
        ({"phone": {"held": {"value": 3}}}, "limits.phone.held"),
        ({"phone": {"held": {"value": 3, "reason": ""}}}, "limits.phone.held"),
        ({"phone": {"held": {"value": 0, "reason": "r"}}}, "limits.phone.held.value"),
        ({"phone": {"held": {"value": True, "reason": "r"}}}, "limits.phone.held.value"),
        ({"phone": {"shared_by": {"value": 1.5, "reason": "r"}}}, "limits.phone.shared_by.value"),
        ({"phone": {"within": {"value": "always", "reason": "r"}}}, "limits.phone.within"),
        ({"phone": {"within": {"value": "ever", "unit": "days", "reason": "r"}}}, "limits.phone.within"),
        ({"phone": {"within": {"value": 3, "reason": "r"}}}, "limits.phone.within"),
        ({"phone": {"within": {"value": 3, "unit": "years", "reason": "r"}}}, "limits.phone.within.unit"),
        ({"phone": {"within": {"value": 0, "unit": "days", "reason": "r"}}}, "limits.phone.within.value"),
        ({"phone": {"within": {"value": 0.1, "unit": "seconds", "reason": "r"}}}, "limits.phone.within.value"),
        ({"phone": {"within": {"value": 36_501, "unit": "days", "reason": "r"}}}, "limits.phone.within.value"),
    ],
)
def test_limits_that_make_no_sense_name_the_setting(limits: object, setting: str) -> None:
    """A limit without its reason, of nothing, or of no type is refused by its path."""
    with pytest.raises(PolicyError) as caught:
        identifier_rules({"limits": limits})
    assert caught.value.setting == setting


@pytest.mark.parametrize(("setting", "value"), [("own_numbers", ["0207 946 0000"]), ("toll_free_is_junk", "yes")])
def test_company_settings_that_make_no_sense_are_refused(setting: str, value: object) -> None:
    """A number of one's own names its country; yes is not a truth in TOML."""
    with pytest.raises(PolicyError) as caught:
        identifier_rules({setting: value})
    assert caught.value.setting == setting


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("jane.doe+shop@example.com", "jane.doe@example.com"),
        ("Jane.Doe@dotless.example.com", "janedoe@dotless.example.com"),
        ("jane.doe+shop@example.org", "jane.doe+shop@example.org"),
        ("+shop@example.com", "+shop@example.com"),
    ],
)
def test_plus_and_dots_are_ignored_where_the_rules_say_so(said: str, value: str) -> None:
    """At the domains that are named, and nowhere else; what would leave nothing stays as it is."""
    document = {"plus_is_ignored_at": ["example.com"], "dots_are_ignored_at": ["dotless.example.com"]}
    rules = identifier_rules(document)
    assert canonical((Identifier("email", said),), rules) == (Identifier("email", value),)
    assert canonical((Identifier("email", value),), rules) == (Identifier("email", value),)


def test_plus_may_be_ignored_everywhere() -> None:
    """By a star."""
    rules = identifier_rules({"plus_is_ignored_at": ["*"]})
    assert canonical((Identifier("email", "a+b@example.net"),), rules) == (Identifier("email", "a@example.net"),)


@pytest.mark.parametrize("domains", ["example.com", ["@example.com"], ["example"], ["a b.example"], [5]])
def test_domains_that_are_none_name_the_setting(domains: object) -> None:
    """A list of domains, or the star."""
    with pytest.raises(PolicyError) as caught:
        identifier_rules({"dots_are_ignored_at": domains})
    assert caught.value.setting == "dots_are_ignored_at"


BENEATH = {
    "default_region": "GB",
    "limits": {"phone": {"shared_by": {"value": 3, "reason": "r"}, "held": {"value": 9, "reason": "r"}}},
    "junk": [{"for": ["email"], "reason": "r", "exact": ["old@example.com"]}],
}


def test_an_own_file_says_only_what_differs() -> None:
    """A limit of one type, more junk; the rest is as it was."""
    own = {
        "limits": {"phone": {"shared_by": {"value": 7, "reason": "ours"}}},
        "junk": [{"for": ["email"], "reason": "ours", "exact": ["new@example.com"]}],
    }
    rules = identifier_rules(laid_over(BENEATH, own))
    assert (rules.limits["phone"].shared_by, rules.limits["phone"].held, rules.default_region) == (7, 9, "GB")
    assert rules.is_junk("email", "old@example.com")
    assert rules.is_junk("email", "new@example.com")


def test_an_own_file_may_leave_the_default_junk_out() -> None:
    """Then only its own counts."""
    rules = identifier_rules(laid_over(BENEATH, {"default_junk": False}))
    assert not rules.is_junk("email", "old@example.com")


def test_what_is_wrong_in_an_own_file_is_named_by_its_place_there() -> None:
    """The first group of junk is the file's first."""
    with pytest.raises(PolicyError) as caught:
        identifier_rules(laid_over(BENEATH, {"junk": [{"for": ["email"], "exact": ["x"]}]}))
    assert caught.value.setting == "junk[0]"
