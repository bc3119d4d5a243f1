"""Where a run's data is, and whether it outlives the run: Kafka's folder, the stores, and what the workers said.

Rule 1. Data that was asked for is left where it was asked for. Else it is in a temporary folder, and goes with the run.
Rule 2. Unless something was wrong, or the run did not come to its end: then it is left, and said where. Who interrupts
        a run wants nothing of it.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(slots=True)
class Data:
    """A run's data; `keep` is whether it is left."""

    folder: Path
    keep: bool


@contextmanager
def data_of_run(asked: Path | None, say: Callable[[str], None]) -> Iterator[Data]:
    """Yield the data of a run, in the folder `asked` for or a temporary one; `say` is told where it is left."""
    data = Data(asked or Path(tempfile.mkdtemp(prefix="tellonce-chaos-")), keep=asked is not None)
    try:
        yield data
    except Exception:
        data.keep = True
        raise
    finally:
        if data.keep:
            say(f"data left in {data.folder}")
        else:
            shutil.rmtree(data.folder, ignore_errors=True)
