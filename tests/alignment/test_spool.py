from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from crossmodal.alignment.spool import CropSpool, blocks, growing_array


def test_the_spool_gives_back_what_was_kept() -> None:
    spool = CropSpool(4)
    rng = np.random.default_rng(0)
    keys = [(0, 0), (0, 1), (3, 1)]
    crops = {key: rng.integers(0, 255, (4, 4, 3), np.uint8) for key in keys}
    for key in keys[:2]:
        spool.add(*key, crops[key])
    assert (spool[keys[0]] == crops[keys[0]]).all()
    spool.add(*keys[2], crops[keys[2]])  # after reading, at the end again
    for key in keys:
        assert key in spool
        assert (spool[key] == crops[key]).all()
    assert (3, 0) not in spool


@settings(max_examples=40, deadline=None)
@given(
    array=arrays.arrays(
        st.sampled_from([np.int16, np.uint8]),
        arrays.array_shapes(min_dims=2, max_dims=4, min_side=0, max_side=5),
    ),
    parts=st.lists(st.integers(0, 5), max_size=3),
    size=st.integers(1, 40),
)
def test_a_growing_array_is_the_file_that_numpy_writes(
    tmp_path_factory: pytest.TempPathFactory, array: NDArray[Any], parts: list[int], size: int
) -> None:
    folder = tmp_path_factory.mktemp("grown")
    with growing_array(folder / "ours.npy", array.shape[1:], array.dtype) as grown:
        for part in np.split(array, sorted(parts)):
            grown.extend(part)
    np.save(folder / "theirs.npy", array)
    assert (folder / "ours.npy").read_bytes() == (folder / "theirs.npy").read_bytes()
    read = list(blocks(folder / "ours.npy", size))
    assert all(len(block) == 1 or block.nbytes <= size for block in read)
    joined = np.concatenate([np.zeros((0, *array.shape[1:]), array.dtype), *read])
    assert joined.dtype == array.dtype
    np.testing.assert_array_equal(joined, array)


def test_nothing_stays_when_it_fails(tmp_path: Path) -> None:
    path = tmp_path / "array.npy"

    def write() -> None:
        with growing_array(path, (3,), np.int16) as grown:
            grown.append(np.zeros(3, np.int16))
            grown.append(np.zeros(4, np.int16))

    with pytest.raises(ValueError, match="instead of"):
        write()
    assert list(tmp_path.iterdir()) == []
