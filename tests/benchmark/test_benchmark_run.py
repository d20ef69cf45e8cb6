from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch
from fixture_benchmark import TASK, benchmark_settings, write_things

from crossmodal.benchmark.data import load_task
from crossmodal.benchmark.figures import write_artefacts
from crossmodal.benchmark.methods import fit
from crossmodal.benchmark.plan import RUN_FILES, TaskPlan
from crossmodal.benchmark.run import choose, run_task, share_of
from crossmodal.benchmark.settings import BenchmarkSettings
from crossmodal.config import load_edition, resolve
from crossmodal.errors import InputError
from crossmodal.jobs import Search, forget
from crossmodal.metrics.uncertainty import bootstrap_mean
from crossmodal.reporting.tables import run_scores
from crossmodal.runs import Run, load_checkpoint, read_run, write_metrics

METHODS = {
    "linear": {"trials": [{"strength": 1e-9}, {"strength": 1.0}]},
    "cca": {},
    "chance": {},
}
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everything a run of the benchmark leaves, on one task; only to be read."""
    return make_results(tmp_path_factory.mktemp("benchmark"))


def make_results(root: Path) -> Path:
    settings = benchmark_settings(METHODS)
    exact = torch.get_deterministic_debug_mode()
    threads = torch.get_num_threads()
    out = root / "benchmark"
    try:
        run_task(
            settings, TASK, "synthetic", list(METHODS), [0, 1], write_things(root / "w"), out, 1
        )
    finally:
        torch.set_deterministic_debug_mode(exact)
        torch.set_num_threads(threads)
    runs = [Run(TASK, method, seed).folder(out) for method in METHODS for seed in (0, 1)]
    write_metrics(runs, out / "metrics.csv")
    write_artefacts(settings, out)
    return out


def test_a_run_leaves_its_files(results: Path) -> None:
    for method in METHODS:
        folder = Run(TASK, method, 1).folder(results)
        assert sorted(path.name for path in folder.iterdir()) == sorted(RUN_FILES)
    record = read_run(Run(TASK, "linear", 0).folder(results))
    assert record["source"] == "synthetic"
    assert record["config"]["settings"] == {"strength": 1.0}
    assert record["cost"]["trials"] == 2
    assert record["cost"]["parameters"] == 2 * (3 * 12 + 3 + 3 * 12)
    assert {Path(name).name for name in record["inputs"]} == {
        *("manifest.csv", "pictures.npy", "waves.npy", "waves.json"),
    }
    weights = load_checkpoint(Run(TASK, "linear", 0).folder(results) / "checkpoint.pt")["weights"]
    assert weights["sound_weight"].shape == (3, 12)


def test_settings_are_chosen_by_validation_pairs(results: Path) -> None:
    tried = pd.read_csv(results / "tuning" / TASK / "linear.csv")
    assert tried["chosen"].tolist() == [0, 1]
    assert tried["validation_map"][1] > tried["validation_map"][0] + 0.1
    untried = pd.read_csv(results / "tuning" / TASK / "cca.csv")
    assert untried["chosen"].tolist() == [1]
    assert untried["validation_map"].isna().all()


def test_the_same_run_gives_the_same_bytes(results: Path, tmp_path: Path) -> None:
    again = make_results(tmp_path)
    for name in ("checkpoint.pt", "history.csv", "scores.npz", "metrics.csv"):
        for method in METHODS:
            left, right = (Run(TASK, method, 0).folder(place) / name for place in (results, again))
            assert left.read_bytes() == right.read_bytes(), left
    for name in ("benchmark.csv", "benchmark.md", "benchmark_ranks.csv"):
        left, right = (place / "tables" / name for place in (results, again))
        assert left.read_bytes() == right.read_bytes()


def test_a_job_that_died_fits_nothing_twice(
    results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fits: list[str] = []

    def counted(method: str, *given: Any, **named: Any) -> Any:
        fits.append(method)
        if len(fits) == 4:
            raise KeyboardInterrupt
        return fit(method, *given, **named)

    monkeypatch.setattr("crossmodal.benchmark.run.fit", counted)
    with pytest.raises(KeyboardInterrupt):
        make_results(tmp_path)
    # Two trials and the first seed of the first method; Snakemake removes what they left.
    shutil.rmtree(tmp_path / "benchmark" / "runs")
    (tmp_path / "benchmark" / "tuning" / TASK / "linear.csv").unlink()
    make_results(tmp_path)
    assert fits == ["linear"] * 4 + ["linear"] + ["cca"] * 2 + ["chance"] * 2
    for name in ("checkpoint.pt", "scores.npz", "metrics.csv"):
        for seed in (0, 1):
            left, right = (
                Run(TASK, "linear", seed).folder(place) / name
                for place in (results, tmp_path / "benchmark")
            )
            assert left.read_bytes() == right.read_bytes(), left
    forget(tmp_path / "benchmark", TASK)
    assert not list((tmp_path / "benchmark").rglob("finished-*"))


def test_the_table_has_means_with_their_intervals(results: Path) -> None:
    table = pd.read_csv(results / "tables" / "benchmark.csv")
    assert table["method"].tolist() == ["Linear", "Cca", "Chance"]
    assert table["data"].tolist() == ["stand-in"] * 3
    scores = run_scores(results, TASK, "linear")["picture_to_sound|retrieval|average_precision"]
    found = bootstrap_mean(scores)
    text = f"{found.mean:.3f} [{found.low:.3f}, {found.high:.3f}]"
    assert table["mAP, sound by picture"][0] == text
    metrics = pd.read_csv(results / "metrics.csv")
    rows = metrics.query("variant == 'linear' and metric == 'average_precision'")
    mean = rows.query("protocol == 'retrieval' and task == 'picture_to_sound'")["value"].mean()
    assert float(text.split()[0]) == pytest.approx(mean, abs=6e-4)
    # The linear baseline is what the others are compared with.
    assert table["mAP less linear"][0] == "–"
    assert table["mAP less linear"][2].startswith("-0.")
    assert table["pictures made"][1] == "–"
    assert float(table["pictures made"][0].split()[0]) > 0.8
    ranks = pd.read_csv(results / "tables" / "benchmark_ranks.csv")
    assert len(ranks.columns) == 6 + 8
    cost = pd.read_csv(results / "tables" / "benchmark_cost.csv")
    assert cost["numbers learned"].tolist()[2] == 0
    assert "stand-in data" in (results / "tables" / "benchmark.md").read_text(encoding="utf-8")


def test_the_figure_names_the_methods_and_chance_is_a_line(results: Path) -> None:
    for suffix in ("svg", "png"):
        assert (results / "figures" / f"quality_against_cost.{suffix}").stat().st_size > 5000


def test_a_record_without_costs_is_named(tmp_path: Path) -> None:
    results = make_results(tmp_path)
    path = Run(TASK, "cca", 1).folder(results) / "run.json"
    path.write_text(path.read_text(encoding="utf-8").replace('"cost"', '"price"'), encoding="utf-8")
    with pytest.raises(InputError, match="cost"):
        write_artefacts(benchmark_settings(METHODS), results)


def test_without_a_run_the_artefacts_say_so(tmp_path: Path) -> None:
    write_metrics([], tmp_path / "metrics.csv")
    write_artefacts(benchmark_settings(), tmp_path)
    text = (tmp_path / "tables" / "benchmark.md").read_text(encoding="utf-8")
    assert "No task of the benchmark ran" in text
    assert (tmp_path / "figures" / "quality_against_cost.svg").is_file()


def test_a_trial_sees_an_even_share_of_the_answers(tmp_path: Path) -> None:
    settings = benchmark_settings(METHODS, copies=1)
    data = load_task(settings.definitions[TASK], write_things(tmp_path), settings.budget, 0)
    part = share_of(data.train, 0.5)
    assert torch.bincount(part.answer).tolist() == [6, 6, 6]
    tried = Search(tmp_path / "chance.csv", "stamp", torch.device("cpu"))
    choice = choose(settings, data, "chance", 0, unique=False, tried=tried)
    assert choice.trials["chosen"].tolist() == [1]


def test_jobs_share_the_methods_and_name_the_inputs() -> None:
    settings = benchmark_settings()
    plan = TaskPlan(settings, "pairs", [0, 1], "corpora", "out")
    jobs = plan.jobs()
    assert len(jobs) == 2
    dealt = sorted(name for job in jobs for name in job)
    assert dealt == sorted(set(settings.methods) - {"hashing", "linear"})
    assert plan.runs(["cca"]) == ["out/runs/pairs/cca/seed0", "out/runs/pairs/cca/seed1"]
    assert plan.inputs()[0] == "corpora/things/things/manifest.csv"


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"tasks": ["nothing"]}, "nothing"),
        ({"methods": {"magic": {"title": "Magic", "paper": False}}}, "unknown method 'magic'"),
        ({"methods": {"cca": {"title": "C", "paper": False, "trials": [{"C": 1}]}}}, "cca: C"),
    ],
)
def test_settings_that_do_not_fit_are_named(changes: dict, complaint: str) -> None:
    values = benchmark_settings(METHODS).model_dump() | changes
    with pytest.raises(ValueError, match=complaint):
        BenchmarkSettings.model_validate(values)


@pytest.mark.parametrize("name", sorted(path.stem for path in (ROOT / "config/editions").glob("*")))
def test_every_edition_has_settings_that_fit(name: str) -> None:
    config = ROOT / "config"
    edition = load_edition(name, config)
    settings = resolve(BenchmarkSettings, "benchmark", edition, config=config)
    for task in settings.tasks:
        assert settings.definitions[task].corpus in edition.corpora
        assert "chance" in settings.methods_for(task)
