"""Read videos and sounds by the time stamps in the file, streaming, each stream decoded once.

All times are seconds on the container's clock, as its packets say: neither the number of a frame
nor a nominal frame rate is ever used. Edit lists, reordering and encoder delays are resolved by
the demuxer and the decoders. `crossmodal.alignment.container` says which streams are read.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

from crossmodal.alignment.container import best, candidates, decoded, opened
from crossmodal.alignment.sound import Placer, Samples
from crossmodal.alignment.timeline import shown
from crossmodal.errors import ClipError

Picture = NDArray[np.uint8]
"""[height, width, 3], red, green, blue, upright."""

FARTHEST_BACK_S = 1.0
"""Frames whose stamps repeat or go back a little are never shown; farther back is damage."""


@dataclass(frozen=True)
class VideoStream:
    """The video stream that is read.

    Attributes:
        width_px, height_px: Size after rotation.
        rotation_deg: Counter-clockwise turn that brings a decoded frame upright: 0, 90, 180, 270.
        rate_hz: Mean frames a second by the header, or None; for information only.
        start_s: When the first frame is shown.
        duration_s: By the header, or None.
    """

    index: int
    codec: str
    width_px: int
    height_px: int
    rotation_deg: int
    rate_hz: float | None
    start_s: float
    duration_s: float | None


@dataclass(frozen=True)
class AudioStream:
    """The audio stream that is read.

    Attributes:
        rate_hz: Samples a second in the file.
        channels: Number of channels in the file.
        start_s: When the first sample is heard, by the header.
        duration_s: By the header, or None.
    """

    index: int
    codec: str
    rate_hz: int
    channels: int
    start_s: float
    duration_s: float | None


@dataclass(frozen=True)
class Media:
    """What a file holds: the streams that are read, how many there are, its length in seconds."""

    video: VideoStream | None
    audio: AudioStream | None
    videos: int
    audios: int
    duration_s: float | None


def probe(path: Path) -> Media:
    """Say what a file holds; decodes one frame, for the rotation and the true start.

    Raises:
        ClipError: The file is missing, empty, damaged, or has neither video nor sound.
    """
    with opened(path) as container:
        videos, audios = candidates(container, "video"), candidates(container, "audio")
        if not videos and not audios:
            raise ClipError("there is neither video nor sound in the file")
        return Media(
            video=_video_stream(container, videos[0]) if videos else None,
            audio=_audio_stream(audios[0]) if audios else None,
            videos=len(videos),
            audios=len(audios),
            duration_s=container.duration / av.time_base if container.duration else None,
        )


def read_audio(path: Path, rate_hz: int, *, mono: bool = True) -> tuple[Samples, float]:
    """Read the sound at a rate, every sample where its time stamp says.

    Gaps in the time stamps are filled with silence, overlaps trimmed. Resampling is FFmpeg's
    (swresample); at the file's own rate the decoded samples are returned as they are.

    Returns:
        The sound as float32 [samples], or [channels, samples] without `mono`, within [-1, 1] but
        for overshoot, and the time of its first sample in seconds.

    Raises:
        ClipError: The file cannot be read or has no sound.
    """
    placer = Placer(rate_hz, mono=mono)
    with opened(path) as container:
        for frame in decoded(container, [best(container, "audio")]):
            placer.push(frame)
    return placer.finish()


def frames(
    path: Path, *, times_s: Iterable[float] | None = None, stamps_s: list[float] | None = None
) -> Iterator[tuple[float, Picture]]:
    """Yield the frames of a video as they are shown, holding two at a time.

    Args:
        times_s: Times to look at, rising; None for every frame.
        stamps_s: Receives the time stamps of all frames, those never looked at included; complete
            when this generator has ended.

    Yields:
        The frame's own time stamp in seconds and the frame [height, width, 3] uint8 RGB, upright.
        With `times_s` one pair for each time: the frame on the screen then; the first frame for
        earlier times, the last for later ones. A frame asked for twice is the same array.

    Raises:
        ClipError: The file cannot be read, has no video, or its time stamps are unusable.
    """
    with opened(path) as container:
        stream = decoded(container, [best(container, "video")])
        yield from _pictures(stream, times_s, stamps_s)


def read_clip(
    path: Path,
    rate_hz: int,
    see: Callable[[float, Picture], None],
    *,
    times_s: Iterable[float] | None = None,
) -> tuple[Samples, float]:
    """Read video and sound in one pass over the file: `see` gets the frames as from `frames`.

    Returns:
        The sound, mono, and its start, as from `read_audio`.

    Raises:
        ClipError: As `frames` and `read_audio`.
    """
    placer = Placer(rate_hz)
    with opened(path) as container:
        streams = [best(container, "video"), best(container, "audio")]
        stream = decoded(container, streams)
        for time_s, picture in _pictures(_without_sound(stream, placer), times_s):
            see(time_s, picture)
        deque(_without_sound(stream, placer), maxlen=0)
    return placer.finish()


def _without_sound(stream: Iterable[Any], placer: Placer) -> Iterator[VideoFrame]:
    for frame in stream:
        if isinstance(frame, AudioFrame):
            placer.push(frame)
        else:
            yield frame


def _pictures(
    stream: Iterable[VideoFrame],
    times_s: Iterable[float] | None,
    stamps_s: list[float] | None = None,
) -> Iterator[tuple[float, Picture]]:
    """Turn decoded frames into pairs of time and picture, converting only those asked for."""
    rising = _rising(stream) if stamps_s is None else _noted(_rising(stream), stamps_s)
    chosen = rising if times_s is None else shown(rising, times_s)
    converter = VideoReformatter()  # keeps its tables from frame to frame
    _keep_freed_memory()
    last: VideoFrame | None = None
    for time_s, frame in chosen:
        if frame is not last:
            picture = _upright(converter.reformat(frame, format="rgb24"), frame.rotation)
            last = frame
        yield time_s, picture
    if last is None:
        raise ClipError("no picture could be decoded")
    if stamps_s is not None:
        deque(rising, maxlen=0)


def _noted(
    frames: Iterable[tuple[float, VideoFrame]], stamps_s: list[float]
) -> Iterator[tuple[float, VideoFrame]]:
    """Pass frames on and enter their time stamps in a list."""
    for time_s, frame in frames:
        stamps_s.append(time_s)
        yield time_s, frame


def _keep_freed_memory() -> None:
    """Have the allocator reuse the memory of one picture for the next.

    The C library's malloc gives large blocks back to the system at once and pays page faults for
    every picture, a fifth of the time, until it has seen a larger block come and go.
    """
    np.empty(16 << 20, dtype=np.uint8)


def _rising(stream: Iterable[VideoFrame]) -> Iterator[tuple[float, VideoFrame]]:
    """Pair frames with their time stamps; leave out those that are not later than the last.

    Raises:
        ClipError: A frame has no time stamp, or the stamps jump back.
    """
    last_s = -np.inf
    for frame in stream:
        time_s = frame.time  # pts times time base
        if time_s is None:
            raise ClipError("the frames have no time stamps")
        if time_s < last_s - FARTHEST_BACK_S:
            raise ClipError(f"the time stamps of the video jump by {time_s - last_s:.1f} s")
        if time_s > last_s:
            last_s = time_s
            yield time_s, frame


def _upright(frame: VideoFrame, rotation_deg: int) -> Picture:
    picture = cast(Picture, frame.to_ndarray())
    turns = round(rotation_deg / 90) % 4
    return np.ascontiguousarray(np.rot90(picture, turns)) if turns else picture


def _video_stream(container: InputContainer, stream: Any) -> VideoStream:
    time_s, frame = next(_rising(decoded(container, [stream])), (0.0, None))
    if frame is None:
        raise ClipError("no picture could be decoded")
    turns = round(frame.rotation / 90) % 4
    size = (frame.width, frame.height) if turns % 2 == 0 else (frame.height, frame.width)
    return VideoStream(
        index=stream.index,
        codec=stream.codec_context.name,
        width_px=size[0],
        height_px=size[1],
        rotation_deg=90 * turns,
        rate_hz=float(stream.average_rate) if stream.average_rate else None,
        start_s=time_s,
        duration_s=_duration_s(stream),
    )


def _audio_stream(stream: Any) -> AudioStream:
    return AudioStream(
        index=stream.index,
        codec=stream.codec_context.name,
        rate_hz=stream.rate,
        channels=stream.channels,
        start_s=float((stream.start_time or 0) * stream.time_base),
        duration_s=_duration_s(stream),
    )


def _duration_s(stream: Any) -> float | None:
    return None if stream.duration is None else float(stream.duration * stream.time_base)
