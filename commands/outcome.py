"""An outcome as files.

Rule 1. A record a line, fields by their names, UTF-8, ending in a new line: the same outcome is the same bytes.
"""

import json
from pathlib import Path

from commands.settled import NAMES, Outcome, plain
from commands.summary import Summary


def write(folder: Path, outcome: Outcome, summary: Summary) -> None:
    """Write the outcome's files; those of an earlier run are replaced."""
    for name in NAMES:
        lines = [json.dumps(plain(record), ensure_ascii=False, sort_keys=True) for record in outcome.standing[name]]
        content = "".join(f"{line}\n" for line in lines)
        # Half of an emoji, which no UTF-8 has, must not stop the rest from being written.
        (folder / f"{name}.jsonl").write_bytes(content.encode("utf-8", "replace"))
    document = json.dumps(summary.document, ensure_ascii=False, indent=2, sort_keys=True)
    (folder / "summary.json").write_bytes(f"{document}\n".encode())
