"""Lines of a binary file, none longer than is good for us."""

from collections.abc import Iterator
from typing import BinaryIO

_STEP = 1 << 20
_HEAD = 4 << 10


def lines(file: BinaryIO, longest: int) -> Iterator[tuple[int, bytes, int]]:
    """Yield (number from 1, line without its end, size in bytes); of a line above `longest` only the head."""
    number = 0
    while line := file.readline(longest + len(b"\r\n")):
        number += 1
        size, end = len(line), line
        while not end.endswith(b"\n") and (rest := file.readline(_STEP)):
            size += len(rest)
            end = end[-1:] + rest
        was_whole = size == len(line)
        size -= len(end) - len(end.removesuffix(b"\n").removesuffix(b"\r"))
        yield number, line[:size] if was_whole and size <= longest else line[:_HEAD], size
