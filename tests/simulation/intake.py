"""The pipeline's left-hand half with everything that a real worker gives it, without a worker."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from agents.contracts import default_policy, schema_book
from pipeline.flow import Intake
from pipeline.identifiers_file import identifier_rules
from pipeline.identity import StrongestIdentifier
from pipeline.language import language


@cache
def the_intake() -> Intake:
    """Return the default installation's intake."""
    rules = identifier_rules(_policies("identifiers.toml"))
    words = language(
        _policies("taxonomy.toml"), _policies("lexicon.toml"), _policies("signals.toml"), rules.default_region
    )
    return Intake(schema_book(), default_policy(), rules, words, StrongestIdentifier())


def _policies(name: str) -> dict[str, Any]:
    return tomllib.loads((files("policies") / name).read_text("utf-8"))
