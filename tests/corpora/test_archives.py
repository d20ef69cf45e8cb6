from __future__ import annotations

import bz2
import gzip
import io
import lzma
import stat
import struct
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crossmodal.corpora import archives
from crossmodal.corpora.archives import unpack
from crossmodal.errors import InputError

FILES = {"top/a.txt": b"alpha", "top/deep/b.bin": bytes(range(256)) * 40, "top/empty": b""}


def write_zip(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, content in files.items():
            bundle.writestr(name, content)
    return path


def tar_bytes(files: dict[str, bytes], *extra: tarfile.TarInfo) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as bundle:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            bundle.addfile(info, io.BytesIO(content))
        for info in extra:
            bundle.addfile(info)
    return buffer.getvalue()


def write_tar(path: Path, files: dict[str, bytes], *extra: tarfile.TarInfo) -> Path:
    compress: dict[str, Callable[[bytes], bytes]] = {
        ".gz": gzip.compress,
        ".bz2": bz2.compress,
        ".xz": lzma.compress,
    }
    content = tar_bytes(files, *extra)
    path.write_bytes(compress.get(path.suffix, bytes)(content))
    return path


def write(path: Path, files: dict[str, bytes]) -> Path:
    return write_zip(path, files) if path.suffix == ".zip" else write_tar(path, files)


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def refused(archive: Path, match: str, *, max_bytes: int = 10**9, max_files: int = 100) -> None:
    """The archive is refused with this reason, and nothing of it remains anywhere."""
    folder = archive.parent / "out"
    folder.mkdir()
    (folder / "mine").write_bytes(b"stays")
    around = set(archive.parent.rglob("*"))
    with pytest.raises(InputError, match=match) as caught:
        unpack(archive, folder, strip_prefix=None, max_bytes=max_bytes, max_files=max_files)
    assert archive.name in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.hint
    assert set(archive.parent.rglob("*")) == around


KINDS = ["x.zip", "x.tar", "x.tar.gz", "x.tgz", "x.tar.bz2", "x.tar.xz"]


@pytest.mark.parametrize("name", KINDS)
def test_unpacks_every_kind(name: str, tmp_path: Path) -> None:
    if name.endswith(".tgz"):
        archive = tmp_path / name
        archive.write_bytes(gzip.compress(tar_bytes(FILES)))
    else:
        archive = write(tmp_path / name, FILES)
    unpack(archive, tmp_path / "out", strip_prefix=None, max_bytes=10**6)
    assert tree(tmp_path / "out") == FILES


@pytest.mark.parametrize("prefix", ["top", "auto"])
def test_strips_the_prefix(prefix: str, tmp_path: Path) -> None:
    archive = write(tmp_path / "x.tar.gz", FILES | {"__MACOSX/top/._a.txt": b"fork"})
    unpack(archive, tmp_path / "out", strip_prefix=prefix, max_bytes=10**6)
    assert tree(tmp_path / "out") == {k.removeprefix("top/"): v for k, v in FILES.items()}


def test_auto_strips_nothing_from_a_flat_archive(tmp_path: Path) -> None:
    archive = write(tmp_path / "x.zip", FILES | {"README": b"hello"})
    unpack(archive, tmp_path / "out", strip_prefix="auto", max_bytes=10**6)
    assert tree(tmp_path / "out") == FILES | {"README": b"hello"}


def test_a_prefix_that_is_not_there_is_named(tmp_path: Path) -> None:
    archive = write(tmp_path / "x.zip", FILES)
    with pytest.raises(InputError, match="no folder 'other'"):
        unpack(archive, tmp_path / "out", strip_prefix="other", max_bytes=10**6)
    assert tree(tmp_path / "out") == {}


def test_single_gz_loses_its_suffix(tmp_path: Path) -> None:
    (tmp_path / "list.txt.gz").write_bytes(gzip.compress(b"content"))
    unpack(tmp_path / "list.txt.gz", tmp_path / "out", strip_prefix=None, max_bytes=100)
    assert tree(tmp_path / "out") == {"list.txt": b"content"}


def test_other_files_of_the_folder_stay_and_namesakes_are_replaced(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "kept").write_bytes(b"k")
    (out / "a").write_bytes(b"old")
    unpack(write(tmp_path / "x.zip", {"a": b"new"}), out, strip_prefix=None, max_bytes=100)
    assert tree(out) == {"kept": b"k", "a": b"new"}


def test_a_folder_in_the_way_is_named_before_anything_moves(tmp_path: Path) -> None:
    (tmp_path / "out" / "b").mkdir(parents=True)
    archive = write(tmp_path / "x.zip", {"a": b"1", "b": b"2"})
    with pytest.raises(InputError, match="stands where"):
        unpack(archive, tmp_path / "out", strip_prefix=None, max_bytes=100)
    assert tree(tmp_path / "out") == {}


@pytest.mark.parametrize("kind", ["x.zip", "x.tar", "x.tar.gz"])
@pytest.mark.parametrize(
    "name", ["../evil", "a/../../evil", "/etc/evil", "C:/evil", "a\\..\\evil", "a\nb"]
)
def test_unsafe_names_are_refused(kind: str, name: str, tmp_path: Path) -> None:
    refused(write(tmp_path / kind, {"good": b"1", name: b"2"}), "unsafe name")


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, b"6"])
def test_links_and_devices_in_tar_are_refused(kind: bytes, tmp_path: Path) -> None:
    special = tarfile.TarInfo("special")
    special.type = kind
    special.linkname = "good"
    refused(write_tar(tmp_path / "x.tar.gz", {"good": b"1"}, special), "a link or a device")


