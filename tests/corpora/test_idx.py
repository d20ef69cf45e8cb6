"""IDX files: what is written is read, and damage is refused."""

from __future__ import annotations

import gzip
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from crossmodal.corpora.idx import idx_picture, idx_shape, read_idx, write_idx
from crossmodal.errors import ClipError, InputError

PICTURES = np.random.default_rng(0).integers(0, 256, (5, 4, 3), dtype=np.uint8)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = write_idx(tmp_path / "a-idx3-ubyte.gz", PICTURES)
    assert np.array_equal(read_idx(path), PICTURES)
    assert idx_shape(path) == (5, 4, 3)
    assert path.read_bytes() == write_idx(tmp_path / "b.gz", PICTURES).read_bytes()
    # The header of MNIST's files of pictures: magic number 2051, then the sides.
    assert struct.unpack(">4I", gzip.decompress(path.read_bytes())[:16]) == (2051, 5, 4, 3)


def test_a_file_need_not_be_compressed(tmp_path: Path) -> None:
    path = write_idx(tmp_path / "a.gz", PICTURES)
    plain = tmp_path / "a-idx3-ubyte"
    plain.write_bytes(gzip.decompress(path.read_bytes()))
    assert np.array_equal(read_idx(plain), PICTURES)


def cut_off(content: bytes) -> bytes:
    return content[:-1]


def lengthen(content: bytes) -> bytes:
    return content + b"x"


def other_kind(content: bytes) -> bytes:
    return content[:2] + b"\x0d" + content[3:]


def claim_too_much(content: bytes) -> bytes:
    return content[:4] + struct.pack(">3I", 1 << 31, 1 << 31, 1 << 31) + content[16:]


def stop_in_the_header(content: bytes) -> bytes:
    return content[:7]


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (cut_off, "60 values announced, 59 found"),
        (lengthen, "60 values announced, 61 found"),
        (other_kind, "the header is another"),
        (claim_too_much, "the header claims"),
        (stop_in_the_header, "not a readable IDX file"),
    ],
)
@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_damage_is_refused(
    damage: Callable[[bytes], bytes], message: str, suffix: str, tmp_path: Path
) -> None:
    whole = gzip.decompress(write_idx(tmp_path / "whole.gz", PICTURES).read_bytes())
    content = damage(whole)
    path = tmp_path / f"a{suffix}"
    path.write_bytes(gzip.compress(content) if suffix else content)
    with pytest.raises(InputError, match=message) as caught:
        read_idx(path)
    assert str(path) in str(caught.value)


def test_what_is_no_gzip_or_not_there_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.gz").write_bytes(b"not gzip")
    for name in ("a.gz", "none"):
        for function in (read_idx, idx_shape):
            with pytest.raises(InputError, match="not a readable IDX file"):
                function(tmp_path / name)


def test_one_picture(tmp_path: Path) -> None:
    write_idx(tmp_path / "a.gz", PICTURES)
    assert np.array_equal(idx_picture(tmp_path, "a.gz#4"), PICTURES[4])
    for name, reason in (("a.gz#5", "no such picture"), ("b.gz#0", "cannot be read")):
        with pytest.raises(ClipError, match=reason):
            idx_picture(tmp_path, name)
