"""Figures, tables, sounds and claims, on results that the paper's own stages made."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from fixture_cmcgan import CLASSES, CONFIG
from fixture_cmcgan_results import (
    CHANGES,
    CORPUS,
    ITEMS,
    SEEDS,
    TWICE,
    finished_results,
    paper_folder,
    results_settings,
    run_arrays,
    workspace,
)
from matplotlib.container import ErrorbarContainer
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from crossmodal.metrics.uncertainty import bootstrap_mean, paired_bootstrap
from crossmodal.papers import stages
from crossmodal.papers.cmcgan import figures, tables
from crossmodal.papers.cmcgan.model import Generator, shape_of
from crossmodal.reporting import style
from crossmodal.reporting.claims import COLUMNS, VERDICTS, assess_claims
from crossmodal.reporting.listening import listening_table
from crossmodal.reporting.results import Results

pytestmark = pytest.mark.xdist_group("cmcgan_results")

SETTINGS = results_settings()
CLAIMS = CONFIG / "claims" / "cmcgan.csv"
# Tables 1 and 2 of the paper: (task, protocol, variant) -> accuracy.
PRINTED = {
    ("image_train", "two_step", "s2ic"): 0.8737,
    ("image", "two_step", "s2ic"): 0.7556,
    ("image_train", "two_step", "cmcgan"): 0.9105,
    ("image", "two_step", "cmcgan"): 0.7661,
    ("sound", "two_step", "i2s"): 0.1117,
    ("sound_train", "two_step", "cmcgan"): 0.8109,
    ("sound", "two_step", "cmcgan"): 0.5189,
    ("classification", "V", "fusion"): 0.9531,
    ("classification", "A", "fusion"): 0.8863,
    ("classification", "V-A", "fusion"): 0.9741,
    ("classification", "GV-A", "fusion"): 0.9804,
    ("classification", "GA-V", "fusion"): 0.9861,
}
GRIDS = {
    "fig3_paths": [
        ("lcgan", "one_step"),
        ("lcgan", "recovered"),
        ("cmcgan", "one_step"),
        ("cmcgan", "recovered"),
        ("cmcgan", "two_step"),
    ],
    "fig4_latent_depth": [
        (f"{name}{depth}", "two_step")
        for depth in ("_5", "_6", "")
        for name in ("nlcmcgan", "cmcgan")
    ],
    "fig5_adversarial_loss": [
        ("standard", "two_step"),
        ("no_wrong", "two_step"),
        ("cmcgan", "two_step"),
    ],
}
PREFIXES = {"two_step": "fr", "one_step": "f", "recovered": "rf"}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with finished_results(tmp_path_factory.getbasetemp()) as folder:
        yield folder


@pytest.fixture(scope="module")
def results(root: Path) -> Results:
    return Results.read(SETTINGS, paper_folder(root), [CORPUS])


@pytest.fixture
def saved(monkeypatch: pytest.MonkeyPatch) -> dict[str, tuple[Figure, str]]:
    """Catch figures instead of drawing them: name -> figure and source."""
    caught: dict[str, tuple[Figure, str]] = {}

    def save(fig: Figure, stem: Path, *, source: str, runs: str) -> None:
        assert runs.startswith("sub_urmp/")
        caught[stem.name] = (fig, source)

    monkeypatch.setattr(style, "save", save)
    return caught


def items(root: Path, variant: str, key: str) -> NDArray[np.float64]:
    """Read [seeds, clips] straight from the scores."""
    path = paper_folder(root).scores(CORPUS)
    seeds = SEEDS if variant in TWICE else SEEDS[:1]
    return np.stack([run_arrays(path, variant, seed)[key] for seed in seeds])


def test_artefacts_are_written_as_files_and_twice_the_same(root: Path, tmp_path: Path) -> None:
    stages.artefacts(workspace(root), "cmcgan")
    paper = paper_folder(root)
    paths = [
        Path(f"{paper.artefact(artefact.kind, name)}.{suffix}")
        for name, artefact in SETTINGS.artefacts.items()
        for suffix in (("svg", "png") if artefact.kind == "figure" else ("csv", "md"))
    ]
    assert all(len(path.read_bytes()) > 100 for path in paths)
    figures.fig3_paths(Results.read(SETTINGS, paper, [CORPUS]), tmp_path / "again")
    written = paper.artefact("figure", "fig3_paths").with_suffix(".svg")
    assert (tmp_path / "again.svg").read_bytes() == written.read_bytes()
    table = listening_table(paper.artefact("figure", "fig2_generated").with_suffix(".audio.json"))
    assert table["columns"] == ["I2S", "CMCGAN", "true, same reconstruction", "true"]
    assert [row["name"] for row in table["rows"]] == CLASSES
    assert all(all(row["cells"]) for row in table["rows"])


def test_artefacts_say_what_did_not_run(root: Path, tmp_path: Path) -> None:
    shutil.copytree(root / "smoke", tmp_path / "smoke")
    edition = workspace(
        tmp_path, {**CHANGES, "only": ["image_classifier", "sound_classifier", "fusion"]}
    )
    stages.evaluate(edition, "cmcgan", CORPUS, 1)
    stages.artefacts(edition, "cmcgan")
    paper = paper_folder(tmp_path)
    text = paper.artefact("table", "table1_generated_accuracy").with_suffix(".md").read_text()
    assert "Did not run: s2ic, cmcgan, i2s." in text
    figure = paper.artefact("figure", "fig2_generated")
    assert json.loads(figure.with_suffix(".audio.json").read_text()) == []
    table = pd.read_csv(
        paper.artefact("table", "table2_dynamic_classification").with_suffix(".csv")
    )
    assert table["input"].tolist() == ["V", "A", "V-A"]


@pytest.mark.parametrize("name", GRIDS)
def test_grids_show_the_examples_and_their_accuracies(
    name: str, root: Path, results: Results, saved: dict[str, tuple[Figure, str]]
) -> None:
    getattr(figures, name)(results, Path(name))
    fig, source = saved[name]
    assert source == "synthetic"
    pictures, sounds, *bars = fig.axes
    examples = paper_folder(root).examples(CORPUS)
    columns = GRIDS[name]
    for axis, bar_axis, modality in zip((pictures, sounds), bars, ("image", "sound"), strict=True):
        shown = [run_arrays(examples)[f"true_{modality}"]]
        right = [items(root, f"{modality}_classifier", f"{modality}|real|accuracy")]
        for variant, protocol in columns:
            shown.append(run_arrays(examples, variant)[f"{PREFIXES[protocol]}_{modality}"])
            right.append(items(root, variant, f"{modality}|{protocol}|accuracy"))
        # Column by column, in each the instruments from top to bottom.
        expected = [values[row] for values in shown for row in range(len(CLASSES))]
        drawn = [np.asarray(image.get_array()) for image in axis.images]
        assert len(drawn) == len(expected)
        for found, value in zip(drawn, expected, strict=True):
            np.testing.assert_array_equal(found, value)
        heights = [patch.get_height() for patch in bar_axis.patches if isinstance(patch, Rectangle)]
        assert heights == pytest.approx([values.mean() for values in right])
        spans = [
            tuple(container.lines[2][0].get_segments()[0][:, 1])
            for container in bar_axis.containers
            if isinstance(container, ErrorbarContainer)
        ]
        intervals = [bootstrap_mean(values) for values in right]
        assert spans == [pytest.approx((i.low, i.high)) for i in intervals]
        chance = next(line for line in bar_axis.lines if line.get_label() == "chance")
        assert np.unique(np.asarray(chance.get_ydata(), float)) == pytest.approx([1 / 3])
    assert pictures.get_yticklabels()[0].get_text() == CLASSES[0]
    legend = [text.get_text() for text in fig.legends[0].get_texts()]
    assert sorted(legend) == ["95 % interval", "chance", "most frequent instrument"]


def test_figure_2_has_numbers_above_each_column(
    root: Path, results: Results, saved: dict[str, tuple[Figure, str]]
) -> None:
    figures.fig2_generated(results, Path("fig"))
    for axis, modality, baseline in zip(
        saved["fig"][0].axes, ("image", "sound"), ("s2ic", "i2s"), strict=True
    ):
        assert len(axis.images) == 3 * len(CLASSES)
        texts = [text.get_text() for text in axis.texts]
        for text, variant in zip(texts, (baseline, "cmcgan"), strict=False):
            accuracy = items(root, variant, f"{modality}|two_step|accuracy").mean()
            ssim = items(root, variant, f"{modality}|two_step|ssim").mean()
            assert f"acc. {accuracy:.2f}" in text
            assert f"SSIM {ssim:.2f}" in text
        real = items(root, f"{modality}_classifier", f"{modality}|real|accuracy").mean()
        assert f"acc. {real:.2f}" in texts[2]


def test_figure_1_lists_the_layers_with_the_sizes_they_have(
    results: Results, saved: dict[str, tuple[Figure, str]]
) -> None:
    figures.fig1_framework(results, Path("fig"))
    texts = [text.get_text() for text in saved["fig"][0].axes[1].texts]
    generator = Generator(shape_of(SETTINGS.sizes, SETTINGS.resolved("cmcgan")))
    found: list[str] = []

    def note(module: torch.nn.Module, _: Any, out: torch.Tensor) -> None:
        kind = type(module).__name__.lower()
        found.append(f"{kind} {out.shape[1]}, {out.shape[2]}×{out.shape[3]},")

    for part in generator.children():
        assert isinstance(part.layers, torch.nn.ModuleList)
        for layer in part.layers:
            layer.register_forward_hook(note)
    sizes = SETTINGS.sizes
    x = torch.zeros(2, 3, sizes.picture_px, sizes.picture_px)
    generator.translate("VVA", x, torch.zeros(2, 100))
    generator.translate("AA", torch.zeros(2, 1, sizes.bands, sizes.steps), torch.zeros(2, 100))
    drawn = {re.sub(r" [\d.]+ k?M?p$", "", text) for text in texts}
    assert set(found) <= drawn
    total = sum(value.numel() for value in generator.image_encoder.parameters())
    assert f"EncoderV, {total / 1000:.1f} kp" in texts


def test_reported_numbers_are_those_of_the_paper() -> None:
    frame = pd.read_csv(Path(figures.__file__).with_name("reported.csv"))
    found = {
        (row.task, row.protocol, row.variant): row.accuracy
        for row in frame.dropna().itertuples(index=False)
    }
    assert found == PRINTED


def test_table_1_and_2_hold_the_papers_numbers_beside_ours(
    root: Path, results: Results, tmp_path: Path
) -> None:
    tables.table1_generated_accuracy(results, tmp_path / "one")
    table = pd.read_csv(tmp_path / "one.csv")
    assert len(table) == 8
    tasks = {"sound → image": "image", "image → sound": "sound"}
    for row in table.to_dict("records"):
        task = tasks[row["direction"]] + ("_train" if row["clips"] == "training" else "")
        values = items(root, row["variant"], f"{task}|two_step|accuracy")
        assert row["ours"] == pytest.approx(values.mean())
        printed = PRINTED.get((task, "two_step", row["variant"]), np.nan)
        assert row["paper"] == pytest.approx(printed, nan_ok=True)
    text = (tmp_path / "one.md").read_text()
    assert "Chance: 0.333" in text
    assert "(stand-in data)" in text
    tables.table2_dynamic_classification(results, tmp_path / "two")
    table = pd.read_csv(tmp_path / "two.csv")
    assert table["input"].tolist() == ["V", "A", "V-A", "GV-A", "GA-V"]
    for row in table.to_dict("records"):
        values = items(root, "fusion", f"classification|{row['input']}|accuracy")
        assert row["ours"] == pytest.approx(values.mean())
        assert row["n"] == ITEMS


def test_every_generator_is_in_the_table_of_quality(results: Results, tmp_path: Path) -> None:
    tables.table_generation_quality(results, tmp_path / "table")
    table = pd.read_csv(tmp_path / "table.csv")
    titles = {
        variant.title
        for variant in SETTINGS.variants.values()
        if variant.model in ("cmcgan", "translator")
    }
    assert set(table["variant"]) == titles | {"true test clips"}
    made = table[table["variant"] != "true test clips"]
    assert made[["accuracy", "L1", "SSIM", "PSNR", "Fréchet"]].notna().all(axis=None)
    # Four outputs of CMCGAN and LCGAN, one of the others; a translator makes one modality.
    assert len(made) == 2 * (2 * 4 + 12 - 2) + 4


def test_readings_have_paired_intervals(root: Path, results: Results, tmp_path: Path) -> None:
    tables.table_readings(results, tmp_path / "table")
    table = pd.read_csv(tmp_path / "table.csv").to_dict("records")
    for task, modality in (("sound → image", "image"), ("image → sound", "sound")):
        row = next(r for r in table if r["task"] == task and "discriminator" in str(r["reading"]))
        first = items(root, "cmcgan", f"{modality}|two_step|accuracy")
        second = items(root, "one_step", f"{modality}|one_step|accuracy")
        interval = paired_bootstrap(second, first)
        assert (row["from"], row["to"]) == pytest.approx((interval.low, interval.high))
        assert row["second - first"] == pytest.approx(second.mean() - first.mean())
        split = next(r for r in table if r["task"] == task and "split" in str(r["reading"]))
        assert np.isnan(split["from"])


def test_claims_are_complete_and_quote_the_paper() -> None:
    claims = pd.read_csv(CLAIMS)
    assert list(claims) == COLUMNS
    assert claims["claim"].is_unique
    assert set(claims["artefact"]) <= set(SETTINGS.artefacts)
    assert set(claims["claim"].str.split(".").str[0]) == set("12345678")
    tested = claims[claims["status"] == "testable"]
    tasks = tested["task"]
    quoted = set()
    for row in tested.to_dict("records"):
        for side, value in ((row["left"], row["paper_left"]), (row["right"], row["paper_right"])):
            variant, _, protocol = str(side).partition("@")
            assert variant in SETTINGS.variants
            key = (row["task"], (protocol or row["protocol"]).removesuffix("-everything"), variant)
            if row["metric"] == "accuracy" and not np.isnan(value):
                assert value == PRINTED[key]
                quoted.add(key)
        assert row["metric"] == "accuracy" or np.isnan(row["paper_left"])
    assert quoted == set(PRINTED) - {("sound_train", "two_step", "cmcgan")}
    decided = tested[tested["metric"] == "accuracy"]
    for number in "12345":
        own = decided["claim"].str.startswith(number)
        assert {"image", "sound"} <= set(tasks[decided.index][own])


def test_claims_are_assessed_on_the_results(root: Path, results: Results) -> None:
    assessed = assess_claims(CLAIMS, results)
    assert set(assessed["verdict"]) <= set(VERDICTS)
    silent = assessed["status"] == "not testable"
    assert silent.sum() == 7
    assert (assessed["verdict"][silent] == "not testable").all()
    # One or two seeds settle nothing.
    assert set(assessed["verdict"][~silent]) == {"inconclusive"}
    rows = assessed.set_index("claim").loc["2.sound.cmcgan~lcgan_rf.accuracy"]
    left = items(root, "cmcgan", "sound|two_step|accuracy")
    right = items(root, "lcgan", "sound|recovered|accuracy")
    assert rows["ours_left"] == pytest.approx(left.mean())
    assert rows["ours_right"] == pytest.approx(right.mean())
    assert set(assessed["corpus"][~silent]) == {CORPUS}
