"""Invented customers with invented troubles that cross channels, and the answers that a pipeline should find.

Rule 1. Pure and seeded: the same seed, start and number give the same events, byte for byte, on any machine.
Rule 2. Nobody here lives: names come from lists, numbers and addresses from the reserved ranges.
Rule 3. What should be found is written by hand in the plot of each trouble; nothing of the pipeline is asked.
Rule 4. An event carries the identifiers that its channel knows; what can be told of who it was, and who it truly was,
        are two known answers. `one_identifier` keeps it simple: all events of a person carry one in common.
"""

from simulation.answers import Answers, KnownAnswer
from simulation.events import Alert, Name, Repeat, Shared, Simulated
from simulation.town import LONGEST_STORY, customers_for, simulate

__all__ = [
    "LONGEST_STORY",
    "Alert",
    "Answers",
    "KnownAnswer",
    "Name",
    "Repeat",
    "Shared",
    "Simulated",
    "customers_for",
    "simulate",
]
