from __future__ import annotations

from pathlib import Path

import pytest
from fixture_captions import CORPUS, paper_settings, workspace

from crossmodal.config import load_edition, resolve
from crossmodal.papers.captions.settings import PaperSettings, RunSettings

CONFIG = Path(__file__).parents[3] / "config"


@pytest.mark.parametrize("edition", ["smoke", "demo", "public", "paper"])
def test_every_edition_resolves_and_its_tcn_sees_whole_captions(edition: str) -> None:
    settings = resolve(PaperSettings, "captions", load_edition(edition, CONFIG), {}, CONFIG)
    for variant in settings.variants:
        run = settings.run_settings(variant)
        assert run.tcn.receptive_field >= run.frames / run.tcn.pool


def test_the_controls_are_what_they_say() -> None:
    settings = paper_settings()
    base = settings.run_settings("baseline")

    def changed(variant: str) -> dict[str, object]:
        run = settings.run_settings(variant).model_dump()
        return {name: value for name, value in run.items() if value != base.model_dump()[name]}

    assert changed("baseline") == {}
    assert changed("new_loss") == {"hinges": "six"}
    assert changed("new_loss_mean") == {"hinges": "six", "average": True}
    assert changed("baseline_rate3") == {"rate_factor": 3}
    assert changed("tcn") == {"temporal_branch": True}
    assert changed("tcn_new_loss") == {"temporal_branch": True, "hinges": "six"}


def test_the_default_is_the_networks_own_size() -> None:
    default, papers = (
        RunSettings.model_validate({}),
        resolve(PaperSettings, "captions", load_edition("paper", CONFIG), {}, CONFIG).run_settings(
            "baseline"
        ),
    )
    assert papers == default


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"training": {"kernels": [4, 5, 5]}}, "odd number of frames"),
        ({"variants": {"tcn": {"settings": {"tcn": {"levels": 1}}}}}, "pooled steps"),
        ({"examples": {"variant": "nobody"}}, "no variant 'nobody'"),
    ],
)
def test_settings_that_cannot_run_are_refused(changes: dict[str, object], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        paper_settings(**changes)


def test_the_plan_runs_every_variant_with_every_seed(tmp_path: Path) -> None:
    plan = workspace(tmp_path, paper_settings(), [4, 7]).plan("captions")
    assert plan.corpora() == [CORPUS]
    names = [f"{variant}/seed{seed}" for variant in paper_settings().variants for seed in (4, 7)]
    assert [run.name for run in plan.runs(CORPUS)] == names
    assert plan.decides_training(CORPUS, "new_loss")["hinges"] == "six"
    assert plan.examples_seen(CORPUS, "tcn", {"train": 30}) == {"train": 60}
