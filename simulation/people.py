"""Invented customers and agents. Addresses are under example.com and its like; numbers are fiction's."""

from dataclasses import dataclass
from random import Random

from simulation.numbers import a_number

_FIRST = [
    "Adaeze",
    "Alun",
    "Amira",
    "Anselm",
    "Asta",
    "Bea",
    "Branwen",
    "Calixta",
    "Caspian",
    "Daya",
    "Dermot",
    "Eirlys",
    "Elio",
    "Fenna",
    "Ferelith",
    "Gwil",
    "Hana",
    "Idris",
    "Ines",
    "Isolde",
    "Jago",
    "Juna",
    "Kasper",
    "Keziah",
    "Leif",
    "Linnea",
    "Lowri",
    "Maeve",
    "Malik",
    "Marit",
    "Mirela",
    "Nadia",
    "Nils",
    "Odile",
    "Oskar",
    "Perran",
    "Petra",
    "Quill",
    "Rafe",
    "Rhian",
    "Sanna",
    "Selwyn",
    "Sunniva",
    "Tamsin",
    "Teodor",
    "Una",
    "Vesna",
    "Wilf",
    "Yara",
    "Zeno",
]
_LAST = [
    "Abernook",
    "Ashgrove",
    "Barrowmere",
    "Birchall",
    "Brackwater",
    "Calderwick",
    "Copperfell",
    "Dunmarrow",
    "Eastlake",
    "Elderfen",
    "Fairholt",
    "Fernhollow",
    "Gorsehill",
    "Greywater",
    "Harkstead",
    "Hazelthorpe",
    "Ivybridge",
    "Kestrelby",
    "Kingsmarsh",
    "Larkmoor",
    "Lindqvale",
    "Maplewade",
    "Merrowdale",
    "Netherby",
    "Northgale",
    "Oakhanger",
    "Orchardson",
    "Pellwyn",
    "Quarrington",
    "Ravenscar",
    "Redmere",
    "Saltmarsh",
    "Silverdene",
    "Stonebeck",
    "Thistlewood",
    "Thornbury",
    "Umberleigh",
    "Valefort",
    "Westermoor",
    "Wildgoose",
    "Winterbourne",
    "Yarrowby",
]
_DOMAINS = ("example.com", "example.org", "example.net")
_AGENTS = tuple(f"agent-{name}" for name in ("ash", "bo", "cleo", "dov", "eve", "finn", "gil", "hope", "ivo", "joy"))


@dataclass(frozen=True, slots=True)
class Person:
    """An invented customer."""

    number: int
    first: str
    last: str
    email: str
    phone: str | None
    customer_id: str | None
    visitor_id: str
    handle: str
    account_id: str | None

    @property
    def named_by(self) -> tuple[str, str]:
        """The strongest identifier: the customer id where the company gave one, else the e-mail address."""
        return ("crm_id", self.customer_id) if self.customer_id else ("email", self.email)

    @property
    def known_as(self) -> dict[str, object]:
        """What a source says of them that knows them by their strongest identifier."""
        return {"customer_id": self.customer_id} if self.customer_id else {"email": self.email}


def person(number: int, dice: Random) -> Person:
    """Return invented customer `number`; their addresses belong to nobody else of the same simulation."""
    first, last = dice.choice(_FIRST), dice.choice(_LAST)
    name = f"{first}.{last}".lower()
    return Person(
        number=number,
        first=first,
        last=last,
        email=f"{name}.{number}@{dice.choice(_DOMAINS)}",
        phone=a_number(number),
        customer_id=f"C-{100_000 + number}" if dice.random() < 0.7 else None,  # noqa: PLR2004 -- seven in ten are known to the CRM
        visitor_id=f"v-{dice.getrandbits(40):010x}",
        handle=f"{last.lower()}{number}",
        account_id=f"acc-{dice.randrange(40)}" if dice.random() < 0.1 else None,  # noqa: PLR2004 -- one in ten is a business
    )


def agent(dice: Random, *, but: str | None = None) -> str:
    """Return the id of an invented agent, another one than `but`."""
    return dice.choice([name for name in _AGENTS if name != but])
