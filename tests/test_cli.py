import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from crossmodal import cli

VERBS = [
    *("config", "download", "synthesize", "manifest", "showcase", "align", "join", "features"),
    *("tune", "train", "evaluate", "collect", "artefacts", "claims", "search", "report", "ledger"),
]


@pytest.fixture(autouse=True)
def _restore_warnings() -> Iterator[None]:
    yield
    logging.captureWarnings(False)


def run(*words: str) -> int:
    with pytest.raises(SystemExit) as caught:
        cli.main(words)
    assert isinstance(caught.value.code, int)
    return caught.value.code


def raising(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> list[str]:
    """Let `claims` raise an error while it works; return words that call it."""

    def work(*_: object) -> None:
        raise error

    monkeypatch.setattr("crossmodal.reporting.claims.write_claims", work)
    return ["claims", "--claims", "a.csv", "--results", "r", "--out", "o.csv"]


def test_a_mistake_is_one_line_with_its_traceback_in_the_log(tmp_path: Path) -> None:
    log, claims = tmp_path / "logs" / "claims.log", tmp_path / "claims.csv"
    claims.write_text("claim,whre\n")
    command = [sys.executable, "-m", "crossmodal", "--log", str(log), "claims"]
    command += ["--claims", str(claims), "--results", str(tmp_path), "--out", "out.csv"]
    (tmp_path / "metrics.csv").write_text("corpus,variant,seed\n")
    ended = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert ended.stderr == (f"error: {claims}: whre: unknown column. Did you mean 'where'?\n")
    assert "Traceback (most recent call last)" in log.read_text()
    assert not (tmp_path / "out.csv").exists()


def test_any_other_error_is_one_line_that_says_where_the_traceback_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = raising(monkeypatch, RuntimeError("first line\n  second line"))
    log = tmp_path / "claims.log"
    assert run("--log", str(log), *words) == 1
    assert capsys.readouterr().err == (
        f"error: RuntimeError: first line second line (the traceback is in {log})\n"
    )
    assert run(*words) == 1
    assert capsys.readouterr().err.endswith("(run again with --traceback)\n")


def test_traceback_shows_it_on_the_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    words = raising(monkeypatch, RuntimeError("boom"))
    with pytest.raises(RuntimeError, match="boom"):
        cli.main(["--traceback", *words])


def test_an_interrupt_ends_with_130(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(*raising(monkeypatch, KeyboardInterrupt())) == 130


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_explains_itself(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(verb, "--help") == 0
    described = capsys.readouterr().out
    assert described.startswith(f"usage: crossmodal {verb}")
    assert described.split("\n\n")[1].strip().endswith((".", "(`--check`)."))


def test_the_list_of_verbs_is_complete(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--help") == 0
    listed = [
        line.split()[0]
        for line in capsys.readouterr().out.split("VERB\n")[-1].splitlines()
        if line.startswith("    ") and line[4] != " "
    ]
    assert listed == VERBS


@pytest.mark.parametrize("words", [[], ["tun"], ["train", "no_such_paper"], ["claims"]])
def test_a_wrong_command_line_ends_with_2(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*words) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_importing_the_command_line_loads_nothing_heavy() -> None:
    check = (
        "import sys, crossmodal.cli; crossmodal.cli.build_parser();"
        "print(*{'torch', 'numpy', 'pandas', 'matplotlib', 'scipy', 'sklearn', 'pydantic', 'yaml',"
        "'librosa', 'cv2', 'snakemake'} & set(sys.modules))"
    )
    command = [sys.executable, "-c", check]
    assert subprocess.run(command, check=True, capture_output=True, text=True).stdout == "\n"


def test_a_verb_that_reads_settings_only_does_not_load_torch() -> None:
    # The Snakefile plans with these modules before every command.
    check = (
        "import sys, crossmodal.config, crossmodal.papers.hashing.plan, crossmodal.digest,"
        "crossmodal.corpora.registry, crossmodal.corpora.media;"
        "print(*{'torch', 'numpy', 'pandas', 'matplotlib', 'scipy'} & set(sys.modules))"
    )
    command = [sys.executable, "-c", check]
    assert subprocess.run(command, check=True, capture_output=True, text=True).stdout == "\n"
