"""The policies as they ship, read once: the core is handed parsed values, here as at the edges."""

import tomllib
from collections.abc import Mapping
from importlib.resources import files

import pytest

from pipeline.language import Language, language


def _document(name: str) -> Mapping[str, object]:
    return tomllib.loads((files("policies") / name).read_text("utf-8"))


@pytest.fixture(scope="session")
def taxonomy_document() -> Mapping[str, object]:
    """policies/taxonomy.toml."""
    return _document("taxonomy.toml")


@pytest.fixture(scope="session")
def lexicon_document() -> Mapping[str, object]:
    """policies/lexicon.toml."""
    return _document("lexicon.toml")


@pytest.fixture(scope="session")
def signals_document() -> Mapping[str, object]:
    """policies/signals.toml."""
    return _document("signals.toml")


@pytest.fixture(scope="session")
def reader(
    taxonomy_document: Mapping[str, object],
    lexicon_document: Mapping[str, object],
    signals_document: Mapping[str, object],
) -> Language:
    """Everything that reads words, with the policies as they ship, in Britain."""
    return language(taxonomy_document, lexicon_document, signals_document, "GB")
