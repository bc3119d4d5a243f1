"""The settings of a parsed `identifiers.toml`, one by one, for people to read."""

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.policy_file import ShownSetting

PLAIN = (
    "default_region",
    "strongest_first",
    "own_numbers",
    "toll_free_is_junk",
    "plus_is_ignored_at",
    "dots_are_ignored_at",
    "default_junk",
)
"""The settings without a reason of their own."""


def shown_identifiers(document: Mapping[str, Any]) -> Iterator[ShownSetting]:
    """Yield each setting that the document has, in the file's order; `identifier_rules` has checked it."""
    for key in PLAIN:
        if key in document:
            yield ShownSetting(key, _text(document[key]), "", "")
    for type_, table in document.get("limits", {}).items():
        for key, setting in table.items():
            yield ShownSetting(
                f"limits.{type_}.{key}", _text(setting["value"]), setting.get("unit", ""), setting["reason"]
            )
    for place, group in enumerate(document.get("junk", [])):
        count = len(group.get("exact", [])) + len(group.get("matching", []))
        yield ShownSetting(f"junk[{place}]", f"{count} for {_text(group.get('for', []))}", "", group["reason"])


def _text(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return str(value).lower() if isinstance(value, bool) else str(value)
