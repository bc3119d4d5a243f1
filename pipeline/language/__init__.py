"""What is understood of a touchpoint's words: mood, topics, whether a person is asked for, and what may be shown.

Rule 1. The mood, the topics and the excerpt are of the customer's words only; an agent's or a bot's are never theirs.
Rule 2. Nothing here raises on any text, and the work is bounded: `pipeline.language.sentences` says how much is read.
Rule 3. The excerpt is the worst sentence where one is negative, else the first, redacted.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.language.lexicon import lexicon
from pipeline.language.mood import MoodScorer
from pipeline.language.redaction import redacted
from pipeline.language.sentences import bounded
from pipeline.language.signals import asks_human, negations
from pipeline.language.taxonomy import Taxonomy, taxonomy
from pipeline.touchpoint import Mood

EXCERPT_AT_MOST = 280  # characters; timeline-entry.v1.avsc's excerpt: enough for a sentence, short on a screen


@dataclass(frozen=True, slots=True)
class Understood:
    """What was understood. `mood` and `excerpt` are None where the customer said nothing (no text, only white space).

    A mood of 0 sentences is a text without a letter, emoji or emoticon. `company_negations` counts the company's no.
    """

    mood: Mood | None
    topics: tuple[str, ...]
    asks_human: bool
    company_negations: int
    excerpt: str | None


@dataclass(frozen=True, slots=True)
class Language:
    """Everything that reads words, built once. In `region` (as "GB") phone numbers without a country are dialled."""

    scorer: MoodScorer
    taxonomy: Taxonomy
    region: str | None = None

    def read(self, customer_text: str | None, company_text: str | None) -> Understood:
        """Return what is understood of the customer's words and of the company's answer to them."""
        refused = negations(bounded(company_text)[0]) if company_text else 0
        if not customer_text or customer_text.isspace():
            return Understood(None, (), asks_human=False, company_negations=refused, excerpt=None)
        read, truncated = bounded(customer_text)
        judged = self.scorer.judged_of_read(read, truncated)
        shown = judged.worst if judged.mood.worst < 0 else judged.first
        return Understood(
            judged.mood,
            self.taxonomy.topics_of_read(read),
            asks_human=asks_human(read),
            company_negations=refused,
            excerpt=redacted(shown or read, EXCERPT_AT_MOST, self.region),
        )


def language(
    taxonomy_document: Mapping[str, object], lexicon_document: Mapping[str, object], region: str | None = None
) -> Language:
    """Build from parsed TOML (policies/taxonomy.toml and lexicon.toml); raises PolicyError, naming what is wrong."""
    return Language(MoodScorer(lexicon(lexicon_document)), taxonomy(taxonomy_document), region)


__all__ = ["EXCERPT_AT_MOST", "Language", "Understood", "language"]
