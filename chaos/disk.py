"""A small disk for the workers' stores, which can be filled to the last byte: a tmpfs of its own (Linux, as root)."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

SIZE = "512m"
FILLER = "filler"


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """Mount a small disk on `folder` for as long as the block lasts, and leave there what was on it in the end.

    Where that is not allowed, leave the big one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if os.geteuid() != 0:
        yield
        return
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)], check=True)  # noqa: S607 -- the system's own
    left = folder.with_name(f"{folder.name}-left")
    left.mkdir()
    try:
        yield
    finally:
        free(folder)
        with suppress(OSError):  # what is left is evidence: where it cannot be had, the verdict still counts
            shutil.copytree(folder, left, dirs_exist_ok=True)
        subprocess.run(["umount", "--lazy", str(folder)], check=True)  # noqa: S607 -- likewise
        folder.rmdir()
        left.rename(folder)


def fill(folder: Path) -> None:
    """Leave no byte free. Raises RuntimeError where the disk is not a small one: nobody's own disk is ever filled."""
    if not os.path.ismount(folder):
        raise RuntimeError(f"{folder} is no disk of its own: a full disk can only be played as root on Linux")
    with (folder / FILLER).open("wb", buffering=0) as file:
        try:
            while file.write(bytes(1 << 20)):
                pass
        except OSError:
            return


def free(folder: Path) -> None:
    """Make room again."""
    (folder / FILLER).unlink(missing_ok=True)
