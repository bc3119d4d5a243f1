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
Rule 6. The limits beyond which an identifier stops linking (`pipeline.kin`) stand in the same file, each setting with
        its reason; what a file leaves out is as `DEFAULT_LIMITS` has it.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from typing import Any

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from pipeline.kin.rules import CRM, DEFAULT_LIMITS, KinRules, Limit
from pipeline.policy import PolicyError
from pipeline.touchpoint import Identifier

TYPES = ("crm_id", "email", "phone", "visitor_id", "handle")
ANY = "any"
LONGEST = 1024
"""Characters of a value: a place and a name, 512 each as the sources allow, and no more work than that."""

SETTINGS = (
    "default_region", "strongest_first", "own_numbers", "toll_free_is_junk", "plus_is_ignored_at",
    "dots_are_ignored_at", "limits", "junk", "default_junk",
)  # fmt: skip
EVERYWHERE = "*"
JUNK_KEYS = ("for", "reason", "exact", "matching")
LIMIT_KEYS = ("shared_by", "held", "within")
EVER = "ever"
LONGEST_WINDOW = timedelta(days=36_500)
"""A century: more than anybody's telephone, and still inside the calendar."""

_UNITS = {unit: timedelta(**{unit: 1}) for unit in ("seconds", "minutes", "hours", "days")}


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
        plain = _plain(value)
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


def identifier_rules(document: Mapping[str, object]) -> IdentifierRules:
    """Return the rules that a parsed `identifiers.toml` states. Raises `PolicyError` where they make no sense."""
    for key in document:
        if key not in SETTINGS:
            raise PolicyError(key, document[key], f"one of the settings {', '.join(SETTINGS)}")
    exact: dict[str, frozenset[str]] = {}
    matching: dict[str, tuple[re.Pattern[str], ...]] = {}
    groups = document.get("junk", [])
    if not isinstance(groups, list):
        raise PolicyError("junk", groups, "tables, each [[junk]]")
    for index, group in enumerate(groups):
        where = f"junk[{index}]"
        if not isinstance(group, Mapping) or not set(group) <= set(JUNK_KEYS) or not group.get("reason"):
            raise PolicyError(where, group, f"a table of {', '.join(JUNK_KEYS)}, with a reason")
        words = frozenset(_plain(word) for word in _texts(group, "exact", where))
        patterns = tuple(_pattern(one, f"{where}.matching") for one in _texts(group, "matching", where))
        for type_ in _texts(group, "for", where):
            exact[type_] = exact.get(type_, frozenset()) | words
            matching[type_] = matching.get(type_, ()) + patterns
    region = document.get("default_region", "GB")
    if not isinstance(region, str):
        raise PolicyError("default_region", region, "an ISO 3166 region, as GB, US, DE")
    order = _texts(document, "strongest_first", "") or TYPES
    for key in ("toll_free_is_junk", "default_junk"):
        if not isinstance(document.get(key, True), bool):
            raise PolicyError(key, document[key], "true or false")
    return IdentifierRules(
        default_region=region,
        strongest_first=order,
        junk_exact=exact | {"phone": exact.get("phone", frozenset()) | _own_numbers(document)},
        junk_matching=matching,
        toll_free_is_junk=document.get("toll_free_is_junk") is not False,
        plus_is_ignored_at=_domains(document, "plus_is_ignored_at"),
        dots_are_ignored_at=_domains(document, "dots_are_ignored_at"),
        limits=_limits(document.get("limits", {})),
    )


def _own_numbers(document: Mapping[str, object]) -> frozenset[str]:
    """Return the company's own numbers in canonical form. They name their country: the region may be set elsewhere."""
    found: set[str] = set()
    for number in _texts(document, "own_numbers", ""):
        canonical_form = _phone(number, "ZZ")
        if canonical_form is None:
            raise PolicyError("own_numbers", number, "a number with its country code, as +44 20 7946 0000")
        found.add(canonical_form)
    return frozenset(found)


def _domains(document: Mapping[str, object], key: str) -> frozenset[str]:
    domains = frozenset(domain.strip().lower() for domain in _texts(document, key, ""))
    for domain in domains:
        if domain != EVERYWHERE and not re.fullmatch(r"[^@\s.]+(\.[^@\s.]+)+", domain):
            raise PolicyError(key, domain, f'domains, as gmail.com, or "{EVERYWHERE}" for all')
    return domains


