"""Time alignment and face tracks against bare decoding, and their cost from few clips to many.

    python -m measure.bench_alignment [RESULT.json]

One thread. Rates are frames a core-second, the best of five, ours and the bare decoding in turn.
The real clips of ../shared/data/grid (360x288) are used where they are at hand; without them the
rates are those of a made clip of the same size, and there is no line for face tracks.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pandas as pd
import soundfile

from crossmodal.alignment.decode import frames, read_clip
from crossmodal.alignment.faces import crop_square, detector
from crossmodal.alignment.merge import merge_shards
from crossmodal.alignment.stage import align
from crossmodal.alignment.timeline import picture_span, samples_between
from crossmodal.alignment.tracks import FaceTracker
from crossmodal.alignment.windows import cmcgan, facevoice
from crossmodal.corpora.manifest import write_manifest
from crossmodal.files import write_json

GRID = Path(__file__).resolve().parents[3] / "shared" / "data" / "grid"
BOX = (110.0, 100.0, 140.0, 140.0)
FEW, MANY = 1_000, 20_000


def make_clip(path: Path, seconds: float, rate_hz: int, size: tuple[int, int]) -> None:
    """Write a video of moving noise with a tone, H.264 and AAC."""
    noise = np.random.default_rng(0).integers(0, 256, (size[1], size[0] + 64, 3), np.uint8)
    noise = cv2.GaussianBlur(noise, (9, 9), 0).astype(np.uint8)
    tone = 0.3 * np.sin(2 * np.pi * 440 * np.arange(round(seconds * 16_000)) / 16_000)
    with av.open(str(path), "w") as container:
        video: Any = container.add_stream("libx264", rate=rate_hz, options={"preset": "ultrafast"})
        video.width, video.height, video.pix_fmt = *size, "yuv420p"
        sound: Any = container.add_stream("aac", rate=16_000, layout="mono")
        for number in range(round(seconds * rate_hz)):
            picture = np.ascontiguousarray(noise[:, number % 64 : number % 64 + size[0]])
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, rate_hz)
            container.mux(video.encode(frame))
        for begin in range(0, len(tone), 1024):
            piece = tone[None, begin : begin + 1024].astype(np.float32)
            heard = av.AudioFrame.from_ndarray(piece, format="fltp", layout="mono")
            heard.sample_rate, heard.time_base, heard.pts = 16_000, Fraction(1, 16_000), begin
            container.mux(sound.encode(heard))
        container.mux([*video.encode(None), *sound.encode(None)])


def bare(path: Path) -> int:
    """Decode the frames and do nothing with them; return how many there are."""
    with av.open(str(path)) as container:
        container.streams.video[0].codec_context.thread_count = 1
        return sum(1 for _ in container.decode(video=0))


def align_and_crop(path: Path) -> int:
    """Crop every frame at a known box and cut both kinds of windows; return the frames."""
    times, crops = [], []
    for time_s, frame in frames(path):
        times.append(time_s)
        crops.append(crop_square(frame, BOX, 128, 0.2))
    span = picture_span(times)
    assert len(facevoice(times, span)) == len(cmcgan(times, span, 0.5))
    return len(crops)


def track_and_crop(path: Path) -> int:
    """Find and follow faces and crop them; return the frames."""
    tracker, count, cropped = FaceTracker(detector()), 0, 0
    for time_s, frame in frames(path):
        count += 1
        for _, box in tracker.update(time_s, frame):
            crop_square(frame, box, 128, 0.2)
            cropped += 1
    assert len(tracker.finish()) == 1
    assert cropped >= 0.95 * count
    return count


def use_clip(path: Path) -> None:
    """Do what is done for each short clip: one pass over the file, a crop, half a second."""
    crops: list[Any] = []
    sound, start_s = read_clip(
        path,
        16_000,
        lambda _, frame: crops.append(crop_square(frame, (20, 10, 50, 50), 64, 0.2)),
        times_s=[0.0],
    )
    samples_between(sound, start_s, 16_000, 0.0, 0.5)


def use_windows(path: Path, count: int) -> float:
    """Crop the first frame of `count` windows of one long recording; return core-seconds."""
    start = time.process_time()
    starts = cmcgan(np.arange(count + 5) / 10, (0.0, (count + 4) / 10), 0.1).start_s[:count]
    assert len(starts) == count
    for _, frame in frames(path, times_s=starts):
        crop_square(frame, (20, 10, 50, 50), 64, 0.2)
    return time.process_time() - start


def rates(paths: list[Path], actions: list[Callable[[Path], int]], repeats: int = 5) -> list[float]:
    """Return the best rate of each action over all files, frames a core-second."""
    best = [0.0] * len(actions)
    for _ in range(repeats):
        for index, action in enumerate(actions):
            start = time.process_time()
            count = sum(action(path) for path in paths)
            best[index] = max(best[index], count / (time.process_time() - start))
    return best


def peak_mib() -> float:
    """Return the largest memory this process has held so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def flatness(path: Path) -> tuple[float, float, float]:
    """Use one short clip MANY times.

    Returns:
        Milliseconds a clip over the first FEW and over the last FEW, and MiB by which the peak
        memory rose in between.
    """
    marks = [0.0, 0.0]
    start, early_mib = time.process_time(), 0.0
    for number in range(1, MANY + 1):
        use_clip(path)
        if number == FEW:
            marks[0], early_mib = time.process_time() - start, peak_mib()
        if number == MANY - FEW:
            start = time.process_time()
    marks[1] = time.process_time() - start
    return marks[0] / FEW * 1000, marks[1] / FEW * 1000, peak_mib() - early_mib


