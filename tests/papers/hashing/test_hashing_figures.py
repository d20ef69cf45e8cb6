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
    collect,
    corpus_plan,
    make_results,
    paper_settings,
)
from matplotlib.axes import Axes
from matplotlib.container import ErrorbarContainer
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from crossmodal.errors import InputError
from crossmodal.metrics.uncertainty import bootstrap_mean
from crossmodal.papers.hashing import figures
from crossmodal.papers.hashing.figures import ARTEFACTS, write_artefacts
from crossmodal.papers.hashing.results import MAIN, NAMES, Results
from crossmodal.reporting import style
from crossmodal.reporting.claims import COLUMNS, JUDGED, VERDICTS, judge_claims

pytestmark = pytest.mark.xdist_group("hashing_results")

SEEDS = [0, 1]
SETTINGS = paper_settings()
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
def root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return `results/<edition>` with every run of both corpora."""
    threads, deterministic = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    root = tmp_path_factory.mktemp("edition")
    make_results(root, SETTINGS, SEEDS)
    yield root
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(deterministic)


@pytest.fixture(scope="module")
def results(root: Path) -> Results:
    return Results.read(SETTINGS, root / "hashing")


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


def scores(root: Path, corpus: str, variant: str, key: str) -> NDArray[np.float64]:
    """Read [seeds, queries] straight from the run folders."""
    runs = root / "hashing" / "runs" / corpus / variant
    rows = []
    for seed in SEEDS:
        with np.load(runs / f"seed{seed}" / "scores.npz", allow_pickle=False) as arrays:
            rows.append(arrays[key])
    return np.stack(rows)


def chance(root: Path, corpus: str, task: str, protocol: str) -> float:
    frame = pd.read_csv(root / "hashing" / "runs" / corpus / "cvh_16" / "seed0" / "metrics.csv")
    rows = frame[
        (frame["task"] == task)
        & (frame["protocol"] == protocol)
        & (frame["metric"] == "map_chance")
    ]
    return float(rows["value"].item())


def test_every_run_of_the_plan_is_collected_and_no_other(root: Path) -> None:
    frame = pd.read_csv(root / "hashing" / "metrics.csv")
    found = {
        f"{root}/hashing/runs/{row.corpus}/{row.variant}/seed{row.seed}" for row in records(frame)
    }
    planned = [run for c in CORPORA for run in corpus_plan(SETTINGS, c, SEEDS, root).runs()]
    assert found == set(planned)
    assert len(planned) == len(SEEDS) * (20 + 17)  # NUS-WIDE-10K has no deep feature here
    # Each has two tasks, two databases, two cut-offs: a mean and its chance.
    assert len(frame) == len(planned) * 16
    for row in records(frame[(frame["metric"] == "map") & (frame["seed"] == 1)]):
        items = scores(root, row.corpus, row.variant, f"{row.task}|{row.protocol}|map")[1]
        assert row.value == pytest.approx(items.mean(), rel=1e-9)
        assert row.n == len(items) == SPLITS[row.corpus]["test"]


def test_artefacts_are_those_of_the_settings() -> None:
    assert set(SETTINGS.artefacts) == set(ARTEFACTS)
    for name, artefact in SETTINGS.artefacts.items():
        assert name.startswith({"figure": "fig", "table": "table"}[artefact.kind])


def test_an_unknown_artefact_is_refused(root: Path, saved: Saved) -> None:
    more = {"fig9": {"kind": "figure", "title": "More", "caption": "More."}}
    with pytest.raises(InputError, match=r"artefacts\.fig9: unknown artefact"):
        write_artefacts(paper_settings(artefacts=more), root / "hashing")


def test_artefacts_are_written_as_files(root: Path) -> None:
    write_artefacts(SETTINGS, root / "hashing")
    for name, artefact in SETTINGS.artefacts.items():
        suffixes = ("svg", "png") if artefact.kind == "figure" else ("csv", "md")
        for suffix in suffixes:
            path = root / "hashing" / f"{artefact.kind}s" / f"{name}.{suffix}"
            assert path.stat().st_size > 100


@pytest.mark.parametrize("name", TABLES)
def test_tables_hold_the_papers_numbers_beside_ours(
    name: str, root: Path, results: Results, tmp_path: Path
) -> None:
    corpus, task = TABLES[name]
    ARTEFACTS[name](results, tmp_path / name)
    table = pd.read_csv(tmp_path / f"{name}.csv")
    assert table["variant"].tolist() == [f"{m}_{b}" for m in MAIN for b in BITS] + ["semantic"]
    reported = [value for method in MAIN for value in SHEET[corpus][method]]
    assert table["paper"].tolist()[:-1] == reported
    assert np.isnan(table["paper"].iloc[-1])
    for row in records(table):
        items = scores(root, corpus, str(row.variant), f"{task}|test/all/average|map")
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
    assert f"Chance: {chance(root, corpus, task, 'test/all/average'):.3f}" in text


def test_table_of_protocols(root: Path, results: Results, tmp_path: Path) -> None:
    ARTEFACTS["table_protocols"](results, tmp_path / "table")
    table = pd.read_csv(tmp_path / "table.csv", keep_default_na=False)
    numbers = [f"{task} {label}" for task in TASKS for label in PROTOCOLS]
    assert list(table)[3:] == [*numbers, "runs"]
    variants = ["", *(f"{method}_64" for method in MAIN), "semantic"]
    shown = {name: corpus for corpus, name in NAMES.items()}
    assert sorted(zip(table["corpus"], table["variant"], strict=True)) == sorted(
        (name, variant) for name in shown for variant in variants
    )
    for row in table.to_dict("records"):
        corpus = shown[row["corpus"]]
        for task in TASKS:
            for label in PROTOCOLS:
                expected = (
                    scores(root, corpus, row["variant"], f"{task}|{label}|map").mean()
                    if row["variant"]
                    else chance(root, corpus, task, label)
                )
                assert row[f"{task} {label}"] == pytest.approx(expected, abs=1e-9)


def test_a_swept_family_is_set_against_a_code_no_longer_than_its_own(results: Results) -> None:
    assert results.longest("wikipedia", "ours") == "ours_64"
    assert results.longest("wikipedia", "ours", than="cvh_32") == "ours_32"
    assert results.longest("wikipedia", "ours", than="semantic") == "ours_64"


def test_table_of_readings(root: Path, results: Results, tmp_path: Path) -> None:
    ARTEFACTS["table_readings"](results, tmp_path / "table")
    table = pd.read_csv(tmp_path / "table.csv")
    # Three of the five readings need the deep feature, which NUS-WIDE-10K does not have here.
    assert table["corpus"].value_counts().to_dict() == {"Wikipedia": 10, "NUS-WIDE-10K": 4}
    row = table[(table["corpus"] == "Wikipedia") & table["reading"].str.contains("as written")]
    for task, found in zip(TASKS, row.to_dict("records"), strict=True):
        key = f"{task}|test/all/average|map"
        first = scores(root, "wikipedia", "ours_64", key)
        second = scores(root, "wikipedia", "ours_separate_64", key)
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
def test_bars_are_the_means(name: str, root: Path, results: Results, saved: Saved) -> None:
    corpus, task = BARS[name]
    ARTEFACTS[name](results, Path(name))
    fig, source = saved[name]
    axis = fig.axes[0]
    key = f"{task}|test/all/average|map"
    items = [scores(root, corpus, f"{m}_{b}", key) for m in MAIN for b in BITS]
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
        chance(root, corpus, task, "test/all/average"), rel=1e-9
    )
    semantic = scores(root, corpus, "semantic", key).mean()
    assert level_of(axis, "semantic matching, no code") == pytest.approx(semantic)
    legend = [text.get_text() for text in fig.legends[0].get_texts()]
    titles = [SETTINGS.families[method].title for method in MAIN]
    assert sorted(legend) == sorted([*titles, "chance", "semantic matching, no code"])
    assert axis.get_xlabel() == "code length (bit)"
    assert axis.get_ylabel() == f"mean average precision (n = {SPLITS[corpus]['test']})"
    assert axis.get_title(loc="left") == f"{NAMES[corpus]}, text → image"
    assert source == "synthetic"


def test_precision_recall_shows_the_mean_curves(root: Path, results: Results, saved: Saved) -> None:
    ARTEFACTS["fig_precision_recall"](results, Path("fig"))
    fig, source = saved["fig"]
    rows = np.array(fig.axes).reshape(2, 3)
    assert source == "synthetic"
    for corpus, axes in zip(results.variants, rows, strict=True):
        panels = [(TASKS[0], "recall"), (TASKS[1], "recall"), (TASKS[0], "radius")]
        for axis, (task, curve) in zip(axes, panels, strict=True):
            assert len(axis.lines) == len(MAIN)
            for line, method in zip(axis.lines, MAIN, strict=True):
                runs = root / "hashing" / "runs" / corpus / f"{method}_64"
                frames = [pd.read_csv(runs / f"seed{seed}" / "curves.csv") for seed in SEEDS]
                parts = [
                    frame[
                        (frame["database"] == "test")
                        & (frame["task"] == task)
                        & (frame["curve"] == curve)
                    ]
                    for frame in frames
                ]
                assert len(parts[0]) == (21 if curve == "recall" else 65)
                np.testing.assert_allclose(line.get_xdata(), parts[0]["at"], atol=1e-9)
                mean = np.mean([part["precision"].to_numpy() for part in parts], axis=0)
                np.testing.assert_allclose(line.get_ydata(), mean, atol=1e-9)
            assert axis.get_xlabel() == ("recall" if curve == "recall" else "Hamming radius (bit)")
            assert axis.get_ylabel() == f"precision (n = {SPLITS[corpus]['test']})"
    legend = [text.get_text() for text in fig.legends[0].get_texts()]
    assert legend == [SETTINGS.families[method].title for method in MAIN]


def test_networks_are_drawn_as_built(root: Path, results: Results, saved: Saved) -> None:
    ARTEFACTS["fig1_networks"](results, Path("fig"))
    fig, _ = saved["fig"]
    corpus = next(iter(results.variants))
    for axis, method in zip(fig.axes, ("ours", "ssah", "dssah"), strict=True):
        assert axis.get_title(loc="left") == f"{SETTINGS.families[method].title}, 64 bits"
        run = root / "hashing" / "runs" / corpus / f"{method}_64" / "seed0" / "run.json"
        record = json.loads(run.read_text())
        texts = [text.get_text() for text in axis.texts]
        drawn = sum(int(text.split()[-2]) for text in texts if text.endswith(" p"))
        branches = (
            ("image", "text", "label")
            if method != "ours"
            else ("image", "text", "image_classifier", "image_classifier")
        )
        built = sum(layer["parameters"] for part in branches for layer in record["network"][part])
        # Every parameter is in one box; the shared classifier is drawn on both branches.
        assert drawn == built
        inputs = {"image": record["config"]["image_width"], "text": record["config"]["text_width"]}
        if method != "ours":
            inputs["label"] = len(record["config"]["classes"])
        for branch, width in inputs.items():
            assert texts[texts.index(f"{branch} input") + 1] == str(width)


@pytest.fixture(scope="module", params=CORPORA)
def alone(
    request: pytest.FixtureRequest, root: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Path]:
    """Return a corpus and `results/<edition>` in which only it ran."""
    corpus: str = request.param
    copy = tmp_path_factory.mktemp("alone")
    shutil.copytree(root / "hashing" / "runs" / corpus, copy / "hashing" / "runs" / corpus)
    collect(copy, SETTINGS, SEEDS, (corpus,))
    return corpus, copy


def test_every_artefact_is_made_with_one_corpus_alone(
    alone: tuple[str, Path], saved: Saved
) -> None:
    corpus, root = alone
    other = CORPORA[1 - CORPORA.index(corpus)]
    paper = root / "hashing"
    write_artefacts(SETTINGS, paper)
    assert set(saved) == {name for name in ARTEFACTS if name.startswith("fig")}
    for name, (place, _) in TABLES.items():
        table = pd.read_csv(paper / "tables" / f"{name}.csv")
        text = (paper / "tables" / f"{name}.md").read_text()
        assert table["paper"].notna().sum() == 15
        assert (table["ours"].notna() == (place == corpus)).all()
        assert ("is not at hand" in text) == (place == other)
    for name, (place, _) in BARS.items():
        texts = [text.get_text() for text in saved[name][0].axes[0].texts]
        assert texts == ([] if place == corpus else [f"{NAMES[other]} is not at hand"])
        assert bool(saved[name][0].axes[0].patches) == (place == corpus)
        assert saved[name][1] == ("synthetic" if place == corpus else "missing")
    assert len(saved["fig_precision_recall"][0].axes) == 3
    for name in ("table_protocols", "table_readings"):
        assert set(pd.read_csv(paper / "tables" / f"{name}.csv")["corpus"]) == {NAMES[corpus]}


def test_leftover_runs_enter_no_number(alone: tuple[str, Path], root: Path, tmp_path: Path) -> None:
    """A seed that is no longer collected lies in its folder still."""
    corpus, copy = alone
    shutil.copytree(copy / "hashing" / "runs", tmp_path / "hashing" / "runs")
    collect(tmp_path, SETTINGS, [0], (corpus,))
    results = Results.read(SETTINGS, tmp_path / "hashing")
    key = "image_to_text|test/all/average|map"
    found = results.scores(corpus, "ours_16", "image_to_text", "test/all/average")
    assert np.array_equal(found, scores(root, corpus, "ours_16", key)[:1])


def test_source_is_synthetic_as_soon_as_one_corpus_is(tmp_path: Path) -> None:
    for sources, expected in (
        ({"wikipedia": "download", "nuswide10k": "synthetic"}, "synthetic"),
        ({"wikipedia": "download", "nuswide10k": "download"}, "download"),
    ):
        assert Results(SETTINGS, tmp_path, sources, {}).source == expected


def reported() -> dict[tuple[str, str], float]:
    """Return the package's table of the paper's numbers: (corpus, variant) -> mAP."""
    frame = pd.read_csv(Path(figures.__file__).with_name("reported.csv"))
    assert list(frame) == ["corpus", "family", "bits", "image_to_text"]
    return {(row.corpus, f"{row.family}_{row.bits}"): row.image_to_text for row in records(frame)}


def test_reported_numbers_are_those_of_the_paper() -> None:
    expected = {
        (corpus, f"{method}_{bits}"): value
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
    where = frame["where"].str.extract("corpus=(?P<corpus>[^;]+);task=(?P<task>[^;]+);")
    return pd.concat([frame, where], axis=1)


def test_claims_quote_the_papers_numbers(claims: pd.DataFrame) -> None:
    tested = claims[claims["status"] == "testable"]
    quoted = set()
    for row in records(tested):
        for variant, value in ((row.left, row.paper_left), (row.right, row.paper_right)):
            if row.task == "image_to_text":
                assert value == reported()[row.corpus, variant]
                quoted.add((row.corpus, variant))
            else:
                assert np.isnan(value)  # the paper only draws these
        contradicted = row.paper_left <= row.paper_right
        assert ("contradicted by the paper's own" in str(row.note)) == contradicted
    assert quoted == set(reported())


def test_claims_cover_every_statement(claims: pd.DataFrame) -> None:
    found = {(row.corpus, row.task, row.left, row.right) for row in records(claims)}
    for corpus in CORPORA:
        for task in TASKS:
            order = {
                (corpus, task, f"{left}_{bits}", f"{right}_{bits}")
                for bits in BITS
                for right, left in pairwise(MAIN)
            }
            rise = {
                (corpus, task, f"{method}_{more}", f"{method}_{less}")
                for method in MAIN
                for less, more in ((16, 32), (32, 64))
            }
            assert order | rise <= found
    gains = claims[claims["claim"].str.startswith("3.")].set_index("claim")
    assert gains["margin"].to_dict() == {
        "3.wikipedia.i2t.64": 0.04,
        "3.wikipedia.t2i.64": 0.04,
        "3.nuswide10k.i2t.64": 0.042,
        "3.nuswide10k.t2i.64": 0.022,
    }
    assert set(gains["left"]) == {"ours_64"}
    assert set(gains["right"]) == {"dssah_64"}
    assert set(claims["artefact"].dropna()) <= set(ARTEFACTS)
    assert claims["claim"].is_unique
    assert len(claims) == 48 + 40 + 4 + 1
    labelling = claims[claims["claim"] == "4.labels"].iloc[0]
    assert labelling["status"] == "not testable"
    assert "supervised" in labelling["note"]


def test_claims_are_judged_on_the_results(root: Path) -> None:
    judged = judge_claims(CLAIMS, root / "hashing")
    assert list(judged) == [*COLUMNS, *JUDGED]
    assert set(judged["verdict"]) <= set(VERDICTS)
    assert (judged["verdict"] == "not testable").sum() == 1
    assert set(judged["source"][:-1]) == {"synthetic"}
    for row in records(judged[judged["status"] == "testable"]):
        task = "image_to_text" if ".i2t." in row.claim else "text_to_image"
        key = f"{task}|test/all/average|map"
        left, right = (scores(root, row.corpus, side, key) for side in (row.left, row.right))
        assert row.ours_left == pytest.approx(left.mean())
        assert row.ours_right == pytest.approx(right.mean())
        assert row.difference == pytest.approx(left.mean() - right.mean())


def test_claims_about_a_missing_corpus_are_not_testable(alone: tuple[str, Path]) -> None:
    corpus, root = alone
    judged = judge_claims(CLAIMS, root / "hashing")
    elsewhere = judged["corpus"] != corpus
    assert (judged["verdict"][elsewhere] == "not testable").all()
    assert (judged["verdict"][~elsewhere] != "not testable").all()
    assert (~elsewhere).sum() == 46
