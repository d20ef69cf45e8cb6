"""The ledger of contents: saved, cloned, restored, edited, damaged, compared."""

from __future__ import annotations

import csv
import json
import logging
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from fixture_workflow import ENVIRONMENT, SMOKE, Ended, Project
from moto.server import ThreadedMotoServer

DVC = Path(sys.executable).with_name("dvc")
LEDGER = "workflow/scripts/ledger.py"


@dataclass(frozen=True)
class Saved:
    """A project whose smoke edition was saved: its commit, the remote, digests by folder."""

    project: Project
    commit: str
    remote: Path
    digests: dict[str, dict[str, str]]

    def clone(self, root: Path) -> Project:
        """Clone the saved commit; the remote of its settings is the one that was saved to."""
        self.project.git("clone", "--quiet", ".", str(root))
        clone = Project(root)
        clone.git("checkout", "--quiet", self.commit)
        (root / ".dvc/config.local").write_text(f"['remote \"folder\"']\n    url = {self.remote}\n")
        return clone


def ledger(project: Project, *words: str | Path) -> Ended[str]:
    return project.call(sys.executable, LEDGER, *words, "--edition", "smoke")


def commit(project: Project, message: str) -> str:
    project.git("add", "--all")
    project.git("commit", "--quiet", "--message", message)
    return project.git("rev-parse", "HEAD")


def dvc_json(project: Project, *words: str) -> Any:
    ended = project.call(DVC, *words, "--json")
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


@pytest.fixture(scope="module")
def saved(finished: Project, tmp_path_factory: pytest.TempPathFactory) -> Saved:
    folder = tmp_path_factory.mktemp("ledger")
    project = finished.copy_to(folder / "project")
    ended = ledger(project, "save")
    assert ended.returncode == 0, ended.stderr
    digests = {name: project.digests(name) for name in ("results/smoke", "data")}
    return Saved(project, commit(project, "save"), folder / "crossmodal-ledger", digests)


