"""Figures, tables and claims, on results that the paper's own stages made of tiny corpora."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from fixture_hashing import (
    BITS,
    CONFIG,
    CORPORA,
    SHEET,
    SPLITS,
    TASKS,
    make_results,
    paper_settings,
    workspace,
)
from matplotlib.axes import Axes
from matplotlib.container import ErrorbarContainer
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from crossmodal.metrics.uncertainty import bootstrap_mean
from crossmodal.papers import stages
from crossmodal.papers.hashing import figures, tables
from crossmodal.papers.hashing.tables import MAIN, NAMES, longest_code
from crossmodal.reporting import style
from crossmodal.reporting.claims import ASSESSED, COLUMNS, VERDICTS, assess_claims, side_of
from crossmodal.reporting.results import NotRunError, Results
from crossmodal.runs import PaperFolder, Run

pytestmark = pytest.mark.xdist_group("hashing_results")

SEEDS = [0, 1]
VARIANTS = paper_settings().variants
CLAIMS = CONFIG / "claims" / "hashing.csv"
TABLES = {
    "table1_wikipedia_image_to_text": ("wikipedia", "image_to_text"),
    "table2_nuswide_image_to_text": ("nuswide10k", "image_to_text"),
}
BARS = {
    "fig2_wikipedia_text_to_image": ("wikipedia", "text_to_image"),
    "fig3_nuswide_text_to_image": ("nuswide10k", "text_to_image"),
}
PROTOCOLS = [f"{d}/{c}/average" for d in ("test", "train") for c in ("all", 50)]
Saved = dict[str, tuple[Figure, str]]


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PaperFolder]:
    """Return the paper's folder with every run of both corpora."""
    threads, deterministic = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    yield make_results(workspace(tmp_path_factory.mktemp("edition"), SEEDS))
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(deterministic)


@pytest.fixture(scope="module")
def results(paper: PaperFolder) -> Results:
    return read(paper, *CORPORA)


def read(paper: PaperFolder, *corpora: str) -> Results:
    """Return the results of some corpora, as if only these had run."""
    return Results.read(paper_settings(), paper, corpora)


@pytest.fixture
def saved(monkeypatch: pytest.MonkeyPatch) -> Saved:
    """Catch figures instead of drawing them: name -> figure and source."""
    caught: Saved = {}

    def save(fig: Figure, stem: Path, *, source: str, runs: str = "") -> None:
        assert {group.split("/")[0] for group in runs.split()} <= set(NAMES)
        caught[stem.name] = (fig, source)

    monkeypatch.setattr(style, "save", save)
    return caught


def records(frame: pd.DataFrame) -> Iterator[SimpleNamespace]:
    """Yield the rows of a table, columns as attributes."""
    for row in frame.to_dict("records"):
        yield SimpleNamespace(**{str(name): value for name, value in row.items()})


def scores(paper: PaperFolder, corpus: str, variant: str, key: str) -> NDArray[np.float64]:
    """Read [seeds, queries] straight from the file."""
    with np.load(paper.scores(corpus), allow_pickle=False) as arrays:
        return np.stack([arrays[f"{variant}/seed{seed}/{key}"] for seed in SEEDS])


def chance(paper: PaperFolder, corpus: str, task: str, protocol: str) -> float:
    frame = pd.read_csv(paper.metrics(corpus))
    wanted = {"variant": "cvh", "seed": 0, "task": task, "protocol": f"16/{protocol}"}
    for column, value in {**wanted, "metric": "map_chance"}.items():
        frame = frame[frame[column] == value]
    return float(frame["value"].item())


def code_of(variant: str) -> str:
    return "posterior" if variant.startswith("semantic") else "64"


@pytest.mark.parametrize("corpus", CORPORA)
def test_every_run_is_scored_under_every_protocol(paper: PaperFolder, corpus: str) -> None:
    frame = pd.read_csv(paper.metrics(corpus))
    assert set(frame["variant"]) == set(VARIANTS)
    # Each code has two tasks, two databases, two cut-offs: a mean and its chance.
    assert len(frame) == len(SEEDS) * (5 * 3 + 5) * 16
    for row in records(frame[(frame["metric"] == "map") & (frame["seed"] == 1)]):
        items = scores(paper, corpus, row.variant, f"{row.task}|{row.protocol}|map")[1]
        assert row.value == pytest.approx(items.mean(), rel=1e-9)
        assert row.n == len(items) == SPLITS[corpus]["test"]


