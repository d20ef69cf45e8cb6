"""Time log-mel spectrograms of half-second clips against librosa, torchaudio and a bare STFT.

    python -m measure.bench_features

Every rival does the same clips with the same number of threads. librosa takes them one by one, as
its users do; torchaudio and the STFT take them all at once or in small batches that stay in the
cache, whichever is faster. Times are the best of several rounds that take turns, so that a busy
machine slows all alike. The last lines show that the cost of a clip and the memory do not grow
with the corpus.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from mmap import PAGESIZE
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from typing import Any

import librosa
import numpy as np
import torch
from numpy.typing import NDArray
from torchaudio.transforms import AmplitudeToDB, MelSpectrogram

from crossmodal.features.audio import LOG_MEL, log_mel

CLIPS, BATCH, ROUNDS = 256, 16, 5
SAMPLES = 22_050


def clips(count: int) -> NDArray[np.float32]:
    """Return noisy tones, [count, 22050]."""
    random = np.random.default_rng(0)
    time_s = np.arange(SAMPLES) / LOG_MEL.rate_hz
    tones = np.sin(2 * np.pi * random.uniform(100, 4000, (count, 1)) * time_s)
    return (0.3 * tones + 0.01 * random.standard_normal(tones.shape)).astype(np.float32)


def rivals(waves: NDArray[np.float32], threads: int) -> dict[str, Callable[[], object]]:
    """Return what is timed, each over all clips."""
    tensor = torch.from_numpy(waves)
    batches = torch.split(tensor, BATCH)
    window = torch.hann_window(LOG_MEL.frame_samples)
    transform = torch.nn.Sequential(
        MelSpectrogram(
            LOG_MEL.rate_hz,
            LOG_MEL.frame_samples,
            hop_length=LOG_MEL.hop_samples,
            n_mels=LOG_MEL.bands,
            norm="slaney",
            mel_scale="slaney",
            pad_mode="constant",
        ),
        AmplitudeToDB(top_db=LOG_MEL.range_db),
    )

    def by_librosa() -> None:
        for wave in waves:
            librosa.power_to_db(librosa.feature.melspectrogram(y=wave, sr=LOG_MEL.rate_hz))

    def bare_stft(batch: torch.Tensor) -> torch.Tensor:
        return torch.stft(
            batch,
            LOG_MEL.frame_samples,
            LOG_MEL.hop_samples,
            window=window,
            pad_mode="constant",
            return_complex=True,
        )

    return {
        "ours": lambda: log_mel(waves, threads=threads),
        "librosa": by_librosa,
        "torchaudio": lambda: transform(tensor),
        "torchaudio in batches": lambda: [transform(batch) for batch in batches],
        "stft": lambda: bare_stft(tensor),
        "stft in batches": lambda: [bare_stft(batch) for batch in batches],
    }


def best_seconds(actions: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Return the shortest time of each action, in seconds; they take turns."""
    best = dict.fromkeys(actions, float("inf"))
    for _ in range(ROUNDS):
        for name, action in actions.items():
            start = time.perf_counter()
            action()
            best[name] = min(best[name], time.perf_counter() - start)
    return best


class PeakMemory:
    """How much the process's own memory grows inside a block, mapped files left out, MB."""

    def __enter__(self) -> PeakMemory:
        self._start = self._peak = _own_mb()
        self._ended = Event()
        self._watch = Thread(target=self._look)
        self._watch.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._watch.join()

    @property
    def growth_mb(self) -> float:
        """Highest seen above the start."""
        return self._peak - self._start

    def _look(self) -> None:
        while not self._ended.wait(0.01):
            self._peak = max(self._peak, _own_mb())


def _own_mb() -> float:
    """Resident memory without shared and mapped pages."""
    _, resident, shared, *_ = Path("/proc/self/statm").read_text().split()
    return (int(resident) - int(shared)) * PAGESIZE / 1e6


def growth() -> dict[str, float]:
    """Return the cost of a clip, in ms, and the peak memory, in MB, of 1,000 and 20,000 clips.

    Waves and features are memory-mapped files, as in the feature stage.
    """
    found: dict[str, float] = {}
    thousand = (clips(1000) * 32767).astype(np.int16)
    log_mel(thousand[:100])  # what the first call sets up is not what a clip costs
    with TemporaryDirectory() as name:
        for count in (1_000, 20_000):
            waves: NDArray[Any] = np.lib.format.open_memmap(
                Path(name) / "waves.npy", "w+", np.int16, (count, SAMPLES)
            )
            for start in range(0, count, 1000):
                waves[start : start + 1000] = thousand
            out: NDArray[Any] = np.lib.format.open_memmap(
                Path(name) / "log_mel.npy", "w+", np.float32, (count, LOG_MEL.bands, 44)
            )
            with PeakMemory() as memory:
                began_s = time.perf_counter()
                log_mel(waves, out=out)
                found[f"ms_a_clip_{count}"] = 1e3 * (time.perf_counter() - began_s) / count
            found[f"peak_mb_{count}"] = memory.growth_mb
    return found


def main() -> dict[str, float]:
    """Print one line a comparison; return the ratios."""
    waves = clips(CLIPS)
    threads_before = torch.get_num_threads()
    found: dict[str, float] = {}
    for threads in (1, 2):
        torch.set_num_threads(threads)
        best = best_seconds(rivals(waves, threads))
        for name in ("torchaudio", "stft"):
            best[name] = min(best[name], best[f"{name} in batches"])
        for name, needed in (("librosa", 4.0), ("torchaudio", 1.5), ("stft", 0.4)):
            ratio = best[name] / best["ours"]
            found[f"{name}_{threads}"] = ratio
            print(
                f"log-mel, {threads} threads: ours {1e3 * best['ours'] / CLIPS:.3f} ms a clip, "
                f"{name} {1e3 * best[name] / CLIPS:.3f}; ratio {ratio:.2f} (at least {needed})"
            )
    torch.set_num_threads(threads_before)
    found |= growth()
    print(
        f"log-mel, 1,000 and 20,000 clips: {found['ms_a_clip_1000']:.3f} and "
        f"{found['ms_a_clip_20000']:.3f} ms a clip; "
        f"peak {found['peak_mb_1000']:.1f} and {found['peak_mb_20000']:.1f} MB beside the files"
    )
    return found


if __name__ == "__main__":
    main()
