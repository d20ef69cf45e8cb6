import errno
import importlib
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from crossmodal import cli
from crossmodal.config import known_papers, load_edition, resolve
from crossmodal.files import atomic_path

VERBS = [
    *("settings", "download", "init-corpus", "eligible", "manifest", "preview", "align"),
    *("merge-shards", "features", "tune", "train", "evaluate", "artefacts", "claims"),
    *("benchmark", "report", "search", "estimate", "summary", "verify"),
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
    """Let `settings` raise an error while it works; return words that call it."""

    def work(*_: object) -> None:
        raise error

    monkeypatch.setattr("crossmodal.files.write_text", work)
    return ["settings", "{}", "--out", "run.yaml"]


def test_a_mistake_is_one_line_with_its_traceback_in_the_log(tmp_path: Path) -> None:
    log, settings = tmp_path / "logs" / "claims.log", tmp_path / "run.yaml"
    settings.write_text("settings: {editon: demo}\n")
    command = [sys.executable, "-m", "crossmodal", "claims", "hashing"]
    command += ["--run", str(settings), "--log", str(log)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert ended.stderr == (f"error: {settings}: editon: unknown key. Did you mean `edition`?\n")
    assert "Traceback (most recent call last)" in log.read_text()


def test_what_is_written_below_results_is_recorded(tmp_path: Path) -> None:
    run_file = tmp_path / "results/smoke/run.yaml"
    content = '{"settings": {"edition": "smoke"}}'
    words = [sys.executable, "-m", "crossmodal", "settings", content, "--out", str(run_file)]
    subprocess.run(words, check=True)
    assert run_file.read_text() == content + "\n"


def test_any_other_error_is_one_line_that_says_where_the_traceback_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = raising(monkeypatch, RuntimeError("first line\n  second line"))
    log = tmp_path / "claims.log"
    assert run(*words, "--log", str(log)) == 1
    assert capsys.readouterr().err == (
        f"error: RuntimeError: first line second line (the traceback is in {log})\n"
    )
    assert run(*words) == 1
    assert capsys.readouterr().err.endswith("(run again with --traceback)\n")


def test_traceback_shows_it_on_the_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    words = raising(monkeypatch, RuntimeError("boom"))
    with pytest.raises(RuntimeError, match="boom"):
        cli.main([*words, "--traceback"])


def test_an_interrupt_ends_with_130(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(*raising(monkeypatch, KeyboardInterrupt())) == 130


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 75), (signal.SIGINT, 130)])
def test_a_signal_is_one_line_and_a_code_to_try_again(
    number: signal.Signals,
    code: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def work(*_: object) -> None:
        with atomic_path(tmp_path / "claims.csv") as temporary:
            temporary.write_text("half")
            os.kill(os.getpid(), number)

    words = raising(monkeypatch, RuntimeError())
    monkeypatch.setattr("crossmodal.files.write_text", work)
    assert run(*words) == code
    assert capsys.readouterr().err == (
        f"stopped by {number.name} before its end; the next run starts this step over\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_one_line_that_names_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    full = OSError(errno.ENOSPC, "No space left on device", str(tmp_path / "sub" / "x.npy"))
    assert run(*raising(monkeypatch, full)) == 1
    assert capsys.readouterr().err == (
        f"error: {tmp_path / 'sub'}: the disk or the quota is full; what was complete before is"
        " kept. Make room there and start again\n"
    )


OUT_OF_MEMORY = [
    (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB."), "GPU"),
    (RuntimeError("CUDA error: out of memory\nCUDA kernel errors might be ..."), "GPU"),
    (MemoryError("Unable to allocate 7.45 TiB"), "machine"),
    (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"), "machine"),
]


@pytest.mark.parametrize(("error", "where"), OUT_OF_MEMORY)
@pytest.mark.parametrize("paper", known_papers())
def test_when_memory_runs_out_one_line_says_what_to_lower(
    paper: str,
    error: Exception,
    where: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def train(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("crossmodal.stages.train", train)
    settings = tmp_path / "run.yaml"
    settings.write_text("settings: {edition: smoke}\n")
    assert run("train", paper, "c", "v", "0", "--run", str(settings)) == 1
    file, field, text = capsys.readouterr().err.removeprefix("error: ").strip().split(": ", 2)
    assert text == (
        f"the memory of the {where} ran out. Lower it, or free memory, and run it again: "
        "what is finished or saved stays"
    )
    # The line names a setting that is there.
    assert file == f"config/papers/{paper}.yaml"
    model = importlib.import_module(f"crossmodal.papers.{paper}.settings").PaperSettings
    named = resolve(model, paper, load_edition("smoke")).model_dump()
    for part in field.split("."):
        named = next(iter(named.values())) if part.startswith("<") else named[part]
    assert isinstance(named, int)


def test_when_memory_runs_out_elsewhere_the_line_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*raising(monkeypatch, MemoryError())) == 1
    said = capsys.readouterr().err
    assert said.startswith("error: the memory of the machine ran out. Free some")
    assert said.count("\n") == 1


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_explains_itself(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(verb, "--help") == 0
    described = capsys.readouterr().out
    assert described.startswith(f"usage: crossmodal {verb}")
    assert described.split("\n\n")[1].strip().endswith((".", "(`make plan`).", "to read."))


def test_the_list_of_verbs_is_complete(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--help") == 0
    listed = [
        line.split()[0]
        for line in capsys.readouterr().out.split("VERB\n")[-1].splitlines()
        if line.startswith("    ") and line[4] != " "
    ]
    assert listed == VERBS


@pytest.mark.parametrize("words", [[], ["tun"], ["train", "hashing"], ["claims"]])
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
        "import sys; from crossmodal.workspace import Workspace;"
        "workspace = Workspace.of({'edition': 'smoke'});"
        "[workspace.plan(paper).code('train') for paper in workspace.papers];"
        "print(*{'torch', 'numpy', 'pandas', 'matplotlib', 'scipy'} & set(sys.modules))"
    )
    command = [sys.executable, "-c", check]
    assert subprocess.run(command, check=True, capture_output=True, text=True).stdout == "\n"


def test_from_another_folder_the_checkouts_settings_are_read(tmp_path: Path) -> None:
    code = (
        "from crossmodal.cli import build_parser\n"
        "given = build_parser().parse_args(['init-corpus', 'videos'])\n"
        "print(given.config, given.data, sep='\\n')"
    )
    command = [sys.executable, "-c", code]
    ended = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
    root = Path(cli.__file__).resolve().parents[2]
    assert ended.stdout.splitlines() == [str(root / "config"), str(root / "data")]
