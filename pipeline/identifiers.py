"""Identifiers: one spelling for each, and none that many strangers share.

Rule 1. Claimed identifiers become canonical: E.164 for a phone, a checked lower-case address for an e-mail,
        lower case for a handle; ids of systems keep their case, which may be all that tells two of them
        apart.
Rule 2. Junk is dropped, and so is a value that has no canonical form: it identifies nobody. Junk is what
        `policies/identifiers.toml` lists, in the value as said or in its canonical form.
Rule 3. Strongest first; among equally strong ones in the order claimed, for a source says first what it
        knows best.
Rule 4. Canonical is final: the canonical form of a canonical form is itself.
Rule 5. A company's own numbers are junk, and so are toll-free ones unless the list says otherwise: nobody calls from
        one.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from pipeline.kin.rules import DEFAULT_LIMITS, KinRules, Limit
from pipeline.policy import PolicyError
from pipeline.touchpoint import Identifier

TYPES = ("crm_id", "email", "phone", "visitor_id", "handle")
ANY = "any"
LONGEST = 1024
"""Characters of a value: a place and a name, 512 each as the sources allow, and no more work than that."""
EVERYWHERE = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentifierRules:
    """Which identifiers count, how strong they are, and how many may stand together.

    `junk_exact` (lower case) and `junk_matching` (against the whole lower-case value) are by type, or under `any`.
    `plus_is_ignored_at` and `dots_are_ignored_at` are the domains, or `*`, whose addresses lose `+word` or their dots.
    """

    default_region: str = "GB"
    strongest_first: tuple[str, ...] = TYPES
    junk_exact: Mapping[str, frozenset[str]] = field(default_factory=dict)
    junk_matching: Mapping[str, tuple[re.Pattern[str], ...]] = field(default_factory=dict)
    toll_free_is_junk: bool = True
    plus_is_ignored_at: frozenset[str] = frozenset()
    dots_are_ignored_at: frozenset[str] = frozenset()
    limits: Mapping[str, Limit] = field(default_factory=lambda: DEFAULT_LIMITS)

    def __post_init__(self) -> None:
        """Refuse a region without dialling rules, an order that is not of all types once, junk of no type."""
        if self.default_region not in phonenumbers.SUPPORTED_REGIONS:
            raise PolicyError("default_region", self.default_region, "an ISO 3166 region, as GB, US, DE")
        if sorted(self.strongest_first) != sorted(TYPES):
            raise PolicyError("strongest_first", self.strongest_first, f"each once of {', '.join(TYPES)}")
        for type_ in (*self.junk_exact, *self.junk_matching):
            if type_ not in (*TYPES, ANY):
                raise PolicyError("junk.for", type_, f"any of {', '.join((*TYPES, ANY))}")

    @property
    def kin(self) -> KinRules:
        """How identifiers link; what is junk now links nobody, though it once did.

        Keep it: it remembers what is junk, which the resolver asks again and again, each time a dozen expressions.
        """
        is_junk = lru_cache(maxsize=1 << 16)(lambda one: self.is_junk(one.type, one.value))
        return KinRules(self.strongest_first, self.limits, is_junk)

    def is_junk(self, type_: str, value: str) -> bool:
        """Return whether the value identifies nobody."""
        if type_ == "phone" and self.toll_free_is_junk and _is_toll_free(value):
            return True
        plain = plainly(value)
        spellings = {plain, plain.rpartition(":")[2].strip()} if type_ == "handle" else {plain}
        return any(
            spelling in self.junk_exact.get(kind, ())
            or any(p.fullmatch(spelling) for p in self.junk_matching.get(kind, ()))
            for kind in (ANY, type_)
            for spelling in spellings
        )


def canonical(claims: tuple[Identifier, ...], rules: IdentifierRules) -> tuple[Identifier, ...]:
    """Return the claims in canonical form, strongest first, without junk and without repetitions."""
    found = dict.fromkeys(one for claim in claims for one in _canonical(claim, rules))
    return tuple(sorted(found, key=lambda one: rules.strongest_first.index(one.type)))


def _canonical(claim: Identifier, rules: IdentifierRules) -> Iterator[Identifier]:
    if claim.type not in TYPES or len(claim.value) > LONGEST or rules.is_junk(claim.type, claim.value):
        return
    if claim.type == "phone":
        value = e164(claim.value, rules.default_region)
    elif claim.type == "email":
        value = _as_one(_email(claim.value), rules)
    elif claim.type == "handle":
        value = plainly(claim.value)
    else:
        value = claim.value.strip() or None
    if value is not None and not rules.is_junk(claim.type, value):
        yield Identifier(claim.type, value)


@lru_cache(maxsize=65_536)
def e164(said: str, region: str) -> str | None:
    """Return the number in E.164.

    It must be possible (as long as the country's numbers are), not also in a range that is handed out: ranges are
    opened before libphonenumber hears of it, and what people try things out with (+1 555 …, +44 7700 900 …) is never
    handed out. Withheld callers, short codes and local numbers without their area are not possible; one that names its
    country (+1 555 0100) is taken without its area too. A number with an extension is a switchboard's: without the
    extension it would make one customer of everyone behind it, so it is none.
    """
    try:
        number = phonenumbers.parse(said, region)
    except phonenumbers.NumberParseException:
        return None
    allowed = [phonenumbers.ValidationResult.IS_POSSIBLE]
    if said.lstrip().startswith("+"):
        allowed.append(phonenumbers.ValidationResult.IS_POSSIBLE_LOCAL_ONLY)
    if number.extension or phonenumbers.is_possible_number_with_reason(number) not in allowed:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


@lru_cache(maxsize=65_536)
def _is_toll_free(number: str) -> bool:
    """Return whether a number in E.164 is one that the called party pays for. Others are asked again once canonical."""
    if not number.startswith("+"):
        return False
    try:
        kind = phonenumbers.number_type(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        return False
    return kind == phonenumbers.PhoneNumberType.TOLL_FREE


@lru_cache(maxsize=65_536)
def _email(said: str) -> str | None:
    """Return the address in lower case: providers that tell Jane@ from jane@ are not met, people who type both are.

    Nobody is asked whether the domain exists: the core has no network, and a customer's address of last year counts.
    Plus-addresses and dots are kept apart unless the rules say otherwise (`_as_one`), for only some providers ignore
    them. Addresses under .test are taken: the name is reserved for trying things out, and that is what somebody does
    who sends them.
    """
    spelling = said.strip().lower()
    try:
        value = _normalised(spelling)
        return value if _normalised(value) == value else None
    except EmailNotValidError:
        return None


def _as_one(address: str | None, rules: IdentifierRules) -> str | None:
    """Return the address without what is ignored at its domain. What would leave nothing of it stays."""
    if address is None:
        return None
    local, _, domain = address.rpartition("@")
    if not rules.plus_is_ignored_at.isdisjoint((domain, EVERYWHERE)):
        local = local.partition("+")[0] or local
    if not rules.dots_are_ignored_at.isdisjoint((domain, EVERYWHERE)):
        local = local.replace(".", "") or local
    return f"{local}@{domain}"


def _normalised(address: str) -> str:
    return validate_email(address, check_deliverability=False, test_environment=True).normalized.lower()


def plainly(value: str) -> str:
    """Return a text in lower case, one space between words, each character in one spelling."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", " ".join(value.split())).lower())
