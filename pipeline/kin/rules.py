"""The limits beyond which identifiers stop linking. The defaults and their reasons: `policies/identifiers.toml`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import product

from pipeline.kin.outcomes import Outcome
from pipeline.policy import PolicyError
from pipeline.touchpoint import Identifier

CRM = "crm_id"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Limit:
    """For one type of identifier, how many may stand with it.

    `shared_by`: of how many distinct identifiers of any one stronger type a value may be; one more, and it is parked.
    `held`: how many values of this type one stronger identifier may have; one more, and none of them links to it. A
    value that stands with so many others of its own type that they would be more than `held` is parked.
    `within`: both count what was seen in one window of this length, the windows laid end to end from 1970 on; what was
    over the limit in any window stays so. None means ever.
    """

    shared_by: int
    held: int
    within: timedelta | None = None

    def __post_init__(self) -> None:
        """Refuse limits of nothing."""
        for name in ("shared_by", "held"):
            if getattr(self, name) < 1:
                raise PolicyError(f"limits.{name}", getattr(self, name), "1 or more")
        if self.within is not None and self.within <= timedelta(0):
            raise PolicyError("limits.within", self.within, "more than 0")

    def window(self, moment: datetime) -> int:
        """Return the number of the window that a moment lies in; its start is inside, its end is the next one's."""
        return 0 if self.within is None else (moment - _EPOCH) // self.within


DEFAULT_LIMITS: Mapping[str, Limit] = {
    "email": Limit(shared_by=5, held=10),
    "phone": Limit(shared_by=3, held=10),
    "visitor_id": Limit(shared_by=3, held=100),
    "handle": Limit(shared_by=3, held=20),
}


@dataclass(frozen=True, slots=True)
class Most:
    """At most so many neighbours of a type, counted as `limit` says; what an identifier that has more is."""

    count: int
    limit: Limit
    why: Outcome


_EVER = Limit(shared_by=1, held=1)


@dataclass(frozen=True, slots=True)
class KinRules:
    """How identifiers link. `is_junk` tells what has been put on the junk list since it was seen."""

    strongest_first: tuple[str, ...] = (CRM, "email", "phone", "visitor_id", "handle")
    limits: Mapping[str, Limit] = field(default_factory=lambda: DEFAULT_LIMITS)
    is_junk: Callable[[Identifier], bool] = lambda _identifier: False
    # Worked out once: these are asked hundreds of times a claim.
    _places: Mapping[str, int] = field(init=False, repr=False, compare=False)
    _most: Mapping[tuple[str, str], Most | None] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Refuse a limit for what is no type, or for the CRM id, of which a customer has one."""
        for type_ in self.limits:
            if type_ not in self.strongest_first or type_ == CRM:
                allowed = ", ".join(each for each in self.strongest_first if each != CRM)
                raise PolicyError("limits", type_, f"any of {allowed}")
        places = {type_: place for place, type_ in enumerate(self.strongest_first)}
        object.__setattr__(self, "_places", places)
        object.__setattr__(self, "_most", {both: self._worked_out(*both) for both in product(places, repeat=2)})

    def strength(self, type_: str) -> int:
        """Return a type's place; 0 is the strongest. KeyError where it is none."""
        return self._places[type_]

    def rank(self, identifier: Identifier) -> tuple[int, str]:
        """Return an identifier's place among all: the stronger type first, then the smaller value."""
        return self._places[identifier.type], identifier.value

    def most(self, one: str, other: str) -> Most | None:
        """Return how many neighbours of type `other` an identifier of type `one` may have; None: any number."""
        return self._most[one, other]

    def _worked_out(self, one: str, other: str) -> Most | None:
        if other == CRM != one:
            return Most(1, _EVER, Outcome.CLAIMED_BY_TWO)
        limit = self.limits.get(one if self.strength(other) <= self.strength(one) else other)
        if limit is None:
            return None
        if self.strength(other) > self.strength(one):
            return Most(limit.held, limit, Outcome.HOLDS_TOO_MANY)
        # Of its own type it holds one itself.
        return Most(limit.held - 1 if other == one else limit.shared_by, limit, Outcome.SHARED_BY_TOO_MANY)
