"""Reviews: one revision of what somebody wrote in public.

Rule 1. A review is one item, whose highest revision counts, and a conversation of its own.
Rule 2. Its author is known by the handle on that site, whatever the handle's case.
Rule 3. A review without stars has no score; its words speak.
"""

from pipeline.sources.customer import account, claims, segments
from pipeline.sources.fields import Fields, Reading
from pipeline.sources.score import score
from pipeline.touchpoint import Identifier, Report


def review(fields: Fields, reading: Reading) -> Report:
    """Read one revision of a review. Raises `Refused`."""
    site, review_id = fields.name("site").lower(), fields.name("review_id")
    revision = fields.optional(fields.whole, "revision", 1) or 1
    author = fields.optional(fields.name, "author")
    handles = (Identifier("handle", f"{site}:{author.lower()}"),) if author else ()
    item = f"review:{site}:{review_id}"
    words = [fields.optional(fields.text, part, reading) for part in ("title", "body")]
    starred = not fields.absent("stars")
    return Report(
        source="review",
        channel="review",
        kind="review",
        event_id=fields.optional(fields.name, "event_id"),
        natural_key=(site, review_id, str(revision)),
        occurred_at=fields.moment("occurred_at", reading),
        actor="customer",
        direction="inbound",
        identifiers=claims(fields, site, *handles),
        account_id=account(fields),
        tags=segments(fields),
        keys=(item,),
        item=item,
        revision=revision,
        text="\n".join(part for part in words if part) or None,
        score=score(fields, "stars", "stars", ("stars_min", "stars_max"), (1, 5)) if starred else None,
        link=fields.optional(fields.name, "link"),
    )
