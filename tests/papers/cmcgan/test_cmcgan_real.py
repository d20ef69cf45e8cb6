"""The genuine samples of Sub-URMP, from their files through the networks as printed."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from fixture_cmcgan import CONFIG

from crossmodal.alignment.merge import merge_shards
from crossmodal.alignment.stage import align
from crossmodal.config import read_yaml
from crossmodal.corpora.readers import write_corpus_manifest
from crossmodal.features.stage import write_features
from crossmodal.papers.cmcgan.data import load_pairs
from crossmodal.papers.cmcgan.model import build, shape_of
from crossmodal.papers.cmcgan.settings import PaperSettings

REAL = CONFIG.parents[1] / "shared" / "data" / "sub-urmp"


@pytest.mark.skipif(not REAL.is_dir(), reason="needs ../shared/data/sub-urmp")
def test_genuine_samples_reach_the_networks(tmp_path: Path) -> None:
    folder, results = tmp_path / "sub_urmp", tmp_path / "windows"
    images = sorted((REAL / "cargan_pairs").rglob("bassoon*.jpg"))
    for wave, image in zip(sorted(REAL.glob("*.wav")), images, strict=False):
        for kind, original in (("chunk", wave), ("img", image)):
            path = folder / kind / "train" / "bassoon" / f"{wave.stem}{original.suffix}"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.symlink_to(original)
    manifest = tmp_path / "manifest.csv"
    write_corpus_manifest("sub_urmp", folder, {"split": "published"}, manifest)
    align("sub_urmp", "cmcgan", folder, manifest, {}, 0, 1, tmp_path / "shard")
    merge_shards([tmp_path / "shard"], results)
    write_features("cmcgan", ["log_mel"], folder, results / "manifest.csv", results, seed=0)

    settings = PaperSettings.model_validate(read_yaml(CONFIG / "papers" / "cmcgan.yaml"))
    pairs, _ = load_pairs(results, settings.sizes)
    x, a = pairs.all()
    assert x.shape == (2, 3, 128, 128)
    assert a.shape == (2, 1, 128, 32)
    assert x.std() > 0.1
    assert a.std() > 0.1
    torch.manual_seed(0)
    chosen = settings.resolved("cmcgan")
    network = build("cmcgan", shape_of(settings.sizes, chosen), chosen, classes=13)
    with torch.inference_mode():
        made = network.eval()(x, a, torch.randn(2, 100))
    for name, truth in (("fr_image", x), ("fr_sound", a), ("f_image", x)):
        assert made[name].shape == truth.shape
        assert made[name].abs().max() <= 1
