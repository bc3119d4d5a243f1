# ruff: noqa: D, E501, ANN, SLF
"""A stand-in for pipeline.kin.gather and pipeline.kin.statements until they land."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from agents.known import pair_digest
from pipeline.kin import Bond, KinRules, Resolution, Verdict
from pipeline.kin.resolution import customer_named_by
from pipeline.touchpoint import Identifier


@dataclass(frozen=True, slots=True)
class Gathered:
    bonds: Collection[Bond]
    verdicts: Collection[Verdict]
    identifiers: Collection[Identifier]


@dataclass(frozen=True, slots=True)
class Cause:
    kind: str
    identifiers: tuple[Identifier, ...]
    occurred_at: datetime
    event: str | None
    by: str | None
    reason: str | None


def reachable(
    start: Collection[Identifier],
    bonds_at: Callable[[Identifier], Collection[Bond]],
    verdicts_at: Callable[[Identifier], Collection[Verdict]],
    rules: KinRules,
) -> Gathered:
    todo, seen = list(start), set(start)
    bonds: dict[Any, Bond] = {}
    verdicts: dict[Any, Verdict] = {}
    while todo:
        one = todo.pop()
        for bond in bonds_at(one):
            bonds[bond.pair] = bond
        for verdict in verdicts_at(one):
            verdicts[verdict.pair] = verdict
        near = {i for p in (*(b.pair for b in bonds_at(one)), *(v.pair for v in verdicts_at(one))) for i in p} - seen
        seen |= near
        todo += near
    return Gathered(bonds.values(), verdicts.values(), seen)


@dataclass(frozen=True, slots=True)
class Statement:
    topic: str
    key: str
    record: Mapping[str, Any]


def statements(
    cause: Cause, gathered: Gathered, resolution: Resolution, epoch: int, rules: KinRules
) -> Iterator[Statement]:
    def rec(i: Identifier) -> dict[str, str]:
        return {"type": i.type, "value": i.value}

    answers = []
    for i in sorted(gathered.identifiers, key=rules.rank):
        a = resolution.answers.get(i)
        if a is None:
            continue
        parked = None if a.parked is None else a.parked.value
        said = {"customer_id": a.customer_id, "named_by": rec(a.named_by), "parked": parked, "epoch": epoch}
        answers.append({"identifier": rec(i), **said})
        yield Statement("directory", f"{i.type}:{i.value}", {"identifier": rec(i), **said, "pair": None})
    for bond in gathered.bonds:
        d = pair_digest(bond.pair)
        yield Statement(
            "directory",
            d,
            {"identifier": None, "customer_id": None, "named_by": None, "parked": None, "epoch": epoch, "pair": d},
        )
    for i in sorted(gathered.identifiers, key=rules.rank):
        home = customer_named_by(i)
        yield Statement(
            "identity-changes",
            home,
            {
                "customer_id": home,
                "epoch": epoch,
                "outcome": "merged",
                "reason": "joined",
                "customers": sorted({a["customer_id"] for a in answers}),
                "answers": answers,
                "caused_by": cause.event or cause.kind,
                "links": [
                    {
                        "stronger": rec(b.stronger),
                        "weaker": rec(b.weaker),
                        "outcome": resolution.outcomes[b.pair].value,
                        "event": b.event,
                    }
                    for b in gathered.bonds
                ][:100],
                "occurred_at": cause.occurred_at,
                "by": cause.by,
                "why": cause.reason,
            },
        )
