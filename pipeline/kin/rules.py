"""The limits beyond which identifiers stop linking."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from pipeline.policy import PolicyError
from pipeline.touchpoint import Identifier


@dataclass(frozen=True, slots=True)
class Limit:
    """For one type of identifier: `shared_by` is how many customers (distinct identifiers of any one stronger type) may
    share a value before it links nobody; `held` is how many values one stronger identifier may have before none of
    them links to it. Both count within `within`; None means ever."""

    shared_by: int
    held: int
    within: timedelta | None = None

    def __post_init__(self) -> None:
        """Refuse limits of nothing."""
        for name in ("shared_by", "held"):
            if getattr(self, name) < 1:
                raise PolicyError(f"limit.{name}", getattr(self, name), "1 or more")
        if self.within is not None and self.within <= timedelta(0):
            raise PolicyError("limit.within", self.within, "more than 0")


DEFAULT_LIMITS: Mapping[str, Limit] = {
    "email": Limit(shared_by=1, held=10),
    "phone": Limit(shared_by=5, held=10),
    "visitor_id": Limit(shared_by=3, held=100),
    "handle": Limit(shared_by=3, held=20),
}


@dataclass(frozen=True, slots=True)
class KinRules:
    """How identifiers link. `is_junk` tells what has been put on the junk list since it was seen."""

    strongest_first: tuple[str, ...] = ("crm_id", "email", "phone", "visitor_id", "handle")
    limits: Mapping[str, Limit] = field(default_factory=lambda: DEFAULT_LIMITS)
    is_junk: Callable[[Identifier], bool] = lambda _identifier: False

    def rank(self, identifier: Identifier) -> tuple[int, str]:
        """Return an identifier's place among all: the stronger type first, then the smaller value."""
        return self.strongest_first.index(identifier.type), identifier.value
