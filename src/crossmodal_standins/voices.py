"""Spoken sentences by eSpeak NG, and the rooms they are spoken in.

A voice is a variant of eSpeak NG, made a person's own by pitch, range and speed, by resampling
(which moves all formants, as a shorter or longer vocal tract does) and by a shelving filter.
"""

from __future__ import annotations

import _ctypes
import ctypes
import os
import threading
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

_MIDDLE_HZ = {
    "m1": 91.0,
    "m3": 103.0,
    "m4": 92.0,
    "m5": 100.0,
    "m7": 104.0,
    "f1": 176.0,
    "f2": 191.0,
    "f3": 207.0,
    "f5": 203.0,
}
"""Median pitch of each variant at eSpeak's middle pitch, 50, measured with librosa's pYIN."""

_RETRIEVAL, _CHARACTERS, _UTF8, _RATE, _PITCH, _RANGE = 2, 1, 1, 1, 3, 4
_SHELF_HZ = 1500.0
_LOCK = threading.Lock()
_CALLBACK = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
)


def say(text: str, voice: Voice) -> Sound:
    """Speak a sentence.

    Args:
        text: English.
        voice: Whose voice.

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
    spoken = _speak(
        text,
        variant=voice.variant,
        pitch=int(np.clip(round(50 + 50 * float(octaves)), 0, 99)),
        pitch_range=voice.pitch_range,
        words_per_minute=round(voice.words_per_minute / voice.formants),
    )
    if not spoken.any():
        raise InputError(f"nothing is heard of {text!r}", field="text", hint="Give some words")
    sound = scipy.signal.resample_poly(spoken.astype(np.float64), 100, round(100 * voice.formants))
    sound = scipy.signal.lfilter(*_shelf(voice.brightness_db), sound)
    loud = np.flatnonzero(np.abs(sound) > 0.01 * np.abs(sound).max())
    sound = sound[loud[0] : loud[-1] + 1]
    return as_int16(sound * (PEAK / np.abs(sound).max()))


def in_room(
    sound: NDArray[np.float64], generator: np.random.Generator, rate_hz: int, decay_s: float
) -> NDArray[np.float64]:
    """Add the reverberation of a room; the direct sound stays where and as it is.

    Args:
        sound: [samples].
        generator: Draws the room.
        rate_hz: Samples a second.
        decay_s: Time in which the reverberation falls by 60 dB; none below 10 ms.

    Returns:
        [samples], as long as `sound`.
    """
    if decay_s < 0.01:
        return sound
    time_s = np.arange(int(decay_s * rate_hz)) / rate_hz
    response = generator.standard_normal(len(time_s)) * 10 ** (-3 * time_s / decay_s)
    response[: int(0.004 * rate_hz)] = 0
    response *= 0.35 / np.sqrt((response**2).sum())
    response[0] = 1
    wet: NDArray[np.float64] = scipy.signal.fftconvolve(sound, response)[: len(sound)]
    return wet


def with_noise(
    sound: NDArray[np.float64], generator: np.random.Generator, noise_db: float
) -> NDArray[np.float64]:
    """Add the murmur of a place: noise that falls by 6 dB an octave, from about 200 Hz at 22 kHz.

    Args:
        sound: [samples], full scale 1.
        generator: Draws the noise.
        noise_db: Its level, relative to full scale; -inf for none.
    """
    noise = scipy.signal.lfilter([1], [1, -0.94], generator.standard_normal(len(sound)))
    noise /= max(float(noise.std()), 1e-12)
    return np.asarray(sound + 10 ** (noise_db / 20) * noise)


def as_int16(sound: NDArray[np.float64]) -> Sound:
    """Quantise samples of full scale 1, clipping what lies beyond."""
    return np.asarray(np.clip(np.round(sound * 32767), -32768, 32767), dtype=np.int16)


def loudness(sound: Sound, rate_hz: int, times_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how loud the sound is at some times: RMS over 40 ms around each, of full scale.

    Args:
        sound: [samples].
        rate_hz: Samples a second.
        times_s: [times], seconds from the first sample; beyond the sound it is silent.
    """
    energy = np.concatenate([[0.0], np.cumsum((sound / 32768.0) ** 2)])
    half = round(0.02 * rate_hz)
    middle = np.round(times_s * rate_hz).astype(np.int64)
    first, last = (np.clip(middle + offset, 0, len(sound)) for offset in (-half, half))
    return np.asarray(np.sqrt(np.maximum(energy[last] - energy[first], 0) / (2 * half)))


def _shelf(gain_db: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return a first-order high shelf at `_SHELF_HZ` as numerator and denominator."""
    gain = 10 ** (gain_db / 20)
    k = np.tan(np.pi * _SHELF_HZ / RATE_HZ)
    root = np.sqrt(gain)
    numerator = np.array([gain + root * k, root * k - gain])
    denominator = np.array([1 + root * k, root * k - 1])
    return numerator / denominator[0], denominator / denominator[0]


def _speak(
    text: str, *, variant: str, pitch: int, pitch_range: int, words_per_minute: int
) -> Sound:
    """Return what eSpeak NG says, [samples], with its own short silence at both ends."""
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
            for parameter, value in (
                (_RATE, words_per_minute),
                (_PITCH, pitch),
                (_RANGE, pitch_range),
            ):
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