def test_writing_through_a_link_is_refused(tmp_path: Path) -> None:
    link = tarfile.TarInfo("way")
    link.type = tarfile.SYMTYPE
    link.linkname = str(tmp_path)
    content = tar_bytes({"good": b"1"}, link)[: 512 * 3] + tar_bytes({"way/evil": b"2"})
    (tmp_path / "x.tar").write_bytes(content)
    refused(tmp_path / "x.tar", "a link or a device")


def test_links_in_zip_are_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as bundle:
        link = zipfile.ZipInfo("link")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        bundle.writestr(link, "/etc/passwd")
    refused(tmp_path / "x.zip", "a link or a device")


def test_encrypted_zip_is_refused(tmp_path: Path) -> None:
    archive = write(tmp_path / "x.zip", {"a": b"secret"})
    content = bytearray(archive.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.index(signature) + offset
        content[at] |= 1
    archive.write_bytes(content)
    refused(archive, "encrypted")


@pytest.mark.parametrize("kind", ["x.zip", "x.tar"])
@pytest.mark.parametrize("names", [("a/B", "a/b"), ("caf\u00e9", "cafe\u0301")])
def test_names_that_fold_into_one_are_refused(
    kind: str, names: tuple[str, str], tmp_path: Path
) -> None:
    refused(write(tmp_path / kind, dict.fromkeys(names, b"1")), "twice")


def test_a_file_that_is_also_a_folder_is_refused(tmp_path: Path) -> None:
    refused(write(tmp_path / "x.tar", {"a": b"1", "a/b": b"2"}), "both as a file and as a folder")


@pytest.mark.parametrize("kind", ["x.zip", "x.tar.gz"])
def test_declared_size_beyond_the_limit_is_refused(kind: str, tmp_path: Path) -> None:
    refused(write(tmp_path / kind, {"a": bytes(5000), "b": bytes(5000)}), "9999", max_bytes=9999)


def test_actual_size_beyond_the_limit_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.gz").write_bytes(gzip.compress(bytes(10_000)))
    refused(tmp_path / "a.gz", "9999", max_bytes=9999)


def test_zip_that_lies_about_its_size_is_refused(tmp_path: Path) -> None:
    archive = write(tmp_path / "x.zip", {"a": bytes(100_000)})
    content = bytearray(archive.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<I", content, content.index(signature) + offset, 10)
    archive.write_bytes(content)
    refused(archive, "truncated, damaged", max_bytes=1000)


def test_bomb_is_refused_by_its_ratio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "_RATIO_MATTERS_ABOVE_BYTES", 1 << 20)
    refused(write(tmp_path / "x.tar.xz", {"zeros": bytes(3 << 20)}), "200 times")


def test_bytes_hidden_behind_the_end_count(tmp_path: Path) -> None:
    hidden = gzip.compress(tar_bytes({"a": b"1"}) + bytes(200_000))
    (tmp_path / "x.tar.gz").write_bytes(hidden)
    refused(tmp_path / "x.tar.gz", "allowed", max_bytes=100_000)


def test_too_many_members_are_refused(tmp_path: Path) -> None:
    files = {str(i): b"" for i in range(11)}
    refused(write(tmp_path / "x.zip", files), "more than 10 members", max_files=10)


@pytest.mark.parametrize("kind", ["x.rar", "x.7z"])
def test_other_kinds_are_to_be_unpacked_by_hand(kind: str, tmp_path: Path) -> None:
    (tmp_path / kind).write_bytes(b"Rar!")
    refused(tmp_path / kind, "by hand")


@pytest.mark.parametrize("kind", ["x.zip", "x.tar", "x.tar.gz", "x.tar.bz2", "x.tar.xz", "x.gz"])
@settings(max_examples=12, deadline=None, derandomize=True)
@given(share=st.floats(0, 0.99))
def test_truncation_anywhere_is_noticed(
    kind: str, share: float, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("cut")
    if kind == "x.gz":
        archive = folder / kind
        archive.write_bytes(gzip.compress(FILES["top/deep/b.bin"]))
    else:
        archive = write(folder / kind, FILES | {"top/last": bytes(range(1, 255)) * 9})
    content = archive.read_bytes()
    # The tail of a plain tar is padding; its last file ends where the closing blocks begin.
    whole = len(content.rstrip(b"\0")) if kind == "x.tar" else len(content)
    archive.write_bytes(content[: int(whole * share)])
    refused(archive, "truncated, damaged")


def test_a_tar_cut_between_two_members_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "x.tar").write_bytes(tar_bytes({"a": b"1", "b": b"2"})[: 2 * 512])
    refused(tmp_path / "x.tar", "closing block of zeros")


def test_damaged_content_is_noticed(tmp_path: Path) -> None:
    archive = write(tmp_path / "x.zip", FILES)
    content = bytearray(archive.read_bytes())
    content[content.index(b"top/a.txt") + len("top/a.txt") + 1] ^= 0xFF
    archive.write_bytes(content)
    refused(archive, "truncated, damaged")


def test_what_an_earlier_try_left_is_not_mixed_in(tmp_path: Path) -> None:
    (tmp_path / "out" / ".unpacking").mkdir(parents=True)
    (tmp_path / "out" / ".unpacking" / "stale").write_bytes(b"half")
    unpack(write(tmp_path / "x.zip", FILES), tmp_path / "out", strip_prefix=None, max_bytes=10**6)
    assert tree(tmp_path / "out") == FILES
