"""What is understood of words. Of the customer's: mood, topics, anger, asking for a person, what may be shown;
of the company's: how often it says no, and by when it promises to answer.

Rule 1. Mood, topics, anger and excerpt are of the customer's words only; an agent's or a bot's are never theirs.
Rule 2. Nothing here raises on any text, and the work is bounded: `pipeline.language.sentences` says how much is read.
Rule 3. The excerpt is the worst sentence where one is negative, else the first, redacted.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from pipeline.language.lexicon import lexicon
from pipeline.language.mood import MoodScorer
from pipeline.language.redaction import redacted
from pipeline.language.sentences import bounded
from pipeline.language.signal_words import SignalWords, signal_words
from pipeline.language.signals import asks_human, negations
from pipeline.language.taxonomy import Taxonomy, taxonomy
from pipeline.language.thanks import Thanks, thanks
from pipeline.touchpoint import Anger, Mood

EXCERPT_AT_MOST = 280  # characters; timeline-entry.v1.avsc's excerpt: enough for a sentence, short on a screen


@dataclass(frozen=True, slots=True)
class Understood:
    """What was understood. `mood` and `excerpt` are None where the customer said nothing (no text, only white space).

    A mood of 0 sentences is a text without a letter, emoji or emoticon. `company_negations` counts the company's no,
    among `company_words`; `promised_by` is when the earliest of its promises is due. `thanks_only` says that the
    customer's words thank and say nothing else.
    """

    mood: Mood | None
    topics: tuple[str, ...]
    asks_human: bool
    company_negations: int
    excerpt: str | None
    company_words: int = 0
    promised_by: datetime | None = None
    anger: tuple[Anger, ...] = ()
    thanks_only: bool = False


@dataclass(frozen=True, slots=True)
class Language:
    """Everything that reads words, built once. In `region` (as "GB") phone numbers without a country are dialled."""

    scorer: MoodScorer
    taxonomy: Taxonomy
    signals: SignalWords
    thanks: Thanks
    region: str | None = None

    def read(
        self, customer_text: str | None, company_text: str | None, at: datetime | None = None, zone: tzinfo = UTC
    ) -> Understood:
        """Return what is understood of the customer's words and of the company's answer to them.

        `at` is when they were said, and `zone` what "5 pm" means to the company; without `at` no promise is read.
        """
        said = bounded(company_text)[0] if company_text else ""
        refused, words = negations(said), len(said.split())
        promised_by = None if at is None or not said else self.signals.promises.promised_by(said, at, zone)
        if not customer_text or customer_text.isspace():
            return Understood(
                None,
                (),
                asks_human=False,
                company_negations=refused,
                excerpt=None,
                company_words=words,
                promised_by=promised_by,
            )
        read, truncated = bounded(customer_text)
        judged = self.scorer.judged_of_read(read, truncated)
        shown = judged.worst if judged.mood.worst < 0 else judged.first
        return Understood(
            judged.mood,
            self.taxonomy.topics_of_read(read),
            asks_human=asks_human(read),
            company_negations=refused,
            excerpt=redacted(shown or read, EXCERPT_AT_MOST, self.region),
            company_words=words,
            promised_by=promised_by,
            anger=self.signals.anger.found(read),
            thanks_only=self.thanks.only(customer_text),
        )


def language(
    taxonomy_document: Mapping[str, object],
    lexicon_document: Mapping[str, object],
    signals_document: Mapping[str, object],
    region: str | None = None,
) -> Language:
    """Build from parsed TOML (policies/taxonomy.toml, lexicon.toml and signals.toml); raises PolicyError, naming what
    is wrong.
    """
    words = signal_words(signals_document)
    scorer = MoodScorer(lexicon(lexicon_document))
    return Language(scorer, taxonomy(taxonomy_document), words, thanks(lexicon_document), region)


__all__ = ["EXCERPT_AT_MOST", "Language", "Understood", "language"]
