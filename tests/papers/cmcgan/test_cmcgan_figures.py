"""Figures, tables, sounds and claims, on results that the paper's own stages made."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from crossmodal.papers.cmcgan.results import Results
from fixture_cmcgan import CLASSES, CONFIG
from fixture_cmcgan_results import (
    CORPUS,
    ITEMS,
    SEEDS,
    TWICE,
    finished_results,
    results_settings,
    run_arrays,
)
from matplotlib.container import ErrorbarContainer
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from crossmodal.errors import InputError
from crossmodal.metrics.uncertainty import bootstrap_mean, paired_bootstrap
from crossmodal.papers.cmcgan import figures
from crossmodal.papers.cmcgan.data import shape_of
from crossmodal.papers.cmcgan.figures import ARTEFACTS, write_artefacts
from crossmodal.papers.cmcgan.model import Generator
from crossmodal.reporting import style
from crossmodal.reporting.claims import COLUMNS, VERDICTS, judge_claims
from crossmodal.reporting.listening import listening_table

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
GALLERIES = {
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
def paper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with finished_results(tmp_path_factory.getbasetemp()) as folder:
        yield folder


@pytest.fixture(scope="module")
def results(paper: Path) -> Results:
    return Results.read(SETTINGS, paper)


@pytest.fixture
def saved(monkeypatch: pytest.MonkeyPatch) -> dict[str, tuple[Figure, str]]:
    """Catch figures instead of drawing them: name -> figure and source."""
    caught: dict[str, tuple[Figure, str]] = {}

    def save(fig: Figure, stem: Path, *, source: str, runs: str) -> None:
        assert runs.startswith("sub_urmp/")
        caught[stem.name] = (fig, source)

    monkeypatch.setattr(style, "save", save)
    return caught


def items(paper: Path, family: str, key: str) -> NDArray[np.float64]:
    """Read [seeds, clips] straight from the run folders."""
    seeds = SEEDS if family in TWICE else SEEDS[:1]
    return np.stack([run_arrays(paper, family, seed, "scores.npz")[key] for seed in seeds])


def test_artefacts_are_those_of_the_settings() -> None:
    assert list(SETTINGS.artefacts) == list(ARTEFACTS)
    for name, artefact in SETTINGS.artefacts.items():
        assert name.startswith({"figure": "fig", "table": "table"}[artefact.kind])


def test_an_unknown_artefact_is_refused(paper: Path) -> None:
    more = {"fig9": {"kind": "figure", "title": "More", "caption": "More."}}
    changed = type(SETTINGS).model_validate(SETTINGS.model_dump() | {"artefacts": more})
    with pytest.raises(InputError, match=r"artefacts\.fig9: unknown artefact"):
        write_artefacts(changed, paper)


def test_artefacts_are_written_as_files_and_twice_the_same(paper: Path) -> None:
    write_artefacts(SETTINGS, paper)
    paths = [
        paper / f"{artefact.kind}s" / f"{name}.{suffix}"
        for name, artefact in SETTINGS.artefacts.items()
        for suffix in (("svg", "png") if artefact.kind == "figure" else ("csv", "md"))
    ]
    listening = paper / "figures" / "fig2_generated.listening.json"
    before = [path.read_bytes() for path in (*paths, listening)]
    assert all(len(content) > 100 for content in before)
    ARTEFACTS["fig3_paths"](Results.read(SETTINGS, paper), paper / "figures" / "again")
    assert (paper / "figures" / "again.svg").read_bytes() == before[
        paths.index(paper / "figures" / "fig3_paths.svg")
    ]
    table = listening_table(listening)
    assert table["columns"] == ["I2S", "CMCGAN", "true, same reconstruction", "true"]
    assert [row["name"] for row in table["rows"]] == CLASSES
    assert all(all(row["cells"]) for row in table["rows"])


def test_without_a_corpus_every_artefact_says_so(tmp_path: Path) -> None:
    (tmp_path / "metrics.csv").write_text(
        "paper,corpus,variant,seed,protocol,task,metric,value,n\n"
    )
    write_artefacts(SETTINGS, tmp_path)
    for name, artefact in SETTINGS.artefacts.items():
        if artefact.kind == "table":
            assert "at hand" in (tmp_path / "tables" / f"{name}.md").read_text()
        else:
            assert (tmp_path / "figures" / f"{name}.svg").is_file()
    assert json.loads((tmp_path / "figures" / "fig2_generated.listening.json").read_text()) == []
    judged = judge_claims(CLAIMS, tmp_path)
    assert set(judged["verdict"]) == {"not testable"}


@pytest.mark.parametrize("name", GALLERIES)
def test_galleries_show_the_samples_and_their_accuracies(
    name: str, paper: Path, results: Results, saved: dict[str, tuple[Figure, str]]
) -> None:
    ARTEFACTS[name](results, Path(name))
    fig, source = saved[name]
    assert source == "synthetic"
    pictures, sounds, *bars = fig.axes
    columns = GALLERIES[name]
    for axis, bar_axis, modality in zip((pictures, sounds), bars, ("image", "sound"), strict=True):
        judge = f"{modality}_classifier"
        shown = [run_arrays(paper, judge, 0, "samples.npz")[f"true_{modality}"]]
        right = [items(paper, judge, f"{modality}|real|accuracy")]
        for family, protocol in columns:
            samples = run_arrays(paper, family, 0, "samples.npz")
            shown.append(samples[f"{PREFIXES[protocol]}_{modality}"])
            right.append(items(paper, family, f"{modality}|{protocol}|accuracy"))
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
    paper: Path, results: Results, saved: dict[str, tuple[Figure, str]]
) -> None:
    ARTEFACTS["fig2_generated"](results, Path("fig"))
    for axis, modality, baseline in zip(
        saved["fig"][0].axes, ("image", "sound"), ("s2ic", "i2s"), strict=True
    ):
        assert len(axis.images) == 3 * len(CLASSES)
        texts = [text.get_text() for text in axis.texts]
        for text, family in zip(texts, (baseline, "cmcgan"), strict=False):
            accuracy = items(paper, family, f"{modality}|two_step|accuracy").mean()
            ssim = items(paper, family, f"{modality}|two_step|ssim").mean()
            assert f"acc. {accuracy:.2f}" in text
            assert f"SSIM {ssim:.2f}" in text
        real = items(paper, f"{modality}_classifier", f"{modality}|real|accuracy").mean()
        assert f"acc. {real:.2f}" in texts[2]


def test_figure_1_lists_the_layers_with_the_sizes_they_have(
    results: Results, saved: dict[str, tuple[Figure, str]]
) -> None:
    ARTEFACTS["fig1_framework"](results, Path("fig"))
    texts = [text.get_text() for text in saved["fig"][0].axes[1].texts]
    generator = Generator(shape_of(SETTINGS.sizes, SETTINGS.model_settings("cmcgan")))
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
    paper: Path, results: Results, tmp_path: Path
) -> None:
    ARTEFACTS["table1_generated_accuracy"](results, tmp_path / "one")
    table = pd.read_csv(tmp_path / "one.csv")
    assert len(table) == 8
    tasks = {"sound → image": "image", "image → sound": "sound"}
    for row in table.to_dict("records"):
        task = tasks[row["direction"]] + ("_train" if row["clips"] == "training" else "")
        values = items(paper, row["variant"], f"{task}|two_step|accuracy")
        assert row["ours"] == pytest.approx(values.mean())
        printed = PRINTED.get((task, "two_step", row["variant"]), np.nan)
        assert row["paper"] == pytest.approx(printed, nan_ok=True)
    text = (tmp_path / "one.md").read_text()
    assert "Chance: 0.333" in text
    assert "(stand-in data)" in text
    ARTEFACTS["table2_dynamic_classification"](results, tmp_path / "two")
    table = pd.read_csv(tmp_path / "two.csv")
    assert table["input"].tolist() == ["V", "A", "V-A", "GV-A", "GA-V"]
    for row in table.to_dict("records"):
        values = items(paper, "fusion", f"classification|{row['input']}|accuracy")
        assert row["ours"] == pytest.approx(values.mean())
        assert row["n"] == ITEMS


def test_every_generator_is_in_the_table_of_quality(results: Results, tmp_path: Path) -> None:
    ARTEFACTS["table_generation_quality"](results, tmp_path / "table")
    table = pd.read_csv(tmp_path / "table.csv")
    titles = {
        family.title
        for family in SETTINGS.families.values()
        if family.model in ("cmcgan", "translator")
    }
    assert set(table["variant"]) == titles | {"true test clips"}
    made = table[table["variant"] != "true test clips"]
    assert made[["accuracy", "L1", "SSIM", "PSNR", "Fréchet"]].notna().all(axis=None)
    # Four outputs of CMCGAN and LCGAN, one of the others; a translator makes one modality.
    assert len(made) == 2 * (2 * 4 + 12 - 2) + 4


def test_readings_have_paired_intervals(paper: Path, results: Results, tmp_path: Path) -> None:
    ARTEFACTS["table_readings"](results, tmp_path / "table")
    table = pd.read_csv(tmp_path / "table.csv").to_dict("records")
    for task, modality in (("sound → image", "image"), ("image → sound", "sound")):
        row = next(r for r in table if r["task"] == task and "discriminator" in str(r["reading"]))
        first = items(paper, "cmcgan", f"{modality}|two_step|accuracy")
        second = items(paper, "one_step", f"{modality}|one_step|accuracy")
        interval = paired_bootstrap(second, first)
        assert (row["from"], row["to"]) == pytest.approx((interval.low, interval.high))
        assert row["second - first"] == pytest.approx(second.mean() - first.mean())
        split = next(r for r in table if r["task"] == task and "split" in str(r["reading"]))
        assert np.isnan(split["from"])


def test_claims_are_complete_and_quote_the_paper() -> None:
    claims = pd.read_csv(CLAIMS)
    assert list(claims) == COLUMNS
    assert claims["claim"].is_unique
    assert set(claims["artefact"]) <= set(ARTEFACTS)
    assert set(claims["claim"].str.split(".").str[0]) == set("12345678")
    tested = claims[claims["status"] == "testable"]
    tasks = tested["where"].str.extract("task=([^;]+)")[0].astype(str)
    protocols = tested["where"].str.extract("protocol=(.+)$")[0].astype(str)
    quoted = set()
    for row, task, place in zip(tested.to_dict("records"), tasks, protocols, strict=True):
        for side, value in ((row["left"], row["paper_left"]), (row["right"], row["paper_right"])):
            variant, _, protocol = str(side).partition("@")
            assert variant in SETTINGS.families
            key = (task, (protocol or place).removesuffix("-everything"), variant)
            if row["metric"] == "accuracy" and not np.isnan(value):
                assert value == PRINTED[key]
                quoted.add(key)
        assert row["metric"] == "accuracy" or np.isnan(row["paper_left"])
    assert quoted == set(PRINTED) - {("sound_train", "two_step", "cmcgan")}
    decided = tested[tested["metric"] == "accuracy"]
    for number in "12345":
        own = decided["claim"].str.startswith(number)
        assert {"image", "sound"} <= set(tasks[decided.index][own])


def test_claims_are_judged_on_the_results(paper: Path) -> None:
    judged = judge_claims(CLAIMS, paper)
    assert set(judged["verdict"]) <= set(VERDICTS)
    silent = judged["status"] == "not testable"
    assert silent.sum() == 7
    assert (judged["verdict"][silent] == "not testable").all()
    # One or two seeds settle nothing.
    assert set(judged["verdict"][~silent]) == {"inconclusive"}
    rows = judged.set_index("claim").loc["2.sound.cmcgan~lcgan_rf.accuracy"]
    left = items(paper, "cmcgan", "sound|two_step|accuracy")
    right = items(paper, "lcgan", "sound|recovered|accuracy")
    assert rows["ours_left"] == pytest.approx(left.mean())
    assert rows["ours_right"] == pytest.approx(right.mean())
    assert set(judged["corpus"][~silent]) == {CORPUS}
