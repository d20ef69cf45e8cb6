"""Write a video file whose time stamps are exactly known: H.264 and AAC in MP4."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.container import OutputContainer
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from crossmodal.errors import InputError
from crossmodal.files import atomic_path

_CHUNK_S = 0.5
"""Sound is handed to the encoder in pieces of this length, beside the frames of the same time."""


def write_mp4(
    path: Path,
    frames: Iterable[NDArray[np.uint8]],
    fps: int | Fraction,
    audio: NDArray[np.int16],
    rate_hz: int,
    *,
    quality: int = 23,
) -> int:
    """Write frames and sound, atomically and streaming.

    Frame k is shown at exactly k / fps, the first sample is heard at 0: an edit list in the file
    hides the samples with which the AAC encoder primes itself. Same input, same bytes: one
    thread, and neither dates nor versions in the container.

    Args:
        path: A file that ends in .mp4.
        frames: [height, width, 3] uint8, red, green, blue, all of one size, sides even.
        audio: [samples].
        rate_hz: Samples a second, one that AAC knows: 8000, 16000, 22050, 44100, 48000, ...
        quality: x264's constant rate factor: 18 very good, 28 coarse.

    Returns:
        Number of frames.

    Raises:
        InputError: There are no frames, a side is odd, or the sound is not int16 [samples].
    """
    if audio.ndim != 1 or audio.dtype != np.int16:
        raise InputError("the sound is not int16 [samples]", file=path, field="audio")
    rows = iter(frames)
    first = next(rows, None)
    if first is None:
        raise InputError("there are no frames", file=path, field="frames")
    height, width = first.shape[:2]
    if height % 2 or width % 2:
        raise InputError(f"{width}x{height}: a side is odd", file=path, field="frames")
    options = {"fflags": "+bitexact"}
    with (
        atomic_path(Path(path)) as temporary,
        av.open(str(temporary), "w", format="mp4", options=options) as container,
    ):
        video = _video_stream(container, Fraction(fps), width, height, quality)
        sound: Any = container.add_stream("aac", rate=rate_hz, layout="mono")
        sound.bit_rate = 96_000
        sound.codec_context.options = {"flags": "+bitexact", "aac_coder": "fast"}
        sound.codec_context.thread_count = 1
        sent = 0
        for count, picture in enumerate(chain([first], rows)):
            frame = VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
            frame.pts, frame.time_base = count, video.codec_context.time_base
            container.mux(video.encode(frame))
            while sent < len(audio) and Fraction(sent, rate_hz) < (count + 1) / Fraction(fps):
                sent = _send(container, sound, audio, sent, rate_hz)
        while sent < len(audio):
            sent = _send(container, sound, audio, sent, rate_hz)
        container.mux(video.encode(None))
        container.mux(sound.encode(None))
    return count + 1


def _video_stream(
    container: OutputContainer, fps: Fraction, width: int, height: int, quality: int
) -> Any:
    stream: Any = container.add_stream("libx264", rate=fps)
    stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
    stream.codec_context.time_base = 1 / fps
    stream.codec_context.thread_count = 1
    options = {"preset": "ultrafast", "crf": str(quality), "flags": "+bitexact"}
    stream.codec_context.options = options | {"x264-params": "threads=1:lookahead-threads=1"}
    return stream


def _send(
    container: OutputContainer, stream: Any, audio: NDArray[np.int16], sent: int, rate_hz: int
) -> int:
    """Encode the next piece of sound; returns how many samples are encoded by now."""
    piece = audio[sent : sent + round(_CHUNK_S * rate_hz)]
    samples = (piece / np.float32(32768)).astype(np.float32)[None]
    frame = AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
    frame.sample_rate, frame.pts, frame.time_base = rate_hz, sent, Fraction(1, rate_hz)
    container.mux(stream.encode(frame))
    return sent + len(piece)
