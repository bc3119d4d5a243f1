"""What is read once, at the start, and handed to whatever works for an installation: a worker, or a command.

Rule. Nothing is made here and nothing is asked of a Kafka, so a command that only reads does not wait for Faust.
"""

from dataclasses import dataclass
from pathlib import Path

from agents import topics as topic_list
from agents.contracts import identifiers_in_force, policy_at, schema_book
from agents.settings import Settings
from pipeline.identifiers import IdentifierRules
from pipeline.policy import Policy
from pipeline.wire import SchemaBook


@dataclass(frozen=True, slots=True)
class Installation:
    """What a worker is made from: settings, the Kafka, its own data folder, topics, policy,
    rules for identifiers, contracts.
    """

    settings: Settings
    bootstrap: str
    data: Path
    topics: tuple[topic_list.Topic, ...]
    policy: Policy
    identifiers: IdentifierRules
    book: SchemaBook

    @classmethod
    def of(cls, settings: Settings, bootstrap: str, data: Path) -> "Installation":
        """Read the lists and both files of policy. Raises PolicyError where either makes no sense."""
        identifiers = identifiers_in_force(settings.identifiers, settings.default_region)
        policy = policy_at(settings.policy)
        return cls(settings, bootstrap, data, topic_list.load(), policy, identifiers, schema_book())

    def name(self, topic: str) -> str:
        """Return a topic's full name; KeyError where the list has none such."""
        return self.settings.prefix + {each.name: each for each in self.topics}[topic].name

    def wanted(self) -> tuple[topic_list.TopicState, ...]:
        """Return the topics as the Kafka should have them."""
        return topic_list.want(self.topics, prefix=self.settings.prefix, partitions=self.settings.partitions)
