"""What another policy would have said: the touchpoints that are still kept, judged by two policies.

Rule 1. Both policies are asked by the same function that the workers ask (`pipeline.advance.picture`), of the same
        touchpoints: all of a customer's, each event once, under the customer whose they are in the end.
Rule 2. The result is a function of the touchpoints, the answers of the directory and the two policies. The order of
        the touchpoints, the customers and the parts that they are divided into changes nothing.
Rule 3. Nothing is raised: there are no versions, no retractions and nobody to page here.
Rule 4. A finding is the same under both policies when its id is. It is new where only the draft has it, gone where only
        the policy in force has it, and changed where both have it and say other things of it than their own limits.
Rule 5. A finding is in the window if it happened at or after `since` and before `until`. Touchpoints outside the window
        still count: what came before decides what is a repeat.
"""

from pipeline.backtest.compare import QUOTES, Window, judged, placed, tallied
from pipeline.backtest.tally import CHANGES, Count, Sample, Tally

__all__ = ["CHANGES", "QUOTES", "Count", "Sample", "Tally", "Window", "judged", "placed", "tallied"]