def laid_over(beneath: Mapping[str, object], own: Mapping[str, object]) -> Mapping[str, object]:
    """Return a company's own document over another: it says only what differs. Limits are laid over one by one; junk
    is added to the junk beneath, unless it says `default_junk = false`.
    """
    merged = {**beneath, **own}
    limits, own_limits = beneath.get("limits", {}), own.get("limits", {})
    if isinstance(limits, Mapping) and isinstance(own_limits, Mapping):
        over = {type_: _over(limits.get(type_), own) for type_, own in own_limits.items()}
        merged["limits"] = {**limits, **over}
    junk, own_junk = beneath.get("junk", []), own.get("junk", [])
    if own.get("default_junk", True) is False:
        merged["junk"] = own_junk
    elif isinstance(junk, list) and isinstance(own_junk, list):
        merged["junk"] = [*own_junk, *junk]  # its own first: what is wrong in it is named by its place
    return merged


def _over(beneath: object, own: object) -> object:
    return {**beneath, **own} if isinstance(beneath, Mapping) and isinstance(own, Mapping) else own


def _limits(tables: object) -> Mapping[str, Limit]:
    if not isinstance(tables, Mapping) or not all(isinstance(table, Mapping) for table in tables.values()):
        raise PolicyError("limits", tables, "tables, each [limits.TYPE]")
    limits = dict(DEFAULT_LIMITS)
    for type_, table in tables.items():
        where = f"limits.{type_}"
        if type_ not in TYPES or type_ == CRM:
            raise PolicyError(where, table, f"a limit for any of {', '.join(one for one in TYPES if one != CRM)}")
        beneath = limits[type_]
        for key in table:
            if key not in LIMIT_KEYS:
                raise PolicyError(f"{where}.{key}", table[key], f"any of {', '.join(LIMIT_KEYS)}")
        limits[type_] = Limit(
            _count(table, "shared_by", where, beneath.shared_by),
            _count(table, "held", where, beneath.held),
            _window(table["within"], f"{where}.within") if "within" in table else beneath.within,
        )
    return limits


def _count(table: Mapping[str, object], key: str, where: str, beneath: int) -> int:
    if key not in table:
        return beneath
    count = _reasoned(table[key], f"{where}.{key}", ("value", "reason"))["value"]
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        raise PolicyError(f"{where}.{key}.value", count, "a whole number, 1 or more")
    return count


def _window(setting: object, where: str) -> timedelta | None:
    has_unit = isinstance(setting, Mapping) and setting.get("value") != EVER
    table = _reasoned(setting, where, ("value", "unit", "reason") if has_unit else ("value", "reason"))
    value = table["value"]
    if not has_unit:
        return None
    unit = _UNITS.get(table["unit"]) if isinstance(table["unit"], str) else None
    if unit is None:
        raise PolicyError(f"{where}.unit", table["unit"], f"any of {', '.join(_UNITS)}")
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= LONGEST_WINDOW / unit:
        raise PolicyError(f"{where}.value", value, f'"{EVER}", or a time of more than 0 and at most a century')
    if value * unit < timedelta(seconds=1):
        raise PolicyError(f"{where}.value", value, "at least a second")
    return value * unit


def _reasoned(setting: object, where: str, keys: tuple[str, ...]) -> Mapping[str, Any]:
    if not isinstance(setting, Mapping) or set(setting) != set(keys) or not setting["reason"]:
        raise PolicyError(where, setting, f"a table of {', '.join(keys)}")
    return setting


def _canonical(claim: Identifier, rules: IdentifierRules) -> Iterator[Identifier]:
    if claim.type not in TYPES or len(claim.value) > LONGEST or rules.is_junk(claim.type, claim.value):
        return
    if claim.type == "phone":
        value = _phone(claim.value, rules.default_region)
    elif claim.type == "email":
        value = _as_one(_email(claim.value), rules)
    elif claim.type == "handle":
        value = _plain(claim.value)
    else:
        value = claim.value.strip() or None
    if value is not None and not rules.is_junk(claim.type, value):
        yield Identifier(claim.type, value)


@lru_cache(maxsize=65_536)
def _phone(said: str, region: str) -> str | None:
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


def _plain(value: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", " ".join(value.split())).lower())


def _texts(group: Mapping[str, object], key: str, where: str) -> tuple[str, ...]:
    values = group.get(key, [])
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise PolicyError(f"{where}.{key}".lstrip("."), values, "a list of texts")
    return tuple(values)


def _pattern(text: str, setting: str) -> re.Pattern[str]:
    try:
        return re.compile(text, re.IGNORECASE)
    except re.error as error:
        raise PolicyError(setting, text, f"a regular expression ({error})") from error
