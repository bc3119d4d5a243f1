"""The contracts of this installation: its schemas and its default policy, read from the package.

Rule 1. `schemas/ids.toml` is the list of schemas; a file that it names must be there, or nothing starts.
Rule 2. A company's own policy lies over the default one: it says only what differs.
"""

import json
import tomllib
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

from pipeline.identifiers import IdentifierRules
from pipeline.identifiers_file import identifier_rules, laid_over
from pipeline.language import Language, language
from pipeline.policy import Policy, PolicyError
from pipeline.policy_file import policy
from pipeline.wire import KnownSchema, SchemaBook


def known_schemas() -> tuple[KnownSchema, ...]:
    """Return every version of every subject, in the order of their ids."""
    folder = files("schemas")
    listed: list[dict[str, Any]] = tomllib.loads(folder.joinpath("ids.toml").read_text("utf-8"))["schema"]
    return tuple(
        KnownSchema(
            id=one["id"],
            subject=one["subject"],
            version=one["version"],
            schema=json.loads(folder.joinpath(f"{one['subject']}.v{one['version']}.avsc").read_text("utf-8")),
        )
        for one in sorted(listed, key=lambda one: one["id"])
    )


def schema_book() -> SchemaBook:
    """Return the book that writes and reads every subject."""
    return SchemaBook(known_schemas())


def default_policy() -> Policy:
    """Return the policy of `policies/default.toml`."""
    return policy(default_policy_document(), topics=topics_of_conversation())


def policy_at(path: Path | None) -> Policy:
    """Return the policy of a company's own file over the default one; the default one where there is no file.

    Raises PolicyError, which names the file where it cannot be read, else the first setting that is wrong.
    """
    return (
        default_policy() if path is None else policy(policy_document(path), default_policy(), topics_of_conversation())
    )


def identifiers_in_force(path: Path | None = None, region: str | None = None) -> IdentifierRules:
    """Return the rules of `policies/identifiers.toml`, and over them those of a company's own file. `region` is the
    setting that counts more than both.

    Raises PolicyError, which names the file where it cannot be read, else the setting that is wrong.
    """
    default = policies("identifiers.toml")
    rules = identifier_rules(default if path is None else laid_over(default, policy_document(path)))
    return rules if region is None else replace(rules, default_region=region)


def language_of(region: str) -> Language:
    """Return how text is understood, by the lists in `policies/`; `region` is that of numbers that do not say one."""
    return language(policies("taxonomy.toml"), policies("lexicon.toml"), policies("signals.toml"), region)


def policies(name: str) -> dict[str, Any]:
    """Return a file of `policies/` as parsed TOML."""
    return tomllib.loads(files("policies").joinpath(name).read_text("utf-8"))


def topics_of_conversation() -> frozenset[str]:
    """Return the labels of `policies/taxonomy.toml`: the topics that may have a window of their own."""
    document = tomllib.loads(files("policies").joinpath("taxonomy.toml").read_text("utf-8"))
    return frozenset(document["topics"])


def policy_document(path: Path) -> dict[str, Any]:
    """Return a policy file as parsed TOML. Raises PolicyError where it cannot be read."""
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as wrong:
        raise PolicyError("policy", str(path), f"a file that can be read ({wrong.strerror})") from wrong
    except ValueError as wrong:  # TOML's own errors, and UTF-8's
        raise PolicyError("policy", str(path), f"TOML in UTF-8 ({wrong})") from wrong


def default_policy_document() -> dict[str, Any]:
    """Return `policies/default.toml` as parsed TOML: the values with their units and reasons."""
    return tomllib.loads(files("policies").joinpath("default.toml").read_text("utf-8"))


def example_texts(subject: str) -> dict[str, str]:
    """Return the examples of a subject as they are written, by what they show; sorted."""
    folder = files("schemas").joinpath("examples", subject)
    found = folder.iterdir() if folder.is_dir() else ()
    return {one.name.removesuffix(".json"): one.read_text("utf-8") for one in sorted(found, key=lambda f: f.name)}
