"""Find faces in frames and cut them out as squares.

Boxes are `x, y, width, height` in pixels of the frame given, as float64.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from crossmodal.errors import InputError

Picture = NDArray[np.uint8]
Box = NDArray[np.float64]
"""[4]: x, y of the upper left corner, width, height; pixels."""

WORK_PX = 200
"""Shorter side of the frame on which the cascade looks: larger finds smaller faces, slower."""
SMALLEST_PX = 24
"""Smallest face at that size: 12 % of the shorter side of a large frame."""
YUNET_SCORE = 0.7
"""Lowest score of YuNet that counts as a face."""


@dataclass(frozen=True)
class Faces:
    """The faces of one frame, the largest first.

    Attributes:
        boxes: [n, 4], x, y, width, height in pixels.
        scores: [n], higher is surer: with a cascade the number of neighbouring windows that
            agree, with YuNet its score in [0, 1].
    """

    boxes: NDArray[np.float64]
    scores: NDArray[np.float64]


class Detector(Protocol):
    """Anything that finds the faces in a frame [height, width, 3] uint8 RGB."""

    def __call__(self, frame: Picture) -> Faces:
        """Return the faces of a frame."""
        ...


def detector(model: Path | None = None) -> Detector:
    """Return YuNet with its model file, else the cascade that comes with OpenCV.

    Raises:
        InputError: The model file is missing or not one of YuNet.
    """
    return Cascade() if model is None else YuNet(model)


class Cascade:
    """OpenCV's cascade for upright frontal faces.

    Source: Viola and Jones, Rapid object detection using a boosted cascade of simple features,
    CVPR 2001; trained by Lienhart (`haarcascade_frontalface_alt2`).
    """

    def __init__(self) -> None:
        path = Path(cv2.__file__).parent / "data" / "haarcascade_frontalface_alt2.xml"
        self._cascade = cv2.CascadeClassifier(str(path))

    def __call__(self, frame: Picture) -> Faces:
        """Return the faces of a frame, found on a grey copy of at most `WORK_PX`."""
        grey, scale = reduced_grey(frame, WORK_PX)
        found, neighbours = self._cascade.detectMultiScale2(
            grey, scaleFactor=1.15, minNeighbors=4, minSize=(SMALLEST_PX, SMALLEST_PX)
        )
        boxes = np.asarray(found, dtype=np.float64).reshape(-1, 4) / scale
        return _largest_first(boxes, np.asarray(neighbours, dtype=np.float64).reshape(-1))


class YuNet:
    """The small convolutional detector of OpenCV's model zoo; also finds turned faces.

    Source: Wu, Peng and Yu, YuNet: a tiny millisecond-level face detector, MIR 2023.

    Raises:
        InputError: The model file is missing or not one of YuNet.
    """

    def __init__(self, model: Path) -> None:
        if not Path(model).is_file():
            raise InputError(
                "there is no such file",
                file=model,
                hint="Give YuNet's ONNX file, or none to use the cascade detector",
            )
        try:
            self._network = cv2.FaceDetectorYN.create(str(model), "", (320, 320), YUNET_SCORE)
        except cv2.error as error:
            raise InputError(
                "not a model that OpenCV reads",
                file=model,
                hint="Download face_detection_yunet again, or give none to use the cascade",
            ) from error

    def __call__(self, frame: Picture) -> Faces:
        """Return the faces of a frame."""
        self._network.setInputSize((frame.shape[1], frame.shape[0]))
        _, found = self._network.detect(cv2.cvtColor(frame, cv2.COLOR_RGB2BGR))
        rows = np.zeros((0, 15)) if found is None else np.asarray(found, dtype=np.float64)
        return _largest_first(rows[:, :4], rows[:, 14])


def reduced_grey(frame: Picture, shorter_px: int) -> tuple[NDArray[np.uint8], float]:
    """Return the frame in grey with its shorter side at most `shorter_px`, and the scale.

    Returns:
        [height, width] uint8, and reduced pixels a pixel of the frame, at most 1.
    """
    grey: Any = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)
    scale = min(1.0, shorter_px / min(grey.shape))
    if scale < 1.0:
        grey = resized(grey, round(grey.shape[1] * scale), round(grey.shape[0] * scale))
    return grey, scale


def crop_square(frame: Picture, box: Iterable[float], size_px: int, margin: float) -> Picture:
    """Cut a square around a box and resize it; beyond the frame its edge pixels go on.

    Args:
        frame: [height, width, channels] uint8.
        box: x, y, width, height in pixels of the frame.
        margin: Added on each side, as a share of the longer side of the box.

    Returns:
        [size_px, size_px, channels] uint8.
    """
    x, y, width, height = (float(value) for value in box)
    side = max(1, round(max(width, height) * (1 + 2 * margin)))
    left, top = round(x + (width - side) / 2), round(y + (height - side) / 2)
    if left >= 0 and top >= 0 and left + side <= frame.shape[1] and top + side <= frame.shape[0]:
        square = frame[top : top + side, left : left + side]
    else:
        rows = np.arange(top, top + side).clip(0, frame.shape[0] - 1)
        columns = np.arange(left, left + side).clip(0, frame.shape[1] - 1)
        square = frame[rows[:, None], columns]
    return resized(square, size_px, size_px)


def resized(image: Picture, width_px: int, height_px: int) -> Picture:
    """Resize an image [height, width] or [height, width, channels] uint8 without aliasing.

    Bilinear to a whole multiple of the size, then means of whole blocks: a fraction of the time
    of means over broken blocks.
    """
    blocks = max(1, min(image.shape[1] // width_px, image.shape[0] // height_px))
    size = width_px * blocks, height_px * blocks
    result: Any = cv2.resize(image, size, interpolation=cv2.INTER_LINEAR)
    if blocks > 1:
        result = cv2.resize(result, (width_px, height_px), interpolation=cv2.INTER_AREA)
    return cast(Picture, result)


def _largest_first(boxes: NDArray[np.float64], scores: NDArray[np.float64]) -> Faces:
    """Order the faces by area, then place: detectors with threads return them in any order."""
    order = np.lexsort((boxes[:, 1], boxes[:, 0], -boxes[:, 2] * boxes[:, 3]))
    return Faces(boxes[order], scores[order])
