"""Sounds small enough to lie inside a page."""

from __future__ import annotations

import base64
import io

import av
import numpy as np
from numpy.typing import NDArray


def mp3_address(samples: NDArray[np.float32], rate_hz: int, bits_per_s: int = 48_000) -> str:
    """Encode mono samples [samples] in -1..1 as an MP3 data address.

    Args:
        samples: The sound; what lies beyond -1..1 is clipped.
        rate_hz: A rate that MP3 knows, e.g. 22,050 or 44,100.
        bits_per_s: Bit rate; 48,000 for speech and music at 22,050 Hz.
    """
    target = io.BytesIO()
    with av.open(target, "w", format="mp3", options={"write_xing": "0", "id3v2_version": "0"}) as f:
        stream = f.add_stream("libmp3lame", rate=rate_hz, layout="mono", bit_rate=bits_per_s)
        frame = av.AudioFrame.from_ndarray(
            np.clip(samples * 32767, -32768, 32767).astype(np.int16)[None, :], "s16", "mono"
        )
        frame.sample_rate = rate_hz
        resampler = av.AudioResampler(format=stream.format, layout="mono", rate=rate_hz)
        for part in [*resampler.resample(frame), *resampler.resample(None)]:
            f.mux(stream.encode(part))
        f.mux(stream.encode(None))
    return f"data:audio/mpeg;base64,{base64.b64encode(target.getvalue()).decode('ascii')}"
