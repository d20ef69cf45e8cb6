"""Spoken sentences by eSpeak NG, and the rooms they are spoken in.

A voice is a variant of eSpeak NG, made a person's own by pitch, range and speed, by resampling
(which moves all formants, as a shorter or longer vocal tract does) and by a shelving filter.
"""

from __future__ import annotations

import _ctypes
import ctypes
import os
import threading
from functools import cache
from math import gcd
from pathlib import Path
from typing import Any

import espeakng_loader
import numpy as np
import scipy.signal
from numpy.typing import NDArray

from crossmodal.errors import InputError
from crossmodal_standins.people import Voice

RATE_HZ = 22050
"""Samples a second of eSpeak NG, and of `say`."""
PEAK = 0.7
"""Largest magnitude of a sentence, of full scale."""

Sound = NDArray[np.int16]
"""[samples]."""
Wave = NDArray[np.float32]
"""[samples], full scale 1."""

_MIDDLE_HZ = {
    "m1": 91.0, "m3": 103.0, "m4": 92.0, "m5": 100.0, "m7": 104.0,
    "f1": 176.0, "f2": 191.0, "f3": 207.0, "f5": 203.0,
}  # fmt: skip
"""Median pitch of each variant at eSpeak's middle pitch, 50, measured with librosa's pYIN."""

_RETRIEVAL, _CHARACTERS, _UTF8, _RATE, _PITCH, _RANGE = 2, 1, 1, 1, 3, 4
_SHELF_HZ = 1500.0
_LOCK = threading.Lock()
_CALLBACK = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
)


def say(text: str, voice: Voice) -> Sound:
    """Speak a sentence in English.

    Returns:
        [samples] at `RATE_HZ`, without silence before and after, peak `PEAK`. The same text and
        voice give the same samples, whatever was said before.

    Raises:
        InputError: The variant is unknown or there is nothing to say.
    """
    if voice.variant not in _MIDDLE_HZ:
        raise InputError(
            f"{voice.variant!r} is unknown", field="variant", hint=f"Use {', '.join(_MIDDLE_HZ)}"
        )
    octaves = np.log2(voice.pitch_hz / voice.formants / _MIDDLE_HZ[voice.variant])
    settings = {
        _RATE: round(voice.words_per_minute / voice.formants),
        _PITCH: int(np.clip(round(50 + 50 * float(octaves)), 0, 99)),
        _RANGE: voice.pitch_range,
    }
    spoken = _speak(text, voice.variant, settings)
    if not spoken.any():
        raise InputError(f"nothing is heard of {text!r}", field="text", hint="Give some words")
    sound = resampled(spoken.astype(np.float32), 100, round(100 * voice.formants))
    sound = scipy.signal.lfilter(*_shelf(voice.brightness_db), sound)
    loud = np.flatnonzero(np.abs(sound) > 0.01 * np.abs(sound).max())
    sound = sound[loud[0] : loud[-1] + 1]
    return as_int16(sound * (PEAK / np.abs(sound).max()))


