"""What the store raises: RocksDB's binding has no error of its own."""


class IncompleteError(Exception):
    """A database has files that it knows nothing of: rows are missing."""


def is_rocksdbs(kind: type[BaseException] | None) -> bool:
    """Say whether an error of this kind is the store's: a bare `Exception`, when the disk is full or a file is broken.

    Nobody else raises one.
    """
    return kind in (Exception, IncompleteError)
