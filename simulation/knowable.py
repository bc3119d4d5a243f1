"""Which events are one customer's, as far as the identifiers in them can tell.

Rule 1. Two events are one customer's if a chain of identifiers that stood together on events leads between them.
Rule 2. An identifier that stands for nobody links nothing. Which do is written by hand in the hard cases (`Shared`).
Rule 3. An event is its strongest linking identifier's; if none links, it is a customer of its strongest one's own.
Rule 4. A customer is named by the strongest of its identifiers; of equally strong ones, by the smallest.
"""

from collections.abc import Collection, Mapping

from simulation.claims import rank
from simulation.events import Name, Shared


def customers(told: Mapping[str, tuple[Name, ...]], shared: Collection[Shared]) -> dict[str, Name]:
    """Return the name of the customer that each event is known to be of. `told` is by event, strongest first."""
    return linked(told, _nobody(told, shared))


def linked(told: Mapping[str, tuple[Name, ...]], nobody: Collection[Name] = ()) -> dict[str, Name]:
    """Return the same for identifiers that link unless they are `nobody`'s; with none of those, whatever it joins."""
    root: dict[Name, Name] = {}

    def find(name: Name) -> Name:
        while (above := root.setdefault(name, name)) != name:
            root[name] = root[above]
            name = above
        return name

    linking = {event: [name for name in names if name not in nobody] for event, names in told.items()}
    for names in linking.values():
        for name in names[1:]:
            strong, weak = sorted((find(names[0]), find(name)), key=rank)
            root[weak] = strong
    return {event: find(names[0]) if names else told[event][0] for event, names in linking.items()}


def _nobody(told: Mapping[str, tuple[Name, ...]], shared: Collection[Shared]) -> set[Name]:
    seen: dict[Shared, set[Name]] = {each: set() for each in shared}
    by_name: dict[Name, list[Shared]] = {}
    for each in shared:
        by_name.setdefault(each.name, []).append(each)
    for names in told.values():
        for name in names:
            for each in by_name.get(name, ()):
                seen[each].update(other for other in names if other[0] == each.of)
    return {each.name for each, found in seen.items() if len(found) > each.beyond}
