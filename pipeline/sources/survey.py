"""Surveys: one answer to NPS, CSAT or CES.

Rule 1. NPS is asked on 0 to 10 always (Reichheld 2003); CSAT on 1 to 5 and CES 2.0 on 1 to 7 where the
        event is silent.
Rule 2. A response is one item, whose highest revision counts.
Rule 3. An answer belongs to the contact that it is about; where that is not said, to none.
"""

from typing import cast

from pipeline.refusal import Reason
from pipeline.sources.customer import account, claims, segments
from pipeline.sources.fields import Fields, Reading
from pipeline.sources.message_ids import message_id
from pipeline.sources.score import score
from pipeline.touchpoint import Metric, Report

USUAL_SCALE: dict[Metric, tuple[float, float]] = {"nps": (0, 10), "csat": (1, 5), "ces": (1, 7)}
ABOUT = ("chat", "phone", "email")


def survey(fields: Fields, reading: Reading) -> Report:
    """Read one answer to a survey. Raises `Refused`."""
    response_id = fields.name("response_id")
    revision = fields.optional(fields.whole, "revision", 1) or 1
    metric = cast("Metric", fields.choice("metric", tuple(USUAL_SCALE)))
    usual = USUAL_SCALE[metric]
    answer = score(fields, "score", metric, ("scale_min", "scale_max"), usual)
    if metric == "nps" and (answer.scale_min, answer.scale_max) != usual:
        moved = "scale_min" if answer.scale_min != usual[0] else "scale_max"
        fields.refuse(Reason.OUT_OF_SCALE, moved, "0 to 10, the only scale of NPS (call another one csat)")
    return Report(
        source="survey",
        channel="survey",
        kind=metric,
        event_id=fields.optional(fields.name, "event_id"),
        natural_key=(response_id, str(revision)),
        occurred_at=fields.moment("occurred_at", reading),
        actor="customer",
        direction="inbound",
        identifiers=claims(fields, "survey"),
        account_id=account(fields),
        tags=segments(fields),
        keys=_about(fields),
        item=f"survey:{response_id}",
        revision=revision,
        text=fields.optional(fields.text, "comment", reading),
        score=answer,
    )


def _about(fields: Fields) -> tuple[str, ...]:
    source = fields.optional(fields.choice, "about_source", ABOUT)
    about = fields.optional(fields.name, "about_id")
    if source is None and about is None:
        return ()
    if source is None:
        fields.refuse(Reason.MISSING_FIELD, "about_source", "one of: " + ", ".join(ABOUT) + " (about_id is given)")
    if about is None:
        fields.refuse(Reason.MISSING_FIELD, "about_id", "the contact's own id (about_source is given)")
    return (f"{source}:{message_id(about) if source == 'email' else about}",)