def test_artefacts_are_written_as_files(paper: PaperFolder) -> None:
    edition = workspace(paper.root.parents[1], SEEDS)
    stages.artefacts(edition, "hashing")
    for name, artefact in edition.paper_settings("hashing").artefacts.items():
        for suffix in ("svg", "png") if artefact.kind == "figure" else ("csv", "md"):
            path = paper.artefact(artefact.kind, name)
            assert path.with_name(f"{name}.{suffix}").stat().st_size > 100


@pytest.mark.parametrize("name", TABLES)
def test_tables_hold_the_papers_numbers_beside_ours(
    name: str, paper: PaperFolder, results: Results, tmp_path: Path
) -> None:
    corpus, task = TABLES[name]
    getattr(tables, name)(results, tmp_path / name)
    table = pd.read_csv(tmp_path / f"{name}.csv")
    cells = list(zip(table["variant"], table["bits"], strict=True))
    assert cells == [(m, str(b)) for m in MAIN for b in BITS] + [("semantic", "–")]
    reported = [value for method in MAIN for value in SHEET[corpus][method]]
    assert table["paper"].tolist()[:-1] == reported
    assert np.isnan(table["paper"].iloc[-1])
    for row in records(table):
        code = "posterior" if row.bits == "–" else row.bits
        items = scores(paper, corpus, row.variant, f"{task}|{code}/test/all/average|map")
        interval = bootstrap_mean(items)
        assert row.ours == pytest.approx(items.mean(), abs=1e-9)
        assert (row.low, row.high) == pytest.approx((interval.low, interval.high), abs=1e-9)
        assert (row.seeds, row.n) == (2, SPLITS[corpus]["test"])
    np.testing.assert_allclose(
        table["difference"].iloc[:-1], table["ours"].iloc[:-1] - reported, atol=1e-9
    )
    text = (tmp_path / f"{name}.md").read_text()
    assert "(stand-in data)" in text
    assert "DSSAH (own stand-in)" in text
    assert "`test/all/average`" in text
    assert f"Chance: {chance(paper, corpus, task, 'test/all/average'):.3f}" in text


def test_table_of_protocols(paper: PaperFolder, results: Results, tmp_path: Path) -> None:
    tables.table_protocols(results, tmp_path / "table")
    table = pd.read_csv(tmp_path / "table.csv", keep_default_na=False)
    numbers = [f"{task} {label}" for task in TASKS for label in PROTOCOLS]
    assert list(table)[3:] == [*numbers, "runs"]
    shown = {name: corpus for corpus, name in NAMES.items()}
    variants = {variant.title: name for name, variant in VARIANTS.items()}
    assert list(zip(table["corpus"], table["method"], strict=True)) == [
        (NAMES[corpus], method)
        for corpus in CORPORA
        for method in ("chance", *(VARIANTS[name].title for name in (*MAIN, "semantic")))
    ]
    for row in table.to_dict("records"):
        corpus, variant = shown[row["corpus"]], variants.get(row["method"], "")
        assert row["bits"] == (code_of(variant) if variant else "")
        for task in TASKS:
            for label in PROTOCOLS:
                key = f"{task}|{row['bits']}/{label}|map"
                expected = (
                    scores(paper, corpus, variant, key).mean()
                    if variant
                    else chance(paper, corpus, task, label)
                )
                assert row[f"{task} {label}"] == pytest.approx(expected, abs=1e-9)


def test_a_variant_is_set_against_a_code_no_longer_than_its_own() -> None:
    settings = paper_settings(variants={"cvh": {"bits": [16, 32]}, "cvh_deep": {"bits": [8]}})
    assert longest_code(settings, "ours") == "64"
    assert longest_code(settings, "ours", than="cvh") == "32"
    assert longest_code(settings, "ours", than="cvh_deep") is None
    assert longest_code(settings, "ours", than="semantic") == "64"
    assert longest_code(settings, "semantic", than="cvh") == "posterior"


