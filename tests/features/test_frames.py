"""Square frames, grey faces, face descriptors and their projection."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.decomposition import PCA

from crossmodal.errors import ClipError, InputError
from crossmodal.features.frames import (
    FACE,
    face_descriptors,
    fit_projection,
    grey_face,
    square_frame,
)

Image = NDArray[np.uint8]


def face(identity: int, seed: int = 0, light: float = 1.0) -> Image:
    """Draw a face whose shape and colours depend on the identity, a little different each time."""
    person, moment = np.random.default_rng(identity), np.random.default_rng([identity, seed])
    image = np.full((96, 96, 3), person.integers(40, 200, 3), np.uint8)
    shift = moment.integers(-2, 3, 2)
    skin = person.integers(90, 230, 3).tolist()
    axes = (int(person.integers(24, 36)), int(person.integers(34, 44)))
    cv2.ellipse(image, (48 + int(shift[0]), 50 + int(shift[1])), axes, 0, 0, 360, skin, -1)
    gap, height = int(person.integers(9, 17)), int(person.integers(34, 46))
    for side in (-1, 1):
        eye = (48 + side * gap + int(shift[0]), height + int(shift[1]))
        cv2.circle(image, eye, int(person.integers(3, 7)), (20, 20, 30), -1)
    mouth = (48 + int(shift[0]), int(person.integers(64, 76)) + int(shift[1]))
    cv2.ellipse(image, mouth, (int(person.integers(8, 18)), 3), 0, 0, 360, (120, 20, 30), -1)
    noise = moment.normal(0, 4, image.shape)
    return np.clip(image * light + noise, 0, 255).astype(np.uint8)


@settings(max_examples=40, deadline=None)
@given(height=st.integers(1, 60), width=st.integers(1, 60), side=st.integers(1, 40))
def test_frames_are_square_whatever_the_picture(height: int, width: int, side: int) -> None:
    image = np.full((height, width, 3), (10, 120, 250), np.uint8)
    found = square_frame(image, side)
    assert found.shape == (side, side, 3)
    assert (found == (10, 120, 250)).all()


def test_the_square_is_the_centre_and_shrinks_by_area() -> None:
    image = np.random.default_rng(0).integers(0, 256, (256, 400, 3), dtype=np.uint8)
    centre = image[:, 72:328].astype(float)
    expected = centre.reshape(128, 2, 128, 2, 3).mean(axis=(1, 3))
    assert np.abs(square_frame(image) - expected).max() <= 0.5


def test_grey_face_is_the_mean_over_frames_and_colours() -> None:
    images = np.random.default_rng(1).integers(0, 256, (5, 46, 46, 3), dtype=np.uint8)
    expected = images.reshape(5, 23, 2, 23, 2, 3).mean(axis=(0, 2, 4, 5)) / 255
    found = grey_face(image for image in images)
    assert found.shape == (23, 23)
    np.testing.assert_allclose(found, expected, atol=1 / 255)


def test_faces_of_other_sizes_mix() -> None:
    white = [np.full((side, side + 7, 3), 255, np.uint8) for side in (10, 23, 131)]
    assert (grey_face(white) == 1).all()


def test_no_face_is_a_clip_to_set_aside() -> None:
    nothing: Iterator[Image] = iter(())
    with pytest.raises(ClipError, match="no face"):
        grey_face(nothing)
    with pytest.raises(ClipError, match="no face"):
        face_descriptors([])


def test_descriptors_do_not_depend_on_neighbours_or_light() -> None:
    bright = face_descriptors([face(1), face(2)])
    assert bright.dtype == np.float32
    assert np.array_equal(face_descriptors([face(2)])[0], bright[1])
    shapes = FACE.frequencies * (FACE.frequencies + 1) // 2 - 1
    dim = face_descriptors([(face(1) * 0.6).astype(np.uint8)])[0]
    assert np.corrcoef(dim[:shapes], bright[0, :shapes])[0, 1] > 0.99
    assert bright.shape[1] == shapes + 2 * FACE.colour_cells**2


def test_a_blank_crop_has_no_shape() -> None:
    grey = face_descriptors([np.full((50, 50, 3), 128, np.uint8)])
    np.testing.assert_allclose(grey, 0, atol=1e-6)


def test_descriptors_know_people_again() -> None:
    people = range(12)
    gallery = face_descriptors(face(person, 0) for person in people)
    again = face_descriptors(face(person, 1, light=0.8) for person in people)
    distances = ((again[:, None] - gallery[None]) ** 2).sum(axis=2)
    assert (distances.argmin(axis=1) == np.arange(12)).mean() > 0.9


def rows(count: int, seed: int = 0) -> NDArray[np.float32]:
    random = np.random.default_rng(seed)
    mixed = random.standard_normal((count, 80)) @ random.standard_normal((80, 80))
    return (mixed + 3).astype(np.float32)


def test_projection_is_scikit_learns() -> None:
    features = rows(300)
    train = np.arange(300) < 200
    found = fit_projection(features, train)
    expected = PCA(53, svd_solver="full").fit(features[train].astype(np.float64))
    ours, theirs = found(features), expected.transform(features.astype(np.float64))
    signs = np.sign((ours * theirs).sum(axis=0))
    assert ours.shape == (300, 53)
    np.testing.assert_allclose(ours * signs, theirs, atol=1e-3)
    assert found.explained == pytest.approx(expected.explained_variance_ratio_.sum())
    assert (found.axes[np.arange(53), np.abs(found.axes).argmax(axis=1)] > 0).all()


def test_projection_is_fitted_on_training_rows_alone() -> None:
    features = rows(200)
    train = np.arange(200) < 120
    first = fit_projection(features, train)
    features[~train] = rows(80, seed=5) * 100
    second = fit_projection(features, train)
    assert np.array_equal(first.axes, second.axes)
    assert np.array_equal(first.mean, second.mean)


def test_too_few_training_rows_are_named() -> None:
    with pytest.raises(InputError, match="53 training rows of 80 values do not span 53"):
        fit_projection(rows(100), np.arange(100) < 53)
