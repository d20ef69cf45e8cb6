"""A corpus at a glance: a contact sheet of pictures, and clips to listen to, for the report."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crossmodal.alignment.decode import frames, read_audio
from crossmodal.corpora.idx import idx_picture
from crossmodal.corpora.listening import mp3_address
from crossmodal.corpora.manifest import read_manifest
from crossmodal.errors import ClipError
from crossmodal.files import atomic_path, write_json

Picture = NDArray[np.uint8]

TILE_PX = (160, 120)
COLUMNS = 10
TILES = 40
SOUNDS = 12
SOUND_S = 4.0
SOUND_HZ = 22_050
_LABEL_PX = 18
_GAP_PX = 4
_PICTURES = (".jpg", ".jpeg", ".png")


def write_preview(manifest: Path, folder: Path, out: Path) -> None:
    """Write `contact_sheet.jpg` and `audio.json` for a corpus.

    Rows are taken class by class in turn, spread evenly over each class, so that the same
    manifest always shows the same clips. A corpus without pictures gets an empty sheet, one
    without sound an empty list; a clip that cannot be read is passed over.
    """
    rows = read_manifest(manifest)
    tiles: list[Picture] = []
    sounds: list[dict[str, str]] = []
    for _, row in spread(rows, 3 * TILES).iterrows():
        if len(tiles) < TILES and (picture := _picture(row, folder)) is not None:
            tiles.append(tile(picture, str(row["label"] or row["clip"])))
        if len(sounds) < SOUNDS and (sound := _sound(row, folder)) is not None:
            sounds.append(sound)
    sheet = contact_sheet(tiles)[:, :, ::-1]
    _, packed = cv2.imencode(".jpg", sheet, [cv2.IMWRITE_JPEG_QUALITY, 85])
    with atomic_path(out / "contact_sheet.jpg") as temporary:
        temporary.write_bytes(packed.tobytes())
    write_json(out / "audio.json", sounds)


def spread(rows: pd.DataFrame, count: int) -> pd.DataFrame:
    """Choose rows class by class in turn, evenly spaced within each class.

    Args:
        count: At most so many.
    """
    classes = [group for _, group in rows.groupby("label", sort=True)]
    each = -(-count // max(1, len(classes)))
    # One row a source first: five captions of one picture show no more than one.
    firsts = [group[~group["source"].duplicated()] for group in classes]
    pools = [
        first if len(first) >= min(each, TILES) else group
        for first, group in zip(firsts, classes, strict=True)
    ]
    picks = [
        pool.iloc[np.unique(np.linspace(0, len(pool) - 1, each).astype(int))] for pool in pools
    ]
    order = [group.iloc[[place]] for place in range(each) for group in picks if place < len(group)]
    return pd.concat(order[:count]) if order else rows.head(0)


def tile(picture: Picture, label: str) -> Picture:
    """Fit a picture [H, W, 3] into a tile with its label below; [tile height, tile width, 3]."""
    width, height = TILE_PX
    scale = min(width / picture.shape[1], height / picture.shape[0])
    size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    canvas = np.full((height + _LABEL_PX, width, 3), 255, np.uint8)
    top, left = (height - size[1]) // 2, (width - size[0]) // 2
    canvas[top : top + size[1], left : left + size[0]] = small
    plain = label.encode("ascii", "replace").decode()[:22]
    place = (3, height + _LABEL_PX - 5)
    cv2.putText(canvas, plain, place, cv2.FONT_HERSHEY_SIMPLEX, 0.4, (60, 60, 60), 1, cv2.LINE_AA)
    return canvas


def contact_sheet(tiles: list[Picture]) -> Picture:
    """Lay tiles out in rows; without any, a single empty tile."""
    empty = np.full((TILE_PX[1] + _LABEL_PX, TILE_PX[0], 3), 255, np.uint8)
    border = ((_GAP_PX, _GAP_PX), (_GAP_PX, _GAP_PX), (0, 0))
    padded = [np.pad(each, border, constant_values=255) for each in tiles or [empty]]
    empty = np.pad(empty, border, constant_values=255)
    columns = min(COLUMNS, len(padded))
    padded = padded + [empty] * (-len(padded) % columns)
    rows = [np.hstack(padded[at : at + columns]) for at in range(0, len(padded), columns)]
    sheet: Picture = np.vstack(rows)
    return sheet


def _picture(row: pd.Series, folder: Path) -> Picture | None:
    """Return a row's picture: its digit, its image, a face of its folder, a frame of its video."""
    digit = str(row.get("picture") or "")
    if digit:
        return _grey_picture(folder, digit)
    image = str(row.get("image") or "")
    faces = str(row.get("faces") or "")
    video = str(row.get("video") or row.get("file") or "")
    if not image and faces:
        found = sorted((folder / faces).rglob("*.jpg"))
        image = found[len(found) // 2].relative_to(folder).as_posix() if found else ""
    if image and Path(image).suffix.lower() in _PICTURES:
        read = cv2.imread(str(folder / image))
        return None if read is None else np.ascontiguousarray(read[:, :, ::-1])
    if video:
        start = 0.0 if pd.isna(row["start_s"]) else float(row["start_s"])
        try:
            return next((picture for _, picture in frames(folder / video, times_s=[start])), None)
        except ClipError:
            return None
    return None


def _grey_picture(folder: Path, name: str) -> Picture | None:
    """Return a picture of an IDX file, in three channels."""
    try:
        return np.repeat(idx_picture(folder, name)[:, :, None], 3, axis=2)
    except ClipError:
        return None


def _sound(row: pd.Series, folder: Path) -> dict[str, str] | None:
    """Return the first seconds of a row's sound as an MP3 data address, with its names."""
    file = str(row.get("audio") or row.get("video") or row.get("file") or "")
    if Path(file).suffix.lower() in ("", ".mat"):
        return None
    try:
        samples, began_s = read_audio(folder / file, SOUND_HZ)
    except ClipError:
        return None
    inside = bool(row.get("video")) and not pd.isna(row["start_s"]) and not row.get("audio")
    first = max(0, round((float(row["start_s"]) - began_s) * SOUND_HZ)) if inside else 0
    samples = samples[first : first + round(SOUND_S * SOUND_HZ)]
    if not len(samples):
        return None
    return {
        "clip": str(row["clip"]),
        "label": str(row["label"] or row["clip"]),
        "text": str(row.get("text") or "") if row.get("image") else "",
        "audio": mp3_address(samples, SOUND_HZ),
    }