def test_table_of_readings(paper: PaperFolder, results: Results, tmp_path: Path) -> None:
    tables.table_readings(results, tmp_path / "table")
    table = pd.read_csv(tmp_path / "table.csv")
    assert table["corpus"].value_counts().to_dict() == {"Wikipedia": 10, "NUS-WIDE-10K": 10}
    row = table[(table["corpus"] == "Wikipedia") & table["reading"].str.contains("as written")]
    for task, found in zip(TASKS, row.to_dict("records"), strict=True):
        key = f"{task}|64/test/all/average|map"
        first = scores(paper, "wikipedia", "ours", key)
        second = scores(paper, "wikipedia", "ours_separate", key)
        interval = bootstrap_mean(second - first)
        assert found["first"] == pytest.approx(first.mean(), abs=1e-9)
        assert found["second"] == pytest.approx(second.mean(), abs=1e-9)
        assert found["second - first"] == pytest.approx(second.mean() - first.mean(), abs=1e-9)
        assert found["from"] == pytest.approx(interval.low, abs=1e-9)
        assert found["to"] == pytest.approx(interval.high, abs=1e-9)


def level_of(axis: Axes, label: str) -> float:
    line = next(line for line in axis.lines if line.get_label() == label)
    heights = np.unique(np.asarray(line.get_ydata(), dtype=float))
    assert len(heights) == 1
    return float(heights[0])


@pytest.mark.parametrize("name", BARS)
def test_bars_are_the_means(name: str, paper: PaperFolder, results: Results, saved: Saved) -> None:
    corpus, task = BARS[name]
    getattr(figures, name)(results, Path(name))
    fig, source = saved[name]
    axis = fig.axes[0]
    protocol = "test/all/average|map"
    items = [scores(paper, corpus, m, f"{task}|{b}/{protocol}") for m in MAIN for b in BITS]
    bars = [patch for patch in axis.patches if isinstance(patch, Rectangle)]
    assert [bar.get_height() for bar in bars] == pytest.approx([row.mean() for row in items])
    # A group of bars a code length, centred on its tick.
    centres = np.array([bar.get_x() + bar.get_width() / 2 for bar in bars]).reshape(5, 3)
    np.testing.assert_allclose(centres.mean(axis=0), axis.get_xticks(), atol=1e-9)
    assert [label.get_text() for label in axis.get_xticklabels()] == ["16", "32", "64"]

    segments = [
        container.lines[2][0].get_segments()[0]
        for container in axis.containers
        if isinstance(container, ErrorbarContainer)
    ]
    intervals = [bootstrap_mean(row) for row in items]
    found = [tuple(segment[:, 1]) for segment in segments]
    assert found == [pytest.approx((i.low, i.high)) for i in intervals]

    assert level_of(axis, "chance") == pytest.approx(
        chance(paper, corpus, task, "test/all/average"), rel=1e-9
    )
    semantic = scores(paper, corpus, "semantic", f"{task}|posterior/{protocol}").mean()
    assert level_of(axis, "semantic matching, no code") == pytest.approx(semantic)
    legend = [text.get_text() for text in fig.legends[0].get_texts()]
    titles = [VARIANTS[method].title for method in MAIN]
    assert sorted(legend) == sorted([*titles, "chance", "semantic matching, no code"])
    assert axis.get_xlabel() == "code length (bit)"
    assert axis.get_ylabel() == f"mean average precision (n = {SPLITS[corpus]['test']})"
    assert axis.get_title(loc="left") == f"{NAMES[corpus]}, text → image"
    assert source == "synthetic"


def test_precision_recall_shows_the_mean_curves(
    paper: PaperFolder, results: Results, saved: Saved
) -> None:
    figures.fig_precision_recall(results, Path("fig"))
    fig, source = saved["fig"]
    rows = np.array(fig.axes).reshape(2, 3)
    assert source == "synthetic"
    for corpus, axes in zip(CORPORA, rows, strict=True):
        panels = [(TASKS[0], "levels"), (TASKS[1], "levels"), (TASKS[0], "radii")]
        for axis, (task, curve) in zip(axes, panels, strict=True):
            assert len(axis.lines) == len(MAIN)
            for line, method in zip(axis.lines, MAIN, strict=True):
                with np.load(paper.examples(corpus), allow_pickle=False) as arrays:
                    names = [f"{method}/seed{seed}/{task}|64/test|{curve}" for seed in SEEDS]
                    recall, precision = np.mean([arrays[name] for name in names], axis=0)
                assert len(recall) == (21 if curve == "levels" else 65)
                across = recall if curve == "levels" else np.arange(65)
                np.testing.assert_allclose(line.get_xdata(), across, atol=1e-9)
                np.testing.assert_allclose(line.get_ydata(), precision, atol=1e-9)
            assert axis.get_xlabel() == ("recall" if curve == "levels" else "Hamming radius (bit)")
            assert axis.get_ylabel() == f"precision (n = {SPLITS[corpus]['test']})"
    legend = [text.get_text() for text in fig.legends[0].get_texts()]
    assert legend == [VARIANTS[method].title for method in MAIN]


