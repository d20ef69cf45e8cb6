"""Our readings of graph cut and regions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from fixture_facevoice import model_settings, pictures, write_windows

from crossmodal.errors import InputError
from crossmodal.features.store import write_feature
from crossmodal.papers.facevoice import faces
from crossmodal.papers.facevoice.data import load_windows

ROWS = np.arange(12) % 5


def crops() -> np.ndarray:
    return pictures(ROWS, np.random.default_rng(0))


def test_the_cut_parts_a_face_from_its_ground() -> None:
    y, x = np.mgrid[:64, :64]
    truth = ((x - 32) / 22) ** 2 + ((y - 32) / 28) ** 2 < 1
    for face in crops()[:5, 6]:
        found = faces.foreground(face)
        assert (found & truth).sum() / (found | truth).sum() > 0.8
    flat = np.full((64, 64, 3), 90, np.uint8)  # nothing to cut: the ellipse stands
    assert 0.2 < faces.foreground(flat).mean() < 0.7


def test_the_ground_does_not_count_after_the_cut() -> None:
    one = crops()
    y, x = np.mgrid[:64, :64]
    outside = ((x - 32) / 30) ** 2 + ((y - 32) / 31) ** 2 > 1
    other = one.copy()
    other[:, :, outside] //= 2
    train = np.ones(len(ROWS), bool)
    plain = faces.region_faces(one, train)
    assert not np.allclose(plain, faces.region_faces(other, train))
    cut, again = (faces.graph_cut_faces(p, train) for p in (one, other))
    assert cut.shape == (12, 53, 13)
    correlation = np.corrcoef(cut.ravel(), again.ravel())[0, 1]
    assert correlation > 0.9


def test_regions_against_loops() -> None:
    face = crops()[0, 0]
    found = faces._regions(face)
    assert found.shape == (16, 11)
    red, green, blue = (face[..., channel].astype(float) for channel in range(3))
    light = np.round(0.299 * red + 0.587 * green + 0.114 * blue)
    cr = (red - light) * 0.713 + 128
    for region in range(16):
        row, column = divmod(region, 4)
        cell = cr[16 * row : 16 * row + 16, 16 * column : 16 * column + 16]
        assert found[region, 9] == pytest.approx(cell.mean(), abs=0.6)
    assert found[:, :9].mean() == pytest.approx(0, abs=1e-5)
    assert found[:, :9].std() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("make", [faces.graph_cut_faces, faces.region_faces])
def test_test_rows_change_nothing_of_the_training_rows(make) -> None:  # type: ignore[no-untyped-def]
    one = crops()
    train = np.arange(len(ROWS)) < 8
    other = one.copy()
    other[~train] = 255 - other[~train]
    np.testing.assert_array_equal(make(one, train)[train], make(other, train)[train])
    trained = make(one, train)[train]
    assert trained.mean(axis=(0, 2)) == pytest.approx(np.zeros(trained.shape[1]), abs=1e-4)


def test_a_corpus_without_pictures_is_told_so(tmp_path: Path) -> None:
    frame = write_windows(tmp_path)
    assert load_windows(model_settings(face="regions"), tmp_path).face.shape == (75, 176 * 4)
    empty = np.zeros((len(frame), 0), np.uint8)
    write_feature(tmp_path / "pictures.npy", empty, units="test", settings={})
    with pytest.raises(InputError, match="no pictures"):
        load_windows(model_settings(face="graph_cut"), tmp_path)
