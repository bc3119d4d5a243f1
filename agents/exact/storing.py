"""What the store raises: RocksDB's binding has no error of its own."""


class IncompleteError(Exception):
    """A database lacks what was written before what it has."""


def is_rocksdbs(kind: type[BaseException] | None) -> bool:
    """Say whether an error of this kind is the store's: a bare `Exception`, when the disk is full or a file is broken,
    which nobody else raises, or what we find missing ourselves.
    """
    return kind in (Exception, IncompleteError)