def test_networks_are_drawn_as_built(paper: PaperFolder, results: Results, saved: Saved) -> None:
    figures.fig1_networks(results, Path("fig"))
    fig, _ = saved["fig"]
    for axis, method in zip(fig.axes, ("ours", "ssah", "dssah"), strict=True):
        assert axis.get_title(loc="left") == f"{VARIANTS[method].title}, 64 bits"
        run = paper.run(Run(CORPORA[0], method, 0))
        record = json.loads((run / "run.json").read_text())
        texts = [text.get_text() for text in axis.texts]
        drawn = sum(int(text.split()[-2]) for text in texts if text.endswith(" p"))
        branches = (
            ("image", "text", "label")
            if method != "ours"
            else ("image", "text", "image_classifier", "image_classifier")
        )
        built = sum(
            layer["parameters"] for part in branches for layer in record["network"][f"64.{part}"]
        )
        # Every parameter is in one box; the shared classifier is drawn on both branches.
        assert drawn == built
        inputs = {"image": record["config"]["image_width"], "text": record["config"]["text_width"]}
        if method != "ours":
            inputs["label"] = len(record["config"]["classes"])
        for branch, width in inputs.items():
            assert texts[texts.index(f"{branch} input") + 1] == str(width)


@pytest.mark.parametrize("corpus", CORPORA)
def test_every_artefact_is_made_with_one_corpus_alone(
    corpus: str, paper: PaperFolder, saved: Saved, tmp_path: Path
) -> None:
    alone, other = read(paper, corpus), CORPORA[1 - CORPORA.index(corpus)]
    for name, (place, _) in {**TABLES, **BARS}.items():
        make = getattr(tables if name in TABLES else figures, name)
        if place == corpus:
            make(alone, tmp_path / name)
        else:
            with pytest.raises(NotRunError, match=f"{NAMES[other]} is not at hand"):
                make(alone, tmp_path / name)
    figures.fig_precision_recall(alone, tmp_path / "fig_precision_recall")
    assert len(saved["fig_precision_recall"][0].axes) == 3
    for name in ("table_protocols", "table_readings"):
        getattr(tables, name)(alone, tmp_path / name)
        assert set(pd.read_csv(tmp_path / f"{name}.csv")["corpus"]) == {NAMES[corpus]}


def test_what_did_not_run_is_left_out_or_named(paper: PaperFolder, tmp_path: Path) -> None:
    edition = workspace(tmp_path, [0], only=["ours", "semantic"])
    copied = edition.results.paper("hashing")
    shutil.copytree(paper.root.parent / "corpora", edition.results.root / "corpora")
    shutil.copytree(paper.root / "runs", copied.root / "runs")
    for corpus in CORPORA:
        stages.evaluate(edition, "hashing", corpus, 1)
    few = Results.read(edition.paper_settings("hashing"), copied, CORPORA)
    tables.table1_wikipedia_image_to_text(few, tmp_path / "table")
    table = pd.read_csv(tmp_path / "table.csv")
    assert set(table["variant"][table["ours"].notna()]) == {"ours", "semantic"}
    # A seed that is no longer asked for lies in its folder still, and enters no number.
    assert set(table["seeds"]) == {0, 1}
    for make in (figures.fig1_networks, figures.fig2_wikipedia_text_to_image):
        with pytest.raises(NotRunError, match="Did not run: "):
            make(few, tmp_path / "figure")


