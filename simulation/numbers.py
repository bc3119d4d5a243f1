"""Telephone numbers that ring nowhere.

Rule 1. Each number is one person's; where there are no more, there is none.
Rule 2. Britain's are those that Ofcom keeps for drama, 0000 to 0999 of each prefix; America's are 555-0100 to 555-0199
        of each area code.
"""

_BRITISH = (
    "20 7946", "113 496", "114 496", "115 496", "116 496", "117 496", "118 496", "121 496", "131 496", "141 496",
    "151 496", "161 496", "191 498",
)  # fmt: skip
_AMERICAN = (
    "212", "202", "203", "205", "206", "207", "208", "213", "214", "215", "216", "217", "218", "301", "302", "303",
    "304", "305", "307", "308", "309", "310", "312", "313", "314", "315", "316", "317", "318", "319", "401", "402",
    "404", "405", "406", "407", "408", "409", "410", "412", "413", "414", "415", "417", "419", "501", "502", "503",
)  # fmt: skip
_A_PREFIX, _AN_AREA = 1000, 100


def a_number(index: int) -> str | None:
    """Return British number `index`, None beyond the last (13,000)."""
    prefix, line = divmod(index, _A_PREFIX)
    return f"+44 {_BRITISH[prefix]} {line:04d}" if prefix < len(_BRITISH) else None


def an_american_number(index: int) -> str | None:
    """Return American number `index`, None beyond the last (4,800)."""
    area, line = divmod(index, _AN_AREA)
    return f"+1 {_AMERICAN[area]} 555 {100 + line:04d}" if area < len(_AMERICAN) else None
