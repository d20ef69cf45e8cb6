"""The code of the quickstart page runs, on the results of the smoke edition."""

from __future__ import annotations

import re
import sys

import cv2
import numpy as np
import soundfile
from fixture_workflow import ROOT, Project


def test_the_code_of_the_page_runs(finished: Project, scratch: Project) -> None:
    page = (ROOT / "docs/quickstart.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    assert len(blocks) >= 4
    folder = finished.root / "results/smoke/corpora/voxceleb1/msvae"
    face = np.load(folder / "pictures.npy", mmap_mode="r")[0, 0]
    cv2.imwrite(str(scratch.root / "face.png"), face[:, :, ::-1])
    wave = np.load(folder / "waves.npy", mmap_mode="r")[0]
    soundfile.write(scratch.root / "voice.wav", wave, 16_000)
    # The three lines of the first block give a number.
    code = "\n".join(blocks).replace('run.score("face.png"', 'assert -1e9 < run.score("face.png"')
    ended = scratch.call(sys.executable, "-c", f"import sys; sys.path.insert(0, 'src')\n{code}")
    assert ended.returncode == 0, ended.stderr