def reported() -> dict[tuple[str, str, str], float]:
    """Return the package's table of the paper's numbers: (corpus, variant, bits) -> mAP."""
    frame = pd.read_csv(Path(figures.__file__).with_name("reported.csv"))
    long = frame.melt(["corpus", "variant"], var_name="bits", value_name="map")
    return {(row.corpus, row.variant, row.bits): row.map for row in records(long)}


def test_reported_numbers_are_those_of_the_paper() -> None:
    expected = {
        (corpus, method, str(bits)): value
        for corpus, methods in SHEET.items()
        for method, values in methods.items()
        for bits, value in zip(BITS, values, strict=True)
    }
    assert len(expected) == 5 * 3 * 2
    assert reported() == expected


@pytest.fixture(scope="module")
def claims() -> pd.DataFrame:
    frame = pd.read_csv(CLAIMS)
    assert list(frame) == COLUMNS
    return frame


def sides(row: SimpleNamespace) -> list[tuple[str, str]]:
    """Return variant and code length of both sides of a claim."""
    found = [side_of(vars(row), side) for side in ("left", "right")]
    return [(variant, key.split("|")[1].split("/")[0]) for variant, key in found]


def test_claims_quote_the_papers_numbers(claims: pd.DataFrame) -> None:
    tested = claims[claims["status"] == "testable"]
    quoted = set()
    for row in records(tested):
        for side, value in zip(sides(row), (row.paper_left, row.paper_right), strict=True):
            if row.task == "image_to_text":
                assert value == reported()[row.corpus, *side]
                quoted.add((row.corpus, *side))
            else:
                assert np.isnan(value)  # the paper only draws these
        contradicted = row.paper_left <= row.paper_right
        assert ("contradicted by the paper's own" in str(row.note)) == contradicted
    assert quoted == set(reported())


def test_claims_cover_every_statement(claims: pd.DataFrame) -> None:
    tested = claims[claims["status"] == "testable"]
    found = {(row.corpus, row.task, *sides(row)) for row in records(tested)}
    for corpus in CORPORA:
        for task in TASKS:
            order = {
                (corpus, task, (left, str(bits)), (right, str(bits)))
                for bits in BITS
                for right, left in pairwise(MAIN)
            }
            rise = {
                (corpus, task, (method, more), (method, less))
                for method in MAIN
                for less, more in (("16", "32"), ("32", "64"))
            }
            assert order | rise <= found
    gains = claims[claims["claim"].str.startswith("3.")].set_index("claim")
    assert gains["margin"].to_dict() == {
        "3.wikipedia.i2t.64": 0.04,
        "3.wikipedia.t2i.64": 0.04,
        "3.nuswide10k.i2t.64": 0.042,
        "3.nuswide10k.t2i.64": 0.022,
    }
    assert set(gains["left"]) == {"ours"}
    assert set(gains["right"]) == {"dssah"}
    assert set(claims["artefact"].dropna()) <= set(paper_settings().artefacts)
    assert claims["claim"].is_unique
    assert len(claims) == 48 + 40 + 4 + 1
    labelling = claims[claims["claim"] == "4.labels"].iloc[0]
    assert labelling["status"] == "not testable"
    assert "supervised" in labelling["note"]


def test_claims_are_assessed_on_the_results(paper: PaperFolder, results: Results) -> None:
    found = assess_claims(CLAIMS, results)
    assert list(found) == [*COLUMNS, *ASSESSED]
    assert set(found["verdict"]) <= set(VERDICTS)
    assert (found["verdict"] == "not testable").sum() == 1
    assert set(found["source"][:-1]) == {"synthetic"}
    for row in records(found[found["status"] == "testable"]):
        left, right = (
            scores(paper, row.corpus, *side_of(vars(row), side)) for side in ("left", "right")
        )
        assert row.ours_left == pytest.approx(left.mean())
        assert row.ours_right == pytest.approx(right.mean())
        assert row.difference == pytest.approx(left.mean() - right.mean())


@pytest.mark.parametrize("corpus", CORPORA)
def test_claims_about_a_missing_corpus_are_not_testable(corpus: str, paper: PaperFolder) -> None:
    found = assess_claims(CLAIMS, read(paper, corpus))
    elsewhere = found["corpus"] != corpus
    assert (found["verdict"][elsewhere] == "not testable").all()
    assert (found["verdict"][~elsewhere] != "not testable").all()
    assert (~elsewhere).sum() == 46
