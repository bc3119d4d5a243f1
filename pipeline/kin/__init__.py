"""Who is one customer: a pure function of the bonds seen between identifiers, not of their order.

Rule 1. A bond is that two identifiers stood on one event. Bonds are taken strongest first, as Kruskal's algorithm does;
        an operator's word comes before all of them.
Rule 2. A CRM id belongs to one customer: a bond that would join two of them is refused, and so is one that would join
        what an operator told apart.
Rule 3. An identifier that says nothing links nobody (it is *parked*): it is junk, two CRM ids claim it, or more
        customers share it than its type's limit allows. Looking back as well as forward: what it had joined comes apart.
Rule 4. A customer's id is derived from the strongest identifier; of equally strong ones, from the smallest.
Rule 5. An event belongs to the customer of its strongest identifier that is not parked; if all are, to a customer of
        the strongest one's own. Nobody is guessed.
"""

from pipeline.kin.bonds import Bond, Pair, bonds_of, pair
from pipeline.kin.resolution import Answer, Outcome, Resolution, Verdict, owner, resolve
from pipeline.kin.rules import KinRules, Limit

__all__ = [
    "Answer", "Bond", "KinRules", "Limit", "Outcome", "Pair", "Resolution", "Verdict", "bonds_of", "owner", "pair", "resolve",
]
