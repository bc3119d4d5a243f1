"""Reading people's export files: JSON lines, CSV with a column map, mbox.

Rule 1. Nothing is dropped in silence: a line that cannot be understood leaves as its own bytes, to be refused by the
        pipeline with a reason. Only blank lines are no events.
Rule 2. The same files give the same events, with the same keys, in the same order.
Rule 3. What a field means is the schema's word; this room is handed the schemas, and asks them for names and types.
"""

from exports.event import SOURCES, BadExport, Exported
from exports.files import Options, kind_of, read

__all__ = ["SOURCES", "BadExport", "Exported", "Options", "kind_of", "read"]
