"""A face and a voice from files of one's own, prepared as in training, and how near they lie."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from crossmodal.alignment.clips import clip_sound, read_picture
from crossmodal.alignment.kinds import fitted
from crossmodal.errors import ClipError, InputError
from crossmodal.features.frames import grey_face
from crossmodal.features.makers.msvae import READINGS
from crossmodal.features.voice import VOICE, voice_spectra
from crossmodal.papers.msvae.losses import wasserstein

if TYPE_CHECKING:
    from crossmodal.library import TrainedRun


def score(run: TrainedRun, picture: Path, sound: Path) -> float:
    """Return minus the Wasserstein distance of the latents of a face and of a voice.

    Args:
        run: A run of this paper.
        picture: A picture that the face fills, as the face crops of the corpora do.
        sound: Any sound file; its first three seconds count.

    Raises:
        InputError: A file cannot be read.
    """
    try:
        face = grey_face([read_picture(picture.parent, picture.name)])
    except ClipError as error:
        raise InputError(error.reason, file=picture, hint="Give another picture") from error
    try:
        wave = clip_sound(sound.parent, {"audio": sound.name}, VOICE.rate_hz)
    except ClipError as error:
        raise InputError(error.reason, file=sound, hint="Give another sound") from error
    # A shorter voice has silence behind it up to the end of the first frame.
    length = np.array([min(max(len(wave), VOICE.frame_samples), VOICE.samples)])
    readings = [READINGS[run.settings["voice"]]]
    voice = voice_spectra(fitted(wave, VOICE.samples)[None], readings, lengths=length)[:, 0]
    network = run.network()
    with torch.inference_mode():
        seen = network.encode("face", torch.from_numpy(face.ravel()[None]))
        heard = network.encode("voice", torch.from_numpy(voice))
        return -float(wasserstein(seen, heard))
