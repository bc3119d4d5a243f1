"""Who is one customer: a pure function of the bonds seen between identifiers, not of their order.

Rule 1. A bond is that two identifiers stood on one event. Bonds are taken strongest first, those of the same two types
        at once; an operator's word comes before all of them.
Rule 2. A CRM id belongs to one customer: a bond that would join two of them is refused, and so is one that would join
        what an operator told apart.
Rule 3. An identifier that says nothing links nobody (it is *parked*): it is junk, two CRM ids claim it, or more share
        it than its type's limit allows. Looking back as well as forward: what it had joined comes apart. An operator
        may still give it to a customer, unless it is junk.
Rule 4. What equally strong bonds tie to two customers belongs to neither: it is a customer of its own. Nobody is
        guessed, and least of all by the alphabet.
Rule 5. A customer's id is derived from the strongest identifier; of equally strong ones, from the smallest.
Rule 6. An event belongs to the customer of its strongest identifier that is not parked; if all are, to a customer of
        the strongest one's own.
Rule 7. The answers are local. Whether an identifier is parked or holds too many, only its own bonds tell; what becomes
        of a bond, only the component that it lies in, through identifiers that link. News recomputes one component.
Rule 8. What an operator told apart still counts as having been seen: telling a pair apart says nothing about how many
        others share the value, and merge then split is where you began.
"""

from pipeline.kin.bonds import Bond, Pair, Verdict, bonds_of, pair, pair_digest, verdict_of, word_of
from pipeline.kin.gather import Gathered, News, World, reachable
from pipeline.kin.outcomes import Outcome
from pipeline.kin.resolution import Answer, Resolution, customer_named_by, owner, resolve
from pipeline.kin.rules import KinRules, Limit
from pipeline.kin.standing import Standing
from pipeline.kin.statements import Cause, changes_alike, directory_entries, identity_changes
from pipeline.kin.words import NotMerged, merge, split

__all__ = [
    "Answer",
    "Bond",
    "Cause",
    "Gathered",
    "KinRules",
    "Limit",
    "News",
    "NotMerged",
    "Outcome",
    "Pair",
    "Resolution",
    "Standing",
    "Verdict",
    "World",
    "bonds_of",
    "changes_alike",
    "customer_named_by",
    "directory_entries",
    "identity_changes",
    "merge",
    "owner",
    "pair",
    "pair_digest",
    "reachable",
    "resolve",
    "split",
    "verdict_of",
    "word_of",
]
