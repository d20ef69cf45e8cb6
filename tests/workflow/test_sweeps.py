"""New variants from the command line: trained by themselves, shown beside the paper's."""

from __future__ import annotations

import csv
from pathlib import Path

from fixture_workflow import SMOKE, Project

FACEVOICE = "results/smoke/facevoice"
SWEEP = """overrides={
  facevoice: {variants: {margin_6: {title: Margin 0.6, settings: {margin: 0.6}}}},
  captions: {variants: {new_loss_2: {title: Margin 2, settings: {hinges: six, margin: 2}}}},
  cmcgan: {variants: {consistency_10: {title: Ten, model: cmcgan, settings: {consistency: 10}}}},
}"""


def column(path: Path, name: str) -> set[str]:
    with path.open(encoding="utf-8", newline="") as stream:
        return {row[name] for row in csv.DictReader(stream)}


def test_a_sweep_trains_its_own_variants_alone(scratch: Project) -> None:
    before = scratch.digests(f"{FACEVOICE}/runs")
    trained = {path: path.stat().st_mtime for path in scratch.root.rglob("checkpoint.pt")}
    jobs = scratch.planned("captions", "cmcgan", *SMOKE, SWEEP)
    assert sorted(outputs[0] for outputs in jobs["train"]) == [
        "results/smoke/captions/runs/flickr8k_audio/new_loss_2/seed0/checkpoint.pt",
        "results/smoke/cmcgan/runs/sub_urmp/consistency_10/seed0/checkpoint.pt",
    ]
    ended = scratch.run_once("--cores", "1", "facevoice", *SMOKE, SWEEP)
    assert ended.returncode == 0, ended.stderr
    assert {path: path.stat().st_mtime for path in trained} == trained
    after = scratch.digests(f"{FACEVOICE}/runs")
    assert {name: after[name] for name in before} == before
    assert {name.split("/")[1] for name in set(after) - set(before)} == {"margin_6"}
    results = scratch.root / FACEVOICE
    metrics = results / "metrics/the_big_bang_theory.csv"
    assert {"margin_5", "margin_6"} <= column(metrics, "variant")
    tables = [path.read_text() for path in (results / "tables").glob("*.md")]
    assert any("Margin 0.5" in text and "Margin 0.6" in text for text in tables)
