"""The crash-only worker: how a Faust agent takes chunks of records so that nothing is lost and nothing counted twice.

Faust's own bookkeeping loses events in rebalances, and an exception in its agents is a lost event. So this room trusts
nothing that it can check, and leaves (the supervisor starts it again) when a check fails.

Rule 1. The first chunk of a generation starts at or below the offset that the broker has as committed, each next one
        at or below the end of the last. One that starts above is dropped and the consumer sent back, unless the broker
        says that there is nothing in between (a compacted topic, a transaction's marker).          `fence`, `group`
Rule 2. What is committed is what Rule 1 saw processed, never Faust's acknowledgements.             `consumer`
Rule 3. A chunk is processed when the broker acknowledged its state records, then its outputs.      `outbox`, `loop`
Rule 4. Anything unexpected ends the process with an exit code that says why; no event is skipped.  `exits`
Rule 5. A pause, commits that stand still, a hung loop or a hung rebalance end the process too.     `watches`
Rule 6. A record that ends the process again and again is found, and set aside.         `crashes`, `journal`, `room`
"""
