from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from fixture_benchmark import TASK, benchmark_settings, workspace, write_things

from crossmodal.benchmark.data import load_task
from crossmodal.benchmark.methods import fit
from crossmodal.benchmark.plan import arrays_of, task_folder
from crossmodal.benchmark.results import MAP_KEYS
from crossmodal.benchmark.run import choose, run_method, share_of
from crossmodal.benchmark.scoring import WAYS
from crossmodal.benchmark.settings import BenchmarkSettings
from crossmodal.config import BENCHMARK, load_edition, resolve
from crossmodal.errors import InputError
from crossmodal.jobs import Search
from crossmodal.metrics.uncertainty import bootstrap_mean
from crossmodal.runs import read_run
from crossmodal.scores import read_metrics
from crossmodal.stages import artefacts
from crossmodal.workspace import ResultsFolder

METHODS = {"linear": {"trials": [{"strength": 1e-9}, {"strength": 1.0}]}, "cca": {}, "chance": {}}
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everything a run of the benchmark leaves, on one task; only to be read."""
    return make_results(tmp_path_factory.mktemp("benchmark"))


def make_results(root: Path) -> Path:
    things = workspace(benchmark_settings(METHODS), root)
    write_things(things.results.corpus("things", "things"))
    exact = torch.get_deterministic_debug_mode()
    threads = torch.get_num_threads()
    try:
        for method in METHODS:
            run_method(things, TASK, method, 1)
    finally:
        torch.set_deterministic_debug_mode(exact)
        torch.set_num_threads(threads)
    artefacts(things, BENCHMARK)
    return things.results.paper(BENCHMARK).root


def arrays(results: Path, method: str) -> dict[str, Any]:
    with np.load(results / "scores" / TASK / f"{method}.npz", allow_pickle=False) as found:
        return dict(found)


def test_a_method_leaves_its_files(results: Path) -> None:
    for method in METHODS:
        folder = results / "runs" / TASK / method
        assert {path.name for path in folder.iterdir()} - {".sums"} == {"trials.csv", "run.json"}
    record = read_run(results / "runs" / TASK / "linear")
    assert record["source"] == "synthetic"
    assert record["config"]["settings"] == {"strength": 1.0}
    assert list(record["seeds"]) == ["0", "1"]
    cost = record["seeds"]["1"]["cost"]
    assert cost["trials"] == 2
    assert cost["parameters"] == 2 * (3 * 12 + 3 + 3 * 12)
    assert {Path(name).name for name in record["inputs"]} == {
        *("manifest.csv", "pictures.npy", "waves.npy")
    }


def test_settings_are_chosen_by_validation_pairs(results: Path) -> None:
    tried = pd.read_csv(results / "runs" / TASK / "linear" / "trials.csv")
    assert tried["chosen"].tolist() == [0, 1]
    assert tried["validation_map"][1] > tried["validation_map"][0] + 0.1
    untried = pd.read_csv(results / "runs" / TASK / "cca" / "trials.csv")
    assert untried["chosen"].tolist() == [1]
    assert untried["validation_map"].isna().all()


def same_results(left: Path, right: Path) -> None:
    for method in METHODS:
        one, other = arrays(left, method), arrays(right, method)
        assert list(one) == list(other)
        assert all(np.array_equal(one[name], other[name]) for name in one)
        table = Path("metrics") / TASK / f"{method}.csv"
        assert (left / table).read_bytes() == (right / table).read_bytes()
    for name in ("benchmark.csv", "benchmark.md", "benchmark_ranks.csv"):
        assert (left / "tables" / name).read_bytes() == (right / "tables" / name).read_bytes()


def test_the_same_job_gives_the_same_bytes(results: Path, tmp_path: Path) -> None:
    same_results(results, make_results(tmp_path))


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
    # Two trials and the first seed of the first method.
    found = make_results(tmp_path)
    assert fits == ["linear"] * 4 + ["linear"] + ["cca"] * 2 + ["chance"] * 2
    same_results(results, found)


def test_a_method_that_cannot_do_a_task_is_refused(tmp_path: Path) -> None:
    things = workspace(benchmark_settings(METHODS), tmp_path)
    with pytest.raises(InputError, match="msvae cannot do the task things"):
        run_method(things, TASK, "msvae", 1)


def test_the_table_has_means_with_their_intervals(results: Path) -> None:
    table = pd.read_csv(results / "tables" / "benchmark.csv")
    assert table["method"].tolist() == ["Linear", "Cca", "Chance"]
    assert table["data"].tolist() == ["stand-in"] * 3
    kept = arrays(results, "linear")
    scores = np.stack([kept[f"linear/seed{seed}/{MAP_KEYS[WAYS[0]]}"] for seed in (0, 1)])
    found = bootstrap_mean(scores)
    text = f"{found.mean:.3f} [{found.low:.3f}, {found.high:.3f}]"
    assert table["mAP, sound by picture"][0] == text
    metrics = read_metrics(results / "metrics" / TASK / "linear.csv")
    rows = metrics.query("metric == 'average_precision'")
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


def test_a_record_without_seeds_is_named(tmp_path: Path) -> None:
    results = make_results(tmp_path)
    path = results / "runs" / TASK / "cca" / "run.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    del record["seeds"]
    path.write_text(json.dumps(record), encoding="utf-8")
    with pytest.raises(InputError, match="seeds"):
        artefacts(workspace(benchmark_settings(METHODS), tmp_path), BENCHMARK)


def test_without_a_task_the_artefacts_say_so(tmp_path: Path) -> None:
    nothing = workspace(benchmark_settings(METHODS), tmp_path)
    nothing.tasks.clear()
    artefacts(nothing, BENCHMARK)
    results = nothing.results.paper(BENCHMARK).root
    text = (results / "tables" / "benchmark.md").read_text(encoding="utf-8")
    assert "Nothing that it needs is at hand" in text
    assert (results / "figures" / "quality_against_cost.svg").is_file()


def test_a_trial_sees_an_even_share_of_the_answers(tmp_path: Path) -> None:
    settings = benchmark_settings(METHODS, copies=1)
    data = load_task(settings.definitions[TASK], write_things(tmp_path), settings.budget, 0)
    part = share_of(data.train, 0.5)
    assert torch.bincount(part.answer).tolist() == [6, 6, 6]
    tried = Search(tmp_path / "chance.csv", "stamp", torch.device("cpu"))
    choice = choose(settings, data, "chance", 0, unique=False, tried=tried)
    assert choice.trials["chosen"].tolist() == [1]


def test_a_task_reads_the_windows_and_arrays_of_its_definition() -> None:
    settings, results = benchmark_settings(), ResultsFolder(Path("out"))
    assert task_folder(settings, "pairs", results) == Path("out/corpora/things/things")
    assert arrays_of(settings, TASK) == ["pictures", "waves"]
    assert set(settings.methods) - set(settings.methods_for("pairs")) == {"hashing", "linear"}


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
