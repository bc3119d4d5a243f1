"""What a run left behind is there when it is needed, and only then."""

import tempfile
from pathlib import Path

import pytest

from chaos.disk import FILLER, small_disk
from chaos.evidence import data_of_run


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


@pytest.mark.parametrize(("asked", "wrong", "left"), [(0, 0, False), (1, 0, True), (0, 1, True), (1, 1, True)])
def test_data_is_left_where_it_was_asked_for_or_something_was_wrong(
    tmp_path: Path, asked: int, wrong: int, *, left: bool
) -> None:
    """Left data is named; other data is gone."""
    said: list[str] = []
    with data_of_run(tmp_path / "asked" if asked else None, said.append) as data:
        data.folder.mkdir(exist_ok=True)
        data.keep |= bool(wrong)
    assert data.folder.exists() is left
    assert said == ([f"data left in {data.folder}"] if left else [])
    assert data.folder.parent == tmp_path


@pytest.mark.parametrize(("end", "left"), [(RuntimeError, True), (KeyboardInterrupt, False)])
def test_a_run_without_an_end_leaves_its_data_unless_interrupted(end: type[BaseException], *, left: bool) -> None:
    """A stall is found out of what it left."""
    said: list[str] = []
    with pytest.raises(end), data_of_run(None, said.append) as data:
        raise end
    assert data.folder.exists() is left
    assert len(said) == left


def test_a_small_disk_leaves_what_was_on_it(tmp_path: Path) -> None:
    """The stores, but not what filled the disk."""
    home = tmp_path / "workers"
    with small_disk(home):
        (home / "store").mkdir()
        (home / "store" / "CURRENT").write_text("MANIFEST-000005")
        if home.is_mount():
            (home / FILLER).write_bytes(bytes(100))
    assert not home.is_mount()
    assert [path.relative_to(tmp_path).as_posix() for path in sorted(tmp_path.rglob("*"))] == [
        "workers",
        "workers/store",
        "workers/store/CURRENT",
    ]
