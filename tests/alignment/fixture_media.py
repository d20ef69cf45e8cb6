"""Small videos and sounds whose frames show their number and whose clicks have known times."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
needs_data = pytest.mark.skipif(
    not (DATA / "grid").is_dir(), reason="the real clips (../shared/data) are not here"
)
BITS = 8


@dataclass(frozen=True)
class Sound:
    """Samples [channels, n] in [-1, 1] and how to write them; `pieces` are (first sample, stop)."""

    samples: NDArray[np.float32]
    rate_hz: int = 44_100
    start_s: float = 0.0
    codec: str = "aac"
    layout: str = "mono"
    format: str = "fltp"
    pieces: Sequence[tuple[int, int]] | None = None


def real_clips() -> list[Path]:
    return sorted([*(DATA / "grid").glob("*.mpg"), *(DATA / "clips").glob("*.*")])


def stamps_of(path: Path) -> tuple[int, list[float]]:
    """Read the presentation time stamps of the packets, without decoding anything."""
    with av.open(str(path)) as container:
        stream = container.streams.best("video")
        assert stream is not None
        stamps = [
            float(packet.pts * packet.time_base)
            for packet in container.demux(stream)
            if packet.pts is not None and not packet.is_discard
        ]
        return stream.index, sorted(stamps)


def numbered(number: int, width: int, height: int) -> NDArray[np.uint8]:
    """Draw a number as black and white bars, the lowest bit on the left."""
    bits = np.array([number >> bit & 1 for bit in range(BITS)])
    row = bits[np.arange(width) * BITS // width] * 255
    return np.repeat(np.tile(row.astype(np.uint8), (height, 1))[:, :, None], 3, axis=2)


def number_of(frame: NDArray[np.uint8]) -> int:
    """Read the number back from the middle row."""
    row = frame[frame.shape[0] // 2, :, 0]
    middles = (np.arange(BITS) + 0.5) * len(row) / BITS
    return sum(1 << bit for bit, x in enumerate(middles.astype(int)) if row[x] > 127)


def clicks(times_s: Sequence[float], length_s: float, rate_hz: int) -> NDArray[np.float32]:
    """Return [1, n]: silence with a short loud burst at each time."""
    sound = np.zeros(round(length_s * rate_hz), dtype=np.float32)
    burst = 0.8 * np.sin(2 * np.pi * 3000 * np.arange(rate_hz // 200) / rate_hz)
    for time_s in times_s:
        first = round(time_s * rate_hz)
        sound[first : first + len(burst)] = burst
    return sound[None]


def click_times(sound: NDArray[np.float32], start_s: float, rate_hz: int) -> list[float]:
    """Find the bursts again: where it grows loud after at least 50 ms of quiet."""
    loud = np.flatnonzero(np.abs(sound) > 0.25)
    first = loud[np.diff(loud, prepend=-rate_hz) > rate_hz // 20]
    return [start_s + float(index) / rate_hz for index in first]


def write_media(
    path: Path,
    times_ms: Sequence[int] = (),
    sounds: Sequence[Sound] = (),
    *,
    size: tuple[int, int] = (64, 48),
    codec: str = "libx264",
    pixels: str = "yuv420p",
    options: dict[str, str] | None = None,
    videos: int = 1,
    draw: Callable[[int, int, int], NDArray[np.uint8]] = numbered,
) -> Path:
    """Write a file with frames shown from `times_ms` on, and sounds.

    `draw` makes a frame from its number, width and height.
    """
    with av.open(str(path), "w", options=options or {}) as container:
        pictures = []
        for _ in range(videos if times_ms else 0):
            stream: Any = container.add_stream(codec, rate=25)
            stream.width, stream.height = size
            stream.pix_fmt = pixels
            stream.codec_context.time_base = Fraction(1, 1000)
            pictures.append(stream)
        tracks = [
            container.add_stream(sound.codec, rate=sound.rate_hz, layout=sound.layout)
            for sound in sounds
        ]
        for stream in pictures:
            for number, time_ms in enumerate(times_ms):
                frame = av.VideoFrame.from_ndarray(draw(number, *size), format="rgb24")
                frame.pts, frame.time_base = time_ms, Fraction(1, 1000)
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
        for track, sound in zip(tracks, sounds, strict=True):
            write_sound(container, track, sound)
    return path


def write_sound(container: Any, track: Any, sound: Sound) -> None:
    count = sound.samples.shape[1]
    values: NDArray[Any] = sound.samples
    if sound.format.startswith("s16"):
        values = (values * 32767).astype(np.int16)
    for begin, end in sound.pieces or [(b, b + 1024) for b in range(0, count, 1024)]:
        piece = np.ascontiguousarray(values[:, begin:end])
        if not sound.format.endswith("p"):
            piece = np.ascontiguousarray(piece.T.reshape(1, -1))
        frame = av.AudioFrame.from_ndarray(piece, format=sound.format, layout=sound.layout)
        frame.sample_rate = sound.rate_hz
        frame.time_base = Fraction(1, sound.rate_hz)
        frame.pts = begin + round(sound.start_s * sound.rate_hz)
        container.mux(track.encode(frame))
    container.mux(track.encode(None))


def turn(path: Path, clockwise_deg: int) -> None:
    """Write a rotation into the track header of an mp4 file, as cameras do."""
    matrices = {90: (0, 1, -1, 0), 180: (-1, 0, 0, -1), 270: (0, -1, 1, 0)}
    a, b, c, d = (value << 16 for value in matrices[clockwise_deg])
    content = bytearray(path.read_bytes())
    at = content.index(b"tkhd") + 4 + 40  # version and flags to volume: 40 bytes in version 0
    content[at : at + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)
    path.write_bytes(bytes(content))


def skip_start(path: Path, skipped: float) -> float:
    """Have the first edit list of an mp4 file begin later in its media.

    Args:
        path: An mp4 file with an edit list.
        skipped: Seconds of media left out at the start.

    Returns:
        The seconds left out, in whole ticks.
    """
    content = bytearray(path.read_bytes())
    at = content.index(b"mdhd") + 16
    scale: int = struct.unpack(">I", content[at : at + 4])[0]
    at = content.index(b"elst") + 4 + 4 + 4 + 4  # version and flags, count, length of the edit
    begins = struct.unpack(">i", content[at : at + 4])[0]
    ticks = round(skipped * scale)
    content[at : at + 4] = struct.pack(">i", begins + ticks)
    path.write_bytes(bytes(content))
    return ticks / scale
