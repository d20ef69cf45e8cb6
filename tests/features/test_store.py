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
from crossmodal.features.store import create_feature, read_feature, scratch, write_feature


@given(
    array=arrays(
        np.float32,
        array_shapes(min_dims=2, max_dims=5, min_side=0, max_side=4),
        elements=st.floats(-1e6, 1e6, width=32),
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
    with create_feature(path, array.shape, array.dtype, units="share", settings={}) as filled:
        filled[...] = array
    again = read_feature(path, len(array))
    assert again.dtype == array.dtype
    assert np.array_equal(again, array)


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
        (np.array([["a"]]), "rows of numbers"),
        (np.full((2, 3, 4), np.nan), "not finite"),
    ],
)
def test_what_is_no_feature_is_not_written(tmp_path: Path, array: Any, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        write_feature(tmp_path / "x.npy", array, units="", settings={})
    assert not list(tmp_path.iterdir())


def test_a_feature_is_filled_before_it_gets_its_name(tmp_path: Path) -> None:
    path = tmp_path / "x.npy"
    settings = {"k": 1}
    with create_feature(path, (3, 2), np.int16, units="m", settings=settings) as array:
        array[:] = 7
        assert not path.exists()
        settings["found"] = 2
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["x.json", "x.npy"]
    text = json.loads(path.with_suffix(".json").read_text())
    assert (text["shape"], text["dtype"]) == ([3, 2], "int16")
    assert text["settings"] == {"k": 1, "found": 2}


def test_a_feature_that_was_not_finished_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "x.npy"

    def fill(value: float, error: type[Exception] | None) -> None:
        with create_feature(path, (5, 2, 3), np.float16, units="", settings={}) as array:
            array[3, 1, 2] = value
            if error is not None:
                raise error

    with pytest.raises(InputError) as caught:
        fill(np.inf, None)
    assert caught.value.field == "row 3"
    with pytest.raises(KeyError):
        fill(1.0, KeyError)
    assert not list(tmp_path.iterdir())


def test_scratch_is_written_and_read_and_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    array = scratch((4, 3), np.uint8)
    assert not array.any()
    array[2] = 5
    assert array.sum() == 15
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
