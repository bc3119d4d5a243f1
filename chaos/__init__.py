"""Faults on purpose, on a real broker: what is promised of the workers is watched while it is made hard for them.

    make chaos                       every fault once
    CHAOS_SEED=7 CHAOS_SECONDS=600   other events, another order of the faults; stop after so long

The order of the files is the order of a run: `kafka` and `crew` are what the faults happen to, `feed` is what is sent,
`faults` the list, `run` plays them one after the other, `answer` says what should have come of it (the pure core over
the raw log, written without the workers), `verdict` compares, `report` prints.
"""
