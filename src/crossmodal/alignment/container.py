"""Open a video or sound file, choose its streams, decode their packets one by one.

Of several streams the one marked as default is read; of several such, the largest (most pixels;
most channels, then the highest rate), then the first. Cover pictures are no video.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import av
from av.container import InputContainer
from av.packet import Packet
from av.stream import Disposition

from crossmodal.errors import ClipError

COVER = Disposition.attached_pic | Disposition.still_image | Disposition.timed_thumbnails
MISSING_S = 1.0
"""A file that ends this much before its index says has been cut off."""

Kind = Literal["video", "audio"]


@contextmanager
def opened(path: Path) -> Iterator[InputContainer]:
    """Open a file for reading; what FFmpeg says of it becomes a `ClipError`.

    Raises:
        ClipError: The file is missing, empty, damaged or not a media file.
    """
    path = Path(path)
    if not path.is_file():
        raise ClipError("there is no such file")
    if path.stat().st_size == 0:
        raise ClipError("the file is empty")
    try:
        # "file:" keeps a name with a colon from being taken for a network protocol.
        with av.open(f"file:{path}", metadata_errors="replace") as container:
            yield container
    except av.error.InvalidDataError as error:
        raise ClipError("not a video or sound file, or damaged or cut off") from error
    except av.error.FFmpegError as error:
        raise ClipError(f"cannot be read ({error.strerror})") from error


def candidates(container: InputContainer, kind: Kind) -> list[Any]:
    """Return the usable streams of a kind, the one to read first."""
    streams = container.streams.video if kind == "video" else container.streams.audio
    usable = [s for s in streams if s.codec_context is not None and not s.disposition & COVER]
    return sorted(usable, key=_preference)


def best(container: InputContainer, kind: Kind) -> Any:
    """Return the stream of a kind to read.

    Raises:
        ClipError: There is none.
    """
    streams = candidates(container, kind)
    if not streams:
        raise ClipError("there is no video" if kind == "video" else "there is no sound")
    return streams[0]


def decoded(container: InputContainer, streams: list[Any]) -> Iterator[Any]:
    """Yield the decoded frames of some streams as they come; what cannot be decoded is left out.

    Raises:
        ClipError: The file ends before its index says.
    """
    for stream in streams:
        stream.codec_context.thread_count = 1  # the cores are for other clips
    for packet in whole(container, streams):
        try:
            yield from packet.decode()
        except av.error.InvalidDataError:
            continue


def whole(
    container: InputContainer, streams: list[Any], ends_s: dict[int, float] | None = None
) -> Iterator[Packet]:
    """Yield the packets of some streams, and tell a file that has been cut off.

    Args:
        ends_s: Receives when each stream ends, s, by its index; complete with the last packet.

    Raises:
        ClipError: The file ends before its index says.
    """
    ends = {stream.index: 0 for stream in streams}  # in ticks of each stream's clock
    for packet in container.demux(streams):
        stamp = packet.dts if packet.pts is None else packet.pts
        if stamp is not None:
            index = packet.stream_index
            ends[index] = max(ends[index], stamp + (packet.duration or 0))
        yield packet
    for stream in streams:
        missing_s = float((_declared_end(stream) - ends[stream.index]) * stream.time_base)
        if missing_s > MISSING_S:
            raise ClipError(f"the {stream.type} stops {missing_s:.1f} s before its end: cut off")
        if ends_s is not None:
            ends_s[stream.index] = float(ends[stream.index] * stream.time_base)


def _declared_end(stream: Any) -> int:
    """Return when, in ticks, the index of the file says a stream ends; 0 without an index."""
    if not stream.frames or stream.duration is None:
        return 0
    return int((stream.start_time or 0) + stream.duration)


def _preference(stream: Any) -> tuple[int, ...]:
    later = 0 if stream.disposition & Disposition.default else 1
    if stream.type == "video":
        return later, -stream.width * stream.height, stream.index
    return later, -stream.channels, -stream.rate, stream.index
