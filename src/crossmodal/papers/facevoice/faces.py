"""Our readings of what the abstract names without a method: Graph Cut and regional attention.

Both start from the face crops of the windows and end in a feature in place of `face`.

- Graph Cut: GrabCut (Rother et al., SIGGRAPH 2004) parts the face from what is behind it, which
  becomes grey before the descriptor, the projection and the standardisation of `face`. The cut is
  made once a window, on its middle frame, and holds for its 13 frames.
- Regions: a face is a grid of 4 x 4 cells, each described by its light (3 x 3) and its two colour
  differences; the network attends to cells.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from crossmodal.devices import one_thread
from crossmodal.features.frames import FACE, face_descriptors, fit_projection
from crossmodal.features.standard import fit_standardisation
from crossmodal.papers.facevoice.settings import REGION_SIZE, REGIONS

Pictures = NDArray[np.uint8]
"""Face crops [n, frames, side, side, 3], red, green, blue."""

_GRID, _FINE = 4, 12

_CUT_PX = 32
_CUT_ROUNDS = 2
_BORDER = 0.08
_GREY = 128


def foreground(face: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Part a face crop [side, side, 3] from its background: True where the face is.

    An ellipse that fills the crop but for a border holds the face at the start. Where the cut
    leaves less than a tenth, it has failed and the ellipse stands.
    """
    small = cv2.resize(face, (_CUT_PX, _CUT_PX), interpolation=cv2.INTER_AREA)
    ellipse = np.zeros((_CUT_PX, _CUT_PX), np.uint8)
    middle = _CUT_PX // 2
    radii = (int(_CUT_PX * (0.42 - _BORDER)), int(_CUT_PX * (0.5 - _BORDER)))
    cv2.ellipse(ellipse, (middle, middle), radii, 0, 0, 360, 1, -1)
    mask = np.where(ellipse == 1, cv2.GC_PR_FGD, cv2.GC_BGD).astype(np.uint8)
    background, front = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.setRNGSeed(0)  # the colour models start from k-means
    cv2.grabCut(small, mask, None, background, front, _CUT_ROUNDS, cv2.GC_INIT_WITH_MASK)  # type: ignore[call-overload]
    found = np.isin(mask, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)
    if found.mean() < 0.1:
        found = ellipse
    size = (face.shape[1], face.shape[0])
    return np.asarray(cv2.resize(found, size, interpolation=cv2.INTER_NEAREST) > 0)


def graph_cut_faces(pictures: Pictures, train: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Describe the faces without their background, as the feature `face` does with it.

    Args:
        pictures: [n, frames, side, side, 3].
        train: [n], the rows that projection and standardisation are fitted on.

    Returns:
        [n, 53, frames], standardised.
    """
    frames = pictures.shape[1]
    described = []
    with one_thread():
        for window in pictures:
            face = foreground(np.ascontiguousarray(window[frames // 2]))
            described.append(face_descriptors(np.where(face[None, :, :, None], window, _GREY)))
    features = np.concatenate(described).astype(np.float32)
    projected = fit_projection(features, np.repeat(train, frames))(features)
    sequences = projected.reshape(len(pictures), frames, FACE.dimensions).transpose(0, 2, 1)
    return fit_standardisation(sequences, train)(sequences)


def region_faces(pictures: Pictures, train: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Describe the regions of the faces.

    Returns:
        [n, 176, frames], standardised: 16 regions, row by row, of 11 values each.
    """
    count, frames = pictures.shape[:2]
    features = np.empty((count, REGIONS * REGION_SIZE, frames), np.float32)
    with one_thread():
        for row, window in enumerate(pictures):
            for frame, face in enumerate(window):
                features[row, :, frame] = _regions(np.ascontiguousarray(face)).ravel()
    return fit_standardisation(features, train)(features)


def _regions(face: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Describe one face crop, [16, 11]: 3 x 3 light, then both colour differences."""
    planes: Any = cv2.split(cv2.cvtColor(face, cv2.COLOR_RGB2YCrCb))
    light = cv2.resize(planes[0].astype(np.float32), (_FINE, _FINE), interpolation=cv2.INTER_AREA)
    deviation = float(light.std())
    light = (light - light.mean()) / (deviation if deviation > 0 else 1.0)
    cell = _FINE // _GRID
    cells = light.reshape(_GRID, cell, _GRID, cell).transpose(0, 2, 1, 3).reshape(REGIONS, -1)
    colours = [
        cv2.resize(plane.astype(np.float32), (_GRID, _GRID), interpolation=cv2.INTER_AREA).ravel()
        for plane in planes[1:]
    ]
    return np.column_stack([cells, *colours]).astype(np.float32)
