import errno
import hashlib
import json
from pathlib import Path

import pytest

from crossmodal import files
from crossmodal.errors import InputError
from crossmodal.files import atomic_path, reserve, sha256_of, write_json, write_text


def test_a_failed_write_leaves_the_old_file_and_no_temporary(tmp_path: Path) -> None:
    target = tmp_path / "table.csv"
    target.write_text("old")

    def write_half() -> None:
        with atomic_path(target) as temporary:
            temporary.write_text("new, but")
            raise RuntimeError("half-way")

    with pytest.raises(RuntimeError, match="half-way"):
        write_half()
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_nobody_sees_the_file_before_it_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "figure.svg"
    with atomic_path(target) as temporary:
        temporary.write_text("<svg")
        assert not target.exists()
        assert temporary.suffix == ".svg"
        assert temporary.name.startswith(".")
        temporary.write_text("<svg/>")
    assert target.read_text() == "<svg/>"
    assert list(target.parent.iterdir()) == [target]


def test_a_kill_before_the_record_leaves_a_file_that_can_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_recorded", {tmp_path.resolve()})
    target = tmp_path / "table.csv"
    write_text(target, "first")
    assert files.verify_folder(tmp_path) == []

    def die(path: Path) -> None:
        raise SystemExit

    monkeypatch.setattr(files, "_record", die)
    with pytest.raises(SystemExit):
        write_text(target, "second, and longer")
    assert target.read_text() == "second, and longer"
    files.check_recorded(target)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_without_room_the_old_file_stays_and_the_folder_is_named(
    tmp_path: Path, number: int
) -> None:
    target = tmp_path / "table.csv"
    target.write_text("old")

    def write() -> None:
        with atomic_path(target) as temporary:
            temporary.write_text("half")
            raise OSError(number, "no room")

    with pytest.raises(InputError) as caught:
        write()
    assert caught.value.file == tmp_path
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_memory_map_has_its_room_before_it_is_written(tmp_path: Path) -> None:
    with (tmp_path / "a.npy").open("w+b") as stream:
        reserve(stream, 100_000)
        reserve(stream, 0)
    found = (tmp_path / "a.npy").stat()
    assert found.st_size == 100_000
    assert found.st_blocks * 512 >= 100_000


def test_text_has_unix_line_ends_and_utf8(tmp_path: Path) -> None:
    write_text(tmp_path / "a.md", "ρ²\nend\n")
    assert (tmp_path / "a.md").read_bytes() == "ρ²\nend\n".encode()


def test_json_keeps_order_and_refuses_nan(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_json(path, {"b": 1, "a": "é"})
    assert list(json.loads(path.read_text(encoding="utf-8"))) == ["b", "a"]
    assert "é" in path.read_text(encoding="utf-8")
    before = path.read_bytes()
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(path, {"loss": float("nan")})
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_sha256_is_that_of_the_bytes(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"\x00" * 3_000_000 + b"end")
    assert sha256_of(path) == hashlib.sha256(path.read_bytes()).hexdigest()