def resampled(sound: Wave, up: int, down: int) -> Wave:
    """Return the sound at `up / down` times its rate."""
    if up == down:
        return sound
    common = gcd(up, down)
    taps = _low_pass(max(up, down) // common).copy()
    moved = scipy.signal.resample_poly(sound, up // common, down // common, window=taps)
    return np.asarray(moved, dtype=np.float32)


@cache
def _low_pass(rate: int) -> Wave:
    """Return what `resample_poly` designs anew at every call."""
    taps = scipy.signal.firwin(20 * rate + 1, 1 / rate, window=("kaiser", 5.0))
    return np.asarray(taps, dtype=np.float32)


def in_room(sound: Wave, generator: np.random.Generator, rate_hz: int, decay_s: float) -> Wave:
    """Add the reverberation of a room; the direct sound stays where and as it is.

    The room is drawn; in `decay_s` its reverberation falls by 60 dB; there is none below 10 ms.
    """
    if decay_s < 0.01:
        return sound
    time_s = np.arange(int(decay_s * rate_hz), dtype=np.float32) / rate_hz
    noise = generator.standard_normal(len(time_s), dtype=np.float32)
    response = noise * np.exp(np.float32(-3 * np.log(10) / decay_s) * time_s)
    response[: int(0.004 * rate_hz)] = 0
    response *= 0.35 / np.sqrt((response**2).sum())
    late = scipy.signal.oaconvolve(sound.astype(np.float32), response)[: len(sound)]
    return np.asarray(sound + late, dtype=np.float32)


def with_noise(sound: Wave, generator: np.random.Generator, noise_db: float) -> Wave:
    """Add the murmur of a place: noise that falls by 6 dB an octave, from about 200 Hz at 22 kHz.

    `noise_db` is its level, relative to full scale; -inf for none.
    """
    white = generator.standard_normal(len(sound), dtype=np.float32)
    noise = scipy.signal.lfilter(np.ones(1, np.float32), np.array([1, -0.94], np.float32), white)
    return np.asarray(sound + noise * (10 ** (noise_db / 20) / max(float(noise.std()), 1e-12)))


def as_wave(sound: Sound) -> Wave:
    """Return samples of full scale 1."""
    return sound.astype(np.float32) / np.float32(32768)


def as_int16(sound: NDArray[np.floating]) -> Sound:
    """Quantise samples of full scale 1, clipping what lies beyond."""
    return np.asarray(np.clip(np.round(sound * 32767), -32768, 32767), dtype=np.int16)


def loudness(sound: Sound, rate_hz: int, times_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how loud the sound is at some times, [times]: RMS over 40 ms around, of full scale.

    Times are seconds from the first sample; beyond the sound it is silent.
    """
    energy = np.concatenate([[0.0], np.cumsum((sound / 32768.0) ** 2)])
    half = round(0.02 * rate_hz)
    middle = np.round(times_s * rate_hz).astype(np.int64)
    first, last = (np.clip(middle + offset, 0, len(sound)) for offset in (-half, half))
    return np.asarray(np.sqrt(np.maximum(energy[last] - energy[first], 0) / (2 * half)))


def _shelf(gain_db: float) -> tuple[Wave, Wave]:
    """Return a first-order high shelf at `_SHELF_HZ` as numerator and denominator."""
    gain = 10 ** (gain_db / 20)
    k, root = np.tan(np.pi * _SHELF_HZ / RATE_HZ), np.sqrt(gain)
    numerator = np.array([gain + root * k, root * k - gain], np.float32)
    denominator = np.array([1 + root * k, root * k - 1], np.float32)
    return numerator / denominator[0], denominator / denominator[0]


def _speak(text: str, variant: str, settings: dict[int, int]) -> Sound:
    """Return what eSpeak NG says, with its own short silence at both ends."""
    pieces: list[Sound] = []

    def collect(samples: Any, count: int, _events: Any) -> int:
        if samples and count > 0:
            pieces.append(np.ctypeslib.as_array(samples, (count,)).copy())
        return 0

    callback = _CALLBACK(collect)
    with _LOCK:
        library = ctypes.CDLL(espeakng_loader.get_library_path())
        try:
            _start(library, callback)
            _check(library.espeak_SetVoiceByName(f"en+{variant}".encode()))
            for parameter, value in settings.items():
                _check(library.espeak_SetParameter(parameter, value, 0))
            data = text.encode()
            _check(library.espeak_Synth(data, len(data) + 1, 0, _CHARACTERS, 0, _UTF8, None, None))
        finally:
            # Phases of its oscillators outlive a sentence, even espeak_Terminate. Only a library
            # that is loaded anew says the same thing twice; that takes half a millisecond.
            library.espeak_Terminate()
            _ctypes.dlclose(library._handle)
    return np.concatenate(pieces) if pieces else np.zeros(0, dtype=np.int16)


def _start(library: ctypes.CDLL, callback: Any) -> None:
    """Initialise the library, with its random numbers (breath, flutter) at a fixed start."""
    data = os.fsencode(Path(espeakng_loader.get_data_path()).parent)
    rate_hz = library.espeak_Initialize(_RETRIEVAL, 0, data, 0)
    if rate_hz != RATE_HZ:
        raise RuntimeError(f"eSpeak NG starts with {rate_hz} Hz instead of {RATE_HZ}")
    library.espeak_SetSynthCallback(callback)
    library.espeak_ng_SetRandSeed(ctypes.c_long(1))
    ctypes.CDLL(None).srand(1)


def _check(status: int) -> None:
    if status != 0:
        raise RuntimeError(f"eSpeak NG answers with status {status}")
