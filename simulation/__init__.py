"""Invented customers with invented troubles that cross channels, and the answers that a pipeline should find.

Rule 1. Pure and seeded: the same seed, start and number give the same events, byte for byte, on any machine.
Rule 2. Nobody here lives: names come from lists, numbers and addresses from the reserved ranges.
Rule 3. What should be found is written by hand in the plot of each trouble; nothing of the pipeline is asked.
Rule 4. All events of one customer carry one identifier in common, the strongest: a customer id or an e-mail
        address.
"""

from simulation.answers import Answers, KnownAnswer
from simulation.events import Alert, Repeat, Simulated
from simulation.town import LONGEST_STORY, customers_for, simulate

__all__ = ["LONGEST_STORY", "Alert", "Answers", "KnownAnswer", "Repeat", "Simulated", "customers_for", "simulate"]
