"""What becomes of a bond, and why an identifier is parked."""

from enum import StrEnum


class Outcome(StrEnum):
    """What became of a bond; the last three are also why an identifier is parked."""

    JOINED = "joined"
    TWO_CRM_IDS = "two_crm_ids"
    TOLD_APART = "told_apart"
    HOLDS_TOO_MANY = "holds_too_many"
    JUNK = "junk"
    CLAIMED_BY_TWO = "claimed_by_two"
    SHARED_BY_TOO_MANY = "shared_by_too_many"
