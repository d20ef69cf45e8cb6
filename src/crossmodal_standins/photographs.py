"""From a drawing to a photograph: averaged down, lit, blurred, noisy, as JPEG."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from crossmodal_standins.painting import Picture


def draw_fine(
    size: tuple[int, int], draw: Callable[[Picture], None], *, at_least: int = 400
) -> Picture:
    """Let `draw` fill a picture at least so many px high, then average it down to a size.

    Args:
        size: Width and height of the result in px.
        draw: Draws on red, green, blue, uint8, black at first.
        at_least: Height in px below which a multiple of the size is drawn.

    Returns:
        Red, green, blue, uint8, [height, width, 3].
    """
    width, height = size
    fine = max(1, -(-at_least // height))
    canvas = np.zeros((height * fine, width * fine, 3), np.uint8)
    draw(canvas)
    if fine == 1:
        return canvas
    return np.asarray(
        cv2.resize(canvas, (width, height), interpolation=cv2.INTER_AREA), dtype=np.uint8
    )


def photograph(
    picture: Picture,
    generator: np.random.Generator,
    *,
    light: float = 1.0,
    slant: complex = 0,
    blur_px: float = 0.0,
    noise: float = 0.0,
) -> Picture:
    """Take a photo of a drawing: exposure, light from one side, dark corners, blur, noise.

    Args:
        picture: Red, green, blue, uint8, [height, width, 3].
        generator: The noise comes from it.
        light: Exposure, 1 leaves it.
        slant: How much brighter it grows towards the right (real) and the lower edge (imaginary).
        blur_px: Standard deviation of the blur; below 0.3 none.
        noise: Standard deviation of the noise in grey levels of 255.

    Returns:
        Red, green, blue, uint8, of the same shape.
    """
    height, width = picture.shape[:2]
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    shade = light * (1 + slant.real * x + slant.imag * y - 0.1 * (x * x + y * y))
    values = picture.astype(np.float32) * shade[..., None]
    if blur_px > 0.3:
        values = cv2.GaussianBlur(values, (0, 0), blur_px)
    if noise:
        values += np.float32(noise) * generator.standard_normal(values.shape, dtype=np.float32)
    return np.asarray(np.clip(np.round(values), 0, 255), dtype=np.uint8)


def jpeg(picture: Picture, quality: int = 92) -> bytes:
    """Encode red, green, blue as JPEG."""
    settings = [cv2.IMWRITE_JPEG_QUALITY, quality]
    _, data = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), settings)
    return bytes(data)
