"""RocksDB as the stores have it: one bound of memory for a worker, and no damage that passes in silence.

Rule 1. All databases of a process share one cache. Blocks, their indexes, and rows that are not on disk yet are counted
        in it. By Faust's own options each database has a cache and buffers of its own, and an index without a bound.
Rule 2. Indexes are in two levels, so that of a large one only the parts that are asked for are in memory. There are no
        bloom filters: a customer's rows are a scan, which they cannot help.
Rule 3. RocksDB ignores what is cut off the end of its list of files, as of a list that was being written: rows are gone
        then, while newer ones, and the restore point, are there. So writes carry a mark, the same for a short run of
        them and the next number after it, and at each opening: where a number is missing in between, rows are.
Rule 4. A scan ends at a broken block as it does at the last row. So who comes to an end asks which it was.
"""

from functools import cache
from typing import Any

from faust.stores.rocksdb import RocksDBOptions
from rocksdict import BlockBasedIndexType, BlockBasedOptions, Cache, WriteBatch, WriteBufferManager

from agents.exact.storing import IncompleteError

MEMORY = 256 * 1024 * 1024
"""Bytes for all stores of a worker; while rows are written out, it may be passed a little."""

UNWRITTEN = 96 * 1024 * 1024
"""Bytes of that for rows that are not on disk yet."""

WRITE_BUFFER = 16 * 1024 * 1024
"""Bytes of such rows that one table and partition collects before it writes them out."""

MARK = b"__faust\0mark\0"
"""What a mark's key begins with; Faust keeps its restore point beside it."""

RUN, KEPT = 64, 1000
"""Writes that carry the same mark, far fewer than a buffer of rows has; and marks that are kept."""


class SharedMemory(RocksDBOptions):
    """Faust's options, within the bound (Rule 1)."""

    def __init__(self) -> None:
        """Take Faust's own, but for what is bounded."""
        super().__init__(use_rocksdict=True, write_buffer_size=WRITE_BUFFER, block_cache_size=0)

    def as_options(self) -> Any:  # noqa: ANN401 -- RocksDB's, of which Faust has two kinds
        """Return them as RocksDB takes them."""
        options = super().as_options()
        blocks = BlockBasedOptions()
        blocks.set_block_cache(shared())
        blocks.set_cache_index_and_filter_blocks(True)
        blocks.set_index_type(BlockBasedIndexType.two_level_index_search())
        blocks.set_pin_top_level_index_and_filter(True)
        options.set_block_based_table_factory(blocks)
        options.set_write_buffer_manager(_unwritten())
        return options


class Marks:
    """The marks of one database (Rule 3). Raises IncompleteError where one is missing."""

    def __init__(self, database: Any) -> None:  # noqa: ANN401 -- RocksDB's, of which Faust has two kinds
        """Look whether all are there, and go on behind them."""
        found = []
        for key in database.keys(from_key=MARK):
            if not key.startswith(MARK):
                break
            found.append(int.from_bytes(key.removeprefix(MARK), "big"))
        if found and found[-1] - found[0] + 1 != len(found):
            raise IncompleteError("a store lacks what was written before what it has")
        self._number = found[-1] + 1 if found else 0
        self._writes = 0

    def put(self, batch: WriteBatch) -> None:
        """Put the mark into what is about to be written."""
        self._writes += 1
        if self._writes > RUN:
            self._number, self._writes = self._number + 1, 1
            if self._number >= KEPT:
                batch.delete(_mark(self._number - KEPT))
        batch.put(_mark(self._number), b"")


def _mark(number: int) -> bytes:
    return MARK + number.to_bytes(8, "big")


def check_end(database: Any, last: bytes) -> None:  # noqa: ANN401 -- likewise
    """See that a scan that ended behind `last` was at the last row. Raises what RocksDB raises, if not (Rule 4)."""
    end = database.iter()
    end.seek(last)
    while end.valid():
        end.next()
    end.status()


@cache
def shared() -> Cache:
    """Return the process's one cache."""
    return Cache(MEMORY)


@cache
def _unwritten() -> WriteBufferManager:
    return WriteBufferManager.new_write_buffer_manager_with_cache(UNWRITTEN, False, shared())  # noqa: FBT003 -- its own
