"""Topics of conversation, from `policies/taxonomy.toml`.

Rule 1. A topic is a label that a supervisor would use, a one-line meaning, and the phrases that show it.
Rule 2. A text has every topic of which it holds a phrase; the topics are sorted, each once.
Rule 3. A phrase may show several topics; inside one topic it stands once.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from pipeline.language.lexicon import checked_phrases
from pipeline.language.phrases import Phrases, folded
from pipeline.language.sentences import bounded
from pipeline.policy import PolicyError

_LABEL = re.compile(r"[a-z][a-z0-9_]{0,39}")


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic of conversation: its label, what it means in one line, and the phrases that show it."""

    label: str
    meaning: str
    phrases: tuple[str, ...]

    def __post_init__(self) -> None:
        """Refuse a label that is none, a missing meaning, and phrases that could never match."""
        setting = f"taxonomy.topics.{self.label}"
        if not _LABEL.fullmatch(self.label):
            raise PolicyError("taxonomy.topics", self.label, "small letters, digits and _, 40 at most, a letter first")
        if not self.meaning.strip() or "\n" in self.meaning:
            raise PolicyError(f"{setting}.meaning", self.meaning, "one line")
        checked_phrases(f"{setting}.phrases", list(self.phrases))


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """The topics, and the search for all of their phrases at once."""

    listed: tuple[Topic, ...]
    _phrases: Phrases[tuple[str, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Refuse a label that stands twice; then build the search."""
        labels: dict[str, list[str]] = {}
        seen: set[str] = set()
        for topic in self.listed:
            if topic.label in seen:
                raise PolicyError("taxonomy.topics", topic.label, "each label once")
            seen.add(topic.label)
            for phrase in topic.phrases:
                labels.setdefault(phrase, []).append(topic.label)
        object.__setattr__(self, "_phrases", Phrases({phrase: tuple(names) for phrase, names in labels.items()}))

    def topics(self, text: str) -> tuple[str, ...]:
        """Return the topics of a text, sorted, each once. Of a very long text, what `bounded` reads of it."""
        return self.topics_of_read(bounded(text)[0])

    def topics_of_read(self, read: str) -> tuple[str, ...]:
        """Return the topics of a text that is bounded already."""
        hits = self._phrases.found(folded(read))
        return tuple(sorted({label for _, _, labels in hits for label in labels}))


def taxonomy(document: Mapping[str, object]) -> Taxonomy:
    """Return the taxonomy of a parsed TOML document; raise PolicyError with topic, value and what is allowed."""
    topics = document.get("topics")
    if not isinstance(topics, Mapping) or not topics:
        raise PolicyError("taxonomy.topics", topics, "a table of topics")
    listed: list[Topic] = []
    for label, topic in topics.items():
        if not isinstance(topic, Mapping) or set(topic) != {"meaning", "phrases"}:
            raise PolicyError(f"taxonomy.topics.{label}", topic, "a table of meaning and phrases")
        if not isinstance(topic["meaning"], str):
            raise PolicyError(f"taxonomy.topics.{label}.meaning", topic["meaning"], "one line")
        phrases = checked_phrases(f"taxonomy.topics.{label}.phrases", topic["phrases"])
        listed.append(Topic(label, topic["meaning"], phrases))
    return Taxonomy(tuple(listed))