@pytest.fixture(scope="module")
def restored(saved: Saved, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A clone with nothing but what the remote held. Tests that edit it put it back."""
    clone = saved.clone(tmp_path_factory.mktemp("restored") / "clone")
    ended = ledger(clone, "restore")
    assert ended.returncode == 0, ended.stderr
    assert "Snakemake: nothing to be done" in ended.stdout
    return clone


@contextmanager
def edited(project: Project, name: str, old: str, new: str) -> Iterator[None]:
    path = project.root / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    try:
        yield
    finally:
        path.write_text(text)


def dirty(project: Project) -> set[str]:
    """Return the stages of which `dvc status` says that something changed."""
    return set(dvc_json(project, "status"))


def md5_of(saved: Saved, path: str) -> str:
    """Return the name of a file's content in the ledger."""
    lock = yaml.safe_load((saved.project.root / "dvc.lock").read_text())
    for stage in lock["stages"].values():
        for out in stage["outs"]:
            if out["md5"].endswith(".dir") and path.startswith(f"{out['path']}/"):
                listed = json.loads(object_path(saved.remote, out["md5"]).read_text())
                (md5,) = [e["md5"] for e in listed if f"{out['path']}/{e['relpath']}" == path]
                return str(md5)
    raise AssertionError(path)


def object_path(remote: Path, md5: str) -> Path:
    return remote / "files/md5" / md5[:2] / md5[2:]


def test_a_clone_has_everything_and_nothing_to_do(saved: Saved, restored: Project) -> None:
    assert restored.planned(*SMOKE) == {}
    assert dirty(restored) == set()
    assert {name: restored.digests(name) for name in saved.digests} == saved.digests
    # All of it came through the ledger, and git has nothing new to say.
    assert restored.git("status", "--porcelain") == ""


LOSS = "src/crossmodal/papers/facevoice/losses.py"


def test_edits_rerun_what_they_affect(restored: Project) -> None:
    claims = ("config/claims/msvae.csv", ",written,<,", ",written,>,")
    with edited(restored, LOSS, "    return ", "    return 1.0 * "), edited(restored, *claims):
        again = restored.again(*SMOKE)
        papers = {name.split()[-1] for name in again if " " in name}
        assert papers == {"facevoice", "msvae"}
        assert again["train facevoice"] > 10
        assert again["claims msvae"] == 1
        assert "train msvae" not in again
        assert dirty(restored) >= {"papers@smoke-facevoice", "papers@smoke-msvae", "editions@smoke"}
        refused = ledger(restored, "save")
        assert refused.returncode == 1
        assert "is not committed" in refused.stderr
        stopped = ledger(restored, "restore")
    assert stopped.returncode == 1
    assert "the sources are not those that the edition was saved with" in stopped.stderr


def test_an_unfinished_edition_is_not_saved(saved: Saved, tmp_path: Path) -> None:
    clone = saved.clone(tmp_path / "clone")
    ended = ledger(clone, "save")
    assert ended.returncode == 1
    assert "jobs are left to do. Finish the run first: make run EDITION=smoke" in ended.stderr


def test_what_was_not_saved_is_not_overwritten(restored: Project) -> None:
    path = restored.root / "results/smoke/hashing/metrics/wikipedia.csv"
    before = path.read_bytes()
    path.write_text("mine\n")
    ended = ledger(restored, "restore")
    assert path.read_text() == "mine\n"
    path.write_bytes(before)
    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1
    assert "results/smoke/hashing/metrics/wikipedia.csv: was not saved" in ended.stderr


def test_damaged_files_are_named_and_made_again(saved: Saved, tmp_path: Path) -> None:
    clone = saved.clone(tmp_path / "clone")
    run = "results/smoke/hashing/runs/wikipedia/cvh/seed0"
    corpus = "data/nuswide10k/synthetic-smoke"
    index = next(csv.DictReader((saved.project.root / corpus / "contents.csv").open()))
    damaged = [f"{run}/checkpoint.pt", f"{corpus}/{index['path']}"]
    gone = f"{run}/history.csv"
    objects = [object_path(saved.remote, md5_of(saved, path)) for path in (*damaged, gone)]
    kept = [path.read_bytes() for path in objects]
    try:
        for path in objects[:2]:
            path.chmod(0o644)
            path.write_bytes(b"0" * path.stat().st_size)
        objects[2].unlink()
        ended = ledger(clone, "restore")
    finally:
        for path, content in zip(objects, kept, strict=True):
            path.write_bytes(content)
    assert ended.returncode == 1
    lines = ended.stderr.splitlines()
    assert sorted(lines[:-1]) == sorted(
        f"error: {path}: missing or damaged in the remote" for path in (*damaged, gone)
    )
    # All else is there.
    absent = {*damaged, gone, f"{corpus}/contents.csv"}
    for folder, expected in saved.digests.items():
        lost = {name for name in expected if f"{folder}/{name}" in absent}
        found = clone.digests(folder)
        assert {name: digest for name, digest in expected.items() if name not in lost} == found
    words = lines[-1].split(".venv/bin/snakemake ")[1].split()
    again = clone.again(*words[2:])
    assert again["train hashing"] >= 1
    assert again["synthesize"] == 1
    ended = clone.run_once(*words)
    assert ended.returncode == 0, ended.stderr
    for folder, expected in saved.digests.items():
        found = clone.digests(folder)
        differ = {name for name in expected | found if expected.get(name) != found.get(name)}
        # The page says how long its jobs took.
        assert differ <= {"report.html"}


def test_two_commits_that_differ_in_one_setting(saved: Saved, tmp_path: Path) -> None:
    project = saved.project.copy_to(tmp_path / "project")
    path = project.root / "config/editions/smoke.yaml"
    path.write_text(path.read_text().replace("core_points: 2", "core_points: 3", 1))
    assert project.run_once("--cores", "1", "msvae", *SMOKE).returncode == 0
    words = ("--run", "results/smoke/run.yaml", "--out", "ledger")
    assert project.crossmodal("summary", *words).returncode == 0
    later = commit(project, "another neighbourhood")
    params = dvc_json(project, "params", "diff", saved.commit, later)
    assert params == {
        "config/editions/smoke.yaml": {
            "papers.msvae.protocol.core_points": {"old": 2, "new": 3, "diff": 1}
        }
    }
    metrics = dvc_json(project, "metrics", "diff", saved.commit, later)
    assert set(metrics) == {"ledger/metrics/smoke/msvae.json"}
    changed = metrics["ledger/metrics/smoke/msvae.json"]
    assert changed
    assert all(".adjusted_rand." in name for name in changed), sorted(changed)
    shown = project.call(DVC, "plots", "diff", saved.commit, later, "--json")
    assert "ledger/plots/smoke/msvae.csv" in shown.stdout


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of an empty bucket on a server of this machine."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server.start()
    host, port = server.get_host_and_port()
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "NO_PROXY": "127.0.0.1",
    }.items():
        monkeypatch.setitem(ENVIRONMENT, name, value)
        monkeypatch.setenv(name, value)
    boto3.client("s3").create_bucket(Bucket="ledger")
    yield "s3://ledger/crossmodal"
    server.stop()


def test_through_s3(saved: Saved, s3: str, tmp_path: Path) -> None:
    # One paper and the report are enough to see that another kind of remote serves as well.
    origin = saved.clone(tmp_path / "origin")
    shutil.copytree(saved.project.root / ".dvc/cache", origin.root / ".dvc/cache")
    stages = origin.root / "ledger/stages.yaml"
    noted = yaml.safe_load(stages.read_text())
    noted["papers"] = {"smoke-msvae": noted["papers"]["smoke-msvae"]}
    stages.write_text(yaml.safe_dump(noted | {"corpora": {}, "benchmarks": {}}))
    for words in (
        ("remote", "add", "--default", "s3", s3),
        ("push", "--quiet", "editions@smoke", "papers@smoke-msvae"),
    ):
        ended = origin.call(DVC, *words)
        assert ended.returncode == 0, ended.stderr
    commit(origin, "one paper, on S3")
    checkpoint = "results/smoke/msvae/runs/voxceleb1/written/seed0/checkpoint.pt"
    key = object_path(Path("crossmodal"), md5_of(saved, checkpoint)).as_posix()
    stored = boto3.resource("s3").Object("ledger", key)
    stored.put(Body=b"0" * stored.content_length)
    origin.git("clone", "--quiet", ".", str(tmp_path / "clone"))
    clone = Project(tmp_path / "clone")
    ended = ledger(clone, "restore", "--remote", s3)
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[0] == (
        f"error: {checkpoint}: missing or damaged in the remote"
    )
    before = "results/smoke/"
    expected = {
        name.removeprefix("msvae/"): digest
        for name, digest in saved.digests["results/smoke"].items()
        if name.startswith("msvae/") and name != checkpoint.removeprefix(before)
    }
    assert clone.digests(f"{before}msvae") == expected
    assert (clone.root / "results/smoke/report.html").is_file()
