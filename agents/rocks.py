"""How much memory the stores take: one bound for a worker, however many tables and partitions it has.

Rule 1. All databases of a process share one cache. Blocks, their indexes, and rows that are not on disk yet are counted
        in it. By Faust's own options each database has a cache and buffers of its own, and an index without a bound.
Rule 2. Indexes are in two levels, so that of a large one only the parts that are asked for are in memory. There are no
        bloom filters: a customer's rows are a scan, which they cannot help.
"""

from functools import cache
from typing import Any

from faust.stores.rocksdb import RocksDBOptions
from rocksdict import BlockBasedIndexType, BlockBasedOptions, Cache, WriteBufferManager

MEMORY = 256 * 1024 * 1024
"""Bytes for all stores of a worker; while rows are written out, it may be passed a little."""

UNWRITTEN = 96 * 1024 * 1024
"""Bytes of that for rows that are not on disk yet."""

WRITE_BUFFER = 16 * 1024 * 1024
"""Bytes of such rows that one table and partition collects before it writes them out."""


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


@cache
def shared() -> Cache:
    """Return the process's one cache."""
    return Cache(MEMORY)


@cache
def _unwritten() -> WriteBufferManager:
    return WriteBufferManager.new_write_buffer_manager_with_cache(UNWRITTEN, False, shared())  # noqa: FBT003 -- its own
