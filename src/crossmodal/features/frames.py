"""Picture features: square frames, small grey faces, a face descriptor and its projection.

The deep feature of image files, VGG16's fc7 where its weights are at hand, is
`crossmodal.features.deep`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.fft import dctn

from crossmodal.devices import one_thread
from crossmodal.errors import ClipError, InputError

Image = NDArray[np.uint8]
"""Red, green, blue, [height, width, 3]."""

_BLOCK = 4096
"""Rows at a time in double precision, so that memory does not grow with their number."""


@dataclass(frozen=True)
class FrameSettings:
    """How frames become small squares; written beside the feature.

    Args:
        side_px: Side of a colour frame, the largest centred square of the picture, resized.
        grey_side_px: Side of a grey face.
        shrinking: Each new pixel is the mean of the area it covers.
        growing: Linear between the nearest pixels.
    """

    side_px: int = 128
    grey_side_px: int = 23
    shrinking: str = "area"
    growing: str = "bilinear"


FRAMES = FrameSettings()


@dataclass(frozen=True)
class FaceSettings:
    """The face descriptor: the coarse shape of light and dark, and the coarse colours.

    Args:
        side_px: Side of the square the crop is resized to.
        frequencies: DCT-II coefficients (u, v) of the grey face with u + v below this, without
            the mean. The grey face has mean 0 and deviation 1 first, so that neither brightness
            nor contrast of the light counts.
        colour_cells: Cells a side over which the two colour differences (Cr, Cb) are averaged.
        colour_weight: Colour differences, of 1, are multiplied by this.
        dimensions: What the projection keeps.
    """

    side_px: int = 64
    frequencies: int = 20
    colour_cells: int = 6
    colour_weight: float = 4.0
    dimensions: int = 53


FACE = FaceSettings()


def square_frame(image: Image, side_px: int = FRAMES.side_px) -> Image:
    """Cut the largest centred square and resize it, [side_px, side_px, 3]."""
    side = min(image.shape[:2])
    top, left = ((length - side) // 2 for length in image.shape[:2])
    method = cv2.INTER_AREA if side_px < side else cv2.INTER_LINEAR
    square = np.ascontiguousarray(image[top : top + side, left : left + side])
    return np.asarray(cv2.resize(square, (side_px, side_px), interpolation=method), dtype=np.uint8)


def grey_face(faces: Iterable[Image], side_px: int = FRAMES.grey_side_px) -> NDArray[np.float32]:
    """Average the faces of an utterance over frames and colours, [side_px, side_px], 0 to 1.

    The faces are read once and none is kept.

    Raises:
        ClipError: There is no face.
    """
    total = np.zeros((side_px, side_px), dtype=np.int64)
    count = 0
    for face in faces:
        total += square_frame(face, side_px).sum(axis=2, dtype=np.int64)
        count += 1
    if not count:
        raise ClipError("there is no face in it")
    return np.asarray(total / (count * 3 * 255), dtype=np.float32)


def face_descriptors(faces: Iterable[Image]) -> NDArray[np.float32]:
    """Describe each face crop by itself, [n, 281]; see `FaceSettings`.

    A frozen stand-in for a network trained on faces, which nobody needs to download.

    Raises:
        ClipError: There is no face.
    """
    rows = [_describe(face) for face in faces]
    if not rows:
        raise ClipError("there is no face in it")
    return np.stack(rows)


@dataclass(frozen=True)
class Projection:
    """Principal components of training rows.

    Args:
        mean: [d], of the training rows.
        axes: [k, d], orthonormal, the largest variance first; the largest entry of each positive.
        explained: Share of the training rows' variance that is kept.
    """

    mean: NDArray[np.float64]
    axes: NDArray[np.float64]
    explained: float

    def __call__(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return features [n, d] in the components, [n, k]."""
        with one_thread():
            blocks = [(rows - self.mean) @ self.axes.T for rows in _blocks(features)]
        return np.concatenate(blocks).astype(np.float32)


def fit_projection(
    features: NDArray[np.float32], train: NDArray[np.bool_], dimensions: int = FACE.dimensions
) -> Projection:
    """Find the principal components of the training rows.

    Args:
        features: [n, d], e.g. face descriptors or VGG16's fc7; may be memory-mapped.
        train: [n], True for the rows to fit on.
        dimensions: How many components to keep.

    Raises:
        InputError: There are too few training rows or columns for so many components.
    """
    chosen = np.flatnonzero(train)
    if dimensions > min(len(chosen) - 1, features.shape[1]):
        raise InputError(
            f"{len(chosen)} training rows of {features.shape[1]} values do not span "
            f"{dimensions} dimensions",
            hint="Use more training clips or fewer dimensions",
        )
    with one_thread():
        parts = [chosen[start : start + _BLOCK] for start in range(0, len(chosen), _BLOCK)]
        mean = sum(features[part].sum(axis=0, dtype=np.float64) for part in parts) / len(chosen)
        scatter = np.zeros((features.shape[1], features.shape[1]))
        for part in parts:
            centred = features[part].astype(np.float64) - mean
            scatter += centred.T @ centred
        variances, vectors = np.linalg.eigh(scatter)
    axes = vectors[:, ::-1][:, :dimensions].T.copy()
    # an eigenvector's sign is the library's choice; fix it
    largest = np.abs(axes).argmax(axis=1)
    axes *= np.sign(axes[np.arange(dimensions), largest])[:, None]
    kept = float(variances[::-1][:dimensions].sum() / variances.sum())
    return Projection(np.asarray(mean), axes, kept)


def _describe(face: Image) -> NDArray[np.float32]:
    """Return one face's descriptor, [281]."""
    light, red, blue = cv2.split(
        cv2.cvtColor(square_frame(face, FACE.side_px), cv2.COLOR_RGB2YCrCb)
    )
    grey = light.astype(np.float64)
    deviation = grey.std()
    coefficients = dctn((grey - grey.mean()) / (deviation if deviation > 0 else 1), norm="ortho")
    row, column = np.indices(coefficients.shape)
    kept = (row + column < FACE.frequencies) & (row + column > 0)
    shape = coefficients[kept] / FACE.side_px  # the sum of all squares is then 1
    cells = (FACE.colour_cells, FACE.colour_cells)
    colours = [
        cv2.resize(plane.astype(np.float32), cells, interpolation=cv2.INTER_AREA).ravel() / 255
        for plane in (red, blue)
    ]
    centred = FACE.colour_weight * (np.concatenate(colours) - 128 / 255)
    return np.concatenate([shape, centred / FACE.colour_cells]).astype(np.float32)


def _blocks(features: NDArray[np.float32]) -> Iterator[NDArray[np.float64]]:
    """Yield some rows at a time in double precision."""
    for start in range(0, len(features), _BLOCK):
        yield features[start : start + _BLOCK].astype(np.float64)
