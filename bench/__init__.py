"""How fast it is, beside what else one might have taken: the same defined work, the same broker, the same events.

Rule 1. The work is `bench.work`'s for everybody: decode an event, score its words, keep the customer's last moods so
        that they survive a restart, write one enriched output an event, and an alert where the moods are bad.
Rule 2. Everybody waits for all in-sync replicas, reads the same topic of four partitions from its start, and is one
        process. What somebody does not guarantee is said beside its number.
Rule 3. Rounds are interleaved, each on fresh topics; medians and their spread are shown, ratios first: of one noisy
        machine only the ratios mean anything.
Rule 4. Start-up is not measured, the steady part is: from a tenth of the outputs to the last.
"""
