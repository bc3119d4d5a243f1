"""Leaving: at once, with a code that says why, and without a word of the data."""

import subprocess
import sys

import pytest

from agents.exact.exits import Exit, where
from tests.conftest import ROOT


@pytest.mark.parametrize("code", list(Exit))
def test_leaving_skips_all_clean_up(code: Exit) -> None:
    """No `finally`, no atexit: a clean-up could commit. One line on standard error names the fence."""
    program = (
        "import atexit\nfrom agents.exact.exits import Exit, leave\n"
        "atexit.register(print, 'cleaned up')\n"
        f"try:\n    leave(Exit({int(code)}), 'for a reason')\nfinally:\n    print('cleaned up')\n"
    )
    left = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd=ROOT)
    assert (left.returncode, left.stdout) == (code, "")
    assert left.stderr == f"tellonce worker leaves: exit={int(code)} fence={code.name.lower()} for a reason\n"


def test_where_names_the_code_and_not_the_data() -> None:
    """An error's message may quote a customer: only its type and its path are said, innermost first."""

    def inner() -> None:
        raise ValueError("Anna said: where is my parcel?")

    def outer() -> None:
        inner()

    try:
        outer()
    except ValueError as error:
        said = where(error)
    assert said.startswith("ValueError in inner (test_exits.py:")
    assert " < outer (test_exits.py:" in said
    assert "Anna" not in said
