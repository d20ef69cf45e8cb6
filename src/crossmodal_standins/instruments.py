"""The thirteen instruments of Sub-URMP: register, timbre, and the sound of a performance.

They stand in instruments.yaml. A tone is a sum of harmonics. Their strengths fall by so many dB an
octave, less when it is loud, are lifted at the instrument's own resonances and, for the clarinet,
cut at even numbers; breath or bow noise goes with the loudness. Rates, slopes and resonances are
round numbers near those in Fletcher, Rossing, The Physics of Musical Instruments, 2nd ed. 1998.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.signal
from numpy.typing import NDArray

from crossmodal_standins.music import Harmony, Performance, Vibrato, compose
from crossmodal_standins.words import read_yaml
from crossmodal_standins.writing import Checked, share

RATE_HZ = 44_100

_HARMONICS = 40
_HIGHEST_HZ = 14_000.0

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Instrument:
    """One instrument: its code in URMP's file names, how it is blown or bowed, how it sounds."""

    code: str
    bowed: bool
    low: int  # lowest and highest MIDI number used
    high: int
    slope_db: float  # fall of the harmonics, dB an octave, at full loudness; 8 more at none
    even_db: float  # further fall of the even harmonics
    resonances: list[list[float]]  # frequency in Hz and height in dB; half an octave wide
    attack_s: float  # time to 95 % of the level
    vibrato: Vibrato
    noise: float  # amplitude of breath or bow noise, of the tone's
    hold: dict[str, Any]  # the fields of `players.Hold`


@dataclass(frozen=True)
class Difficulty(Checked):
    """How much songs and players of an instrument differ, and what is lost on the way.

    Fixed by hand, not by what a model makes of it.
    """

    timbre_octaves: float = 0.15  # standard deviation of the shift of all resonances, by song
    slope_db: float = 1.5  # standard deviation of the slope, dB an octave, by song
    wet: float = share(0.25)  # largest share of reverberation in the sound
    signal_to_noise_db: float = 30.0  # least distance of the noise below the song's level
    zoom: float = share(0.06)  # largest change of the camera's distance, of 1
    shift: float = 0.02  # largest shift of the player, heights of the picture
    light: float = share(0.12)  # largest change of exposure, and from edge to edge, of 1
    noise: float = 4.0  # largest standard deviation of a picture's noise, grey levels of 255


INSTRUMENTS = {
    name: Instrument(**(row | {"vibrato": Vibrato(*row["vibrato"])}))
    for name, row in read_yaml("instruments.yaml").items()
}
"""Instrument by name, in alphabetical order."""


def perform(
    generator: np.random.Generator, name: str, harmony: Harmony, seconds: float
) -> Performance:
    """Compose a song for an instrument, in its register, and play it."""
    instrument = INSTRUMENTS[name]
    notes = compose(generator, harmony, low=instrument.low, high=instrument.high, seconds=seconds)
    return Performance(notes, seconds, attack_s=instrument.attack_s, vibrato=instrument.vibrato)


def sound(
    generator: np.random.Generator, name: str, performance: Performance, difficulty: Difficulty
) -> NDArray[np.int16]:
    """Synthesise a performance as a microphone in a room hears it.

    The song's timbre, noise and room are drawn. Returns [samples] at 44,100 Hz, their peak half of
    full scale.
    """
    instrument = INSTRUMENTS[name]
    octaves = generator.normal(0, difficulty.timbre_octaves)
    slope = instrument.slope_db + generator.normal(0, difficulty.slope_db)
    times_s = np.arange(round(performance.seconds * RATE_HZ)) / RATE_HZ
    hz, loudness = performance.pitch_hz(times_s), performance.loudness(times_s)
    wave = np.zeros(len(times_s))
    for note in performance.notes:
        own = slice(round(note.onset_s * RATE_HZ), round((note.onset_s + note.length_s) * RATE_HZ))
        strengths = _strengths(instrument, 440 * 2 ** ((note.midi - 69) / 12), octaves, slope)
        wave[own] = _tone(hz[own], loudness[own], strengths)
    wave += instrument.noise * loudness * _breath(generator, len(wave))
    wave = _room(generator, wave, generator.uniform(0.2, 1) * difficulty.wet)
    wave *= 0.5 / max(np.abs(wave).max(), 1e-9)
    level = float(np.sqrt(np.mean(wave**2)))
    hiss = level * 10 ** (-(difficulty.signal_to_noise_db + generator.uniform(0, 15)) / 20)
    wave += hiss * generator.standard_normal(len(wave))
    return np.asarray(np.clip(np.round(wave * 32767), -32768, 32767), dtype=np.int16)


def _strengths(instrument: Instrument, hz: float, octaves: float, slope_db: float) -> Array:
    """Return amplitudes of the harmonics, [soft and loud, harmonics], each with power 1."""
    number = np.arange(1, _HARMONICS + 1)
    frequency = hz * number
    level = np.where(number % 2 == 0, -instrument.even_db, 0.0)
    for centre, height in instrument.resonances:
        away = np.log2(frequency / (centre * 2**octaves)) / 0.5
        level += height * np.exp(-0.5 * away**2)
    levels = level - np.array([[slope_db + 8], [slope_db]]) * np.log2(number)
    amplitudes = np.where(frequency < _HIGHEST_HZ, 10 ** (levels / 20), 0.0)
    return np.asarray(amplitudes / np.sqrt((amplitudes**2).sum(axis=1, keepdims=True)))


def _tone(hz: Array, loudness: Array, strengths: Array) -> Array:
    """Add up harmonics, [samples]; the mixture goes from soft to loud with the loudness.

    Harmonic k + 1 follows from two before it: sin((k+1)x) = 2 cos(x) sin(kx) - sin((k-1)x).
    """
    phase = 2 * np.pi * np.cumsum(hz) / RATE_HZ
    double_cosine = 2 * np.cos(phase)
    before, present = np.zeros_like(phase), np.sin(phase)
    quiet, loud = np.zeros_like(phase), np.zeros_like(phase)
    for soft_share, loud_share in strengths.T:
        if soft_share == loud_share == 0:
            break
        quiet += soft_share * present
        loud += loud_share * present
        before, present = present, double_cosine * present - before
    return np.asarray(loudness * (quiet + loudness * (loud - quiet)))


def _breath(generator: np.random.Generator, samples: int) -> Array:
    """Return noise from 1 to 6 kHz with power 1, as of breath or bow hair, [samples]."""
    sections = scipy.signal.butter(1, (1000, 6000), "bandpass", fs=RATE_HZ, output="sos")
    noise = scipy.signal.sosfilt(sections, generator.standard_normal(samples))
    return np.asarray(noise / np.sqrt(np.mean(noise**2)))


def _room(generator: np.random.Generator, wave: Array, wet: float) -> Array:
    """Add the decaying noise of a room that takes 0.3 to 0.9 s to fall by 60 dB."""
    decay_s = generator.uniform(0.3, 0.9)
    times_s = np.arange(round(decay_s * RATE_HZ)) / RATE_HZ
    tail = generator.standard_normal(len(times_s)) * 10 ** (-3 * times_s / decay_s)
    tail[: round(0.01 * RATE_HZ)] = 0  # the direct sound comes first
    tail *= wet / (np.sqrt((tail**2).sum()) * (1 - wet))
    late = scipy.signal.oaconvolve(wave, tail)[: len(wave)]
    return np.asarray(wave + late)