def use_stage(folder: Path, count: int) -> tuple[float, float]:
    """Align and join a corpus of `count` ready-cut clips, all of them the same two files.

    Returns:
        Core-seconds of aligning and of joining.
    """
    clips = [f"clip{number:05d}" for number in range(count)]
    frame = pd.DataFrame({"clip": clips, "split": "train", "label": "tuba", "person": ""})
    frame = frame.assign(source=clips, start_s=0.0, end_s=0.5, audio="a.wav", image="a.jpg")
    write_manifest(folder / "manifest.csv", frame)
    start = time.process_time()
    align("sub_urmp", "cmcgan", folder, folder / "manifest.csv", {}, 0, 1, folder / "shard")
    middle = time.process_time()
    merge_shards([folder / "shard"], folder / "windows")
    return middle - start, time.process_time() - middle


def stage_costs(folder: Path) -> dict[str, float]:
    """Compare the stage on FEW and on MANY clips."""
    tone = 0.3 * np.sin(2 * np.pi * 440 * np.arange(22_050) / 44_100)
    soundfile.write(str(folder / "a.wav"), tone, 44_100, subtype="PCM_16")
    cv2.imwrite(str(folder / "a.jpg"), np.full((144, 192, 3), 90, np.uint8))
    few, few_mib = use_stage(folder, FEW), peak_mib()
    many, many_mib = use_stage(folder, MANY), peak_mib()
    ratio = many[0] / MANY / (few[0] / FEW)
    print(
        f"the stage on ready-cut clips: {few[0] / FEW * 1000:.2f} ms each for {FEW:,}, "
        f"{many[0] / MANY * 1000:.2f} for {MANY:,}; ratio {ratio:.2f}; joining them "
        f"{many[1]:.1f} s for {(folder / 'windows' / 'waves.npy').stat().st_size / 2**30:.1f} GiB "
        f"of sound; peak memory +{many_mib - few_mib:.1f} MiB"
    )
    return {"stage_ratio": ratio, "join_s": many[1], "stage_mib": many_mib - few_mib}


def main() -> dict[str, float]:
    """Print every comparison on a line and return the numbers."""
    cv2.setNumThreads(1)
    found: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as name:
        # First, so that nothing else has raised the peak memory.
        found |= stage_costs(Path(name))
        clip, long, made = (Path(name) / f"{kind}.mp4" for kind in ("clip", "long", "made"))
        real = sorted(GRID.glob("*.mpg"))
        if not real:
            make_clip(made, 3.0, 25, (360, 288))
        bare_hz, ours_hz = rates(real or [made], [bare, align_and_crop])
        found |= {"bare_hz": bare_hz, "align_hz": ours_hz, "align_ratio": ours_hz / bare_hz}
        print(
            f"align + crop with known boxes: {ours_hz:.0f} frames/s, bare PyAV {bare_hz:.0f}; "
            f"ratio {ours_hz / bare_hz:.2f} (at least 0.4)"
        )
        if real:
            (found["tracks_hz"],) = rates(real, [track_and_crop], repeats=3)
            print(f"with face tracks: {found['tracks_hz']:.0f} frames/s (at least 250)")
        make_clip(clip, 0.6, 25, (96, 72))
        early_ms, late_ms, grown_mib = flatness(clip)
        found |= {"clip_ms": early_ms, "clip_ratio": late_ms / early_ms, "clip_mib": grown_mib}
        print(
            f"short clips: {early_ms:.2f} ms each for the first {FEW:,}, {late_ms:.2f} for the "
            f"last of {MANY:,}; ratio {late_ms / early_ms:.2f}, peak memory +{grown_mib:.1f} MiB"
        )
        make_clip(long, (MANY + 10) / 10, 10, (96, 72))
        few_s, few_mib = use_windows(long, FEW), peak_mib()
        many_s, many_mib = use_windows(long, MANY), peak_mib()
        ratio = many_s / MANY / (few_s / FEW)
        found |= {"window_ratio": ratio, "window_mib": many_mib - few_mib}
        print(
            f"windows of one recording: {few_s / FEW * 1000:.2f} ms each for {FEW:,}, "
            f"{many_s / MANY * 1000:.2f} for {MANY:,}; ratio {ratio:.2f}, "
            f"peak memory +{many_mib - few_mib:.1f} MiB"
        )
    return found


if __name__ == "__main__":
    result = main()
    if len(sys.argv) > 1:
        write_json(Path(sys.argv[1]), result)
