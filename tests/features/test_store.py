"""Feature files: what is written comes back, what is damaged is named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray

from crossmodal.errors import InputError
from crossmodal.features.store import read_feature, write_feature


@given(
    array=arrays(
        np.float32, array_shapes(min_dims=2, max_dims=2), elements=st.floats(-1e6, 1e6, width=32)
    )
)
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, array: NDArray[np.float32]
) -> None:
    path = tmp_path_factory.mktemp("feature") / "x.npy"
    write_feature(path, array, units="share", settings={"k": 1})
    back = read_feature(path, len(array))
    assert isinstance(back.base, np.memmap) or isinstance(back, np.memmap)
    assert not back.flags.writeable
    assert back.dtype == array.dtype
    assert np.array_equal(back, array)


def test_the_description(tmp_path: Path) -> None:
    path = tmp_path / "x.npy"
    write_feature(path, np.ones((3, 2)), units="m", settings={"k": 1}, libraries=("scikit-learn",))
    text = json.loads(path.with_suffix(".json").read_text())
    assert text["shape"] == [3, 2]
    assert text["dtype"] == "float64"
    assert text["units"] == "m"
    assert text["settings"] == {"k": 1}
    assert set(text["versions"]) == {"numpy", "scikit-learn"}
    assert text["versions"]["numpy"] == np.__version__


@pytest.mark.parametrize(
    ("array", "problem"),
    [
        (np.array([[1.0], [np.nan]]), "not finite"),
        (np.array([[np.inf]]), "not finite"),
        (np.ones(3), "1 dimensions"),
        (np.array([["a"]]), "matrix of numbers"),
    ],
)
def test_what_is_no_feature_is_not_written(tmp_path: Path, array: Any, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        write_feature(tmp_path / "x.npy", array, units="", settings={})
    assert not list(tmp_path.iterdir())


def test_damaged_files(tmp_path: Path) -> None:
    path = tmp_path / "x.npy"
    with pytest.raises(InputError, match="no such feature"):
        read_feature(path, 3)
    write_feature(path, np.ones((5000, 2)), units="", settings={})
    with pytest.raises(InputError, match="5000 rows for a manifest of 4"):
        read_feature(path, 4)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(InputError, match="not a readable array"):
        read_feature(path, 5000)
    np.save(path, np.array([[object()]]), allow_pickle=True)
    with pytest.raises(InputError, match="not a readable array"):
        read_feature(path, 1)
    late = np.ones((5000, 2))
    late[4999, 1] = np.nan
    np.save(path, late)
    with pytest.raises(InputError) as caught:
        read_feature(path, 5000)
    assert caught.value.field == "row 4999"
