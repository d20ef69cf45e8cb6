from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from crossmodal import digest

FILES = {
    "base.py": '"""Base."""\n\nLIMIT = 3\n',
    "other.py": "VALUE = 1\n",
    "lone.py": "VALUE = 1\n",
    "papers/__init__.py": "",
    "papers/model.py": (
        '"""Model."""\n\nfrom crossmodal import base\n\n\n'
        'def build(width: int) -> int:\n    """Build."""\n    return width + base.LIMIT\n'
    ),
    "papers/train.py": "from crossmodal.papers.model import build\n\nNET = build(3)\n",
    "cli.py": (
        "def train() -> None:\n    from crossmodal.papers.train import NET\n\n    print(NET)\n\n\n"
        "def look() -> None:\n    from crossmodal.other import VALUE\n\n    print(VALUE)\n"
    ),
}
ENTRIES = [
    "crossmodal.base",
    "crossmodal.other",
    "crossmodal.lone",
    "crossmodal.papers.model",
    "crossmodal.papers.train",
    "crossmodal.cli:train",
    "crossmodal.cli:look",
]
Digests = Callable[[], dict[str, str]]


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(digest, "SOURCE", tmp_path)
    return tmp_path


@pytest.fixture
def digests(source: Path) -> Iterator[Digests]:
    def forget() -> None:
        for cached in (
            digest.source_digest,
            digest._module_tree,
            digest._module_dump,
            digest._module_imports,
        ):
            cached.cache_clear()

    def compute() -> dict[str, str]:
        forget()
        return {entry: digest.source_digest(entry) for entry in ENTRIES}

    yield compute
    forget()


def changed(before: dict[str, str], after: dict[str, str]) -> set[str]:
    return {entry for entry in before if before[entry] != after[entry]}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("base.py", '"""Another word."""\n# a comment\n\nLIMIT = 3  # why\n'),
        (
            "papers/model.py",
            "from crossmodal import base\n\n\n"
            "def build(\n    width: int,\n) -> int:\n    return (width + base.LIMIT)\n",
        ),
    ],
    ids=["comment", "docstring and layout"],
)
def test_words_and_layout_change_nothing(
    source: Path, digests: Digests, name: str, text: str
) -> None:
    before = digests()
    (source / name).write_text(text)
    assert changed(before, digests()) == set()


@pytest.mark.parametrize(
    ("name", "affected"),
    [
        (
            "base.py",
            {
                "crossmodal.base",
                "crossmodal.papers.model",
                "crossmodal.papers.train",
                "crossmodal.cli:train",
            },
        ),
        ("papers/train.py", {"crossmodal.papers.train", "crossmodal.cli:train"}),
        ("other.py", {"crossmodal.other", "crossmodal.cli:look"}),
        ("lone.py", {"crossmodal.lone"}),
    ],
)
def test_code_changes_what_imports_it_and_nothing_else(
    source: Path, digests: Digests, name: str, affected: set[str]
) -> None:
    before = digests()
    with (source / name).open("a") as stream:
        stream.write("\nEXTRA = 1\n")
    assert changed(before, digests()) == affected


def test_a_function_entry_is_that_function_alone(source: Path, digests: Digests) -> None:
    before = digests()
    text = (source / "cli.py").read_text()
    (source / "cli.py").write_text(text.replace("print(NET)", "print(NET + 1)"))
    assert changed(before, digests()) == {"crossmodal.cli:train"}


def test_several_entries_are_digested_together(source: Path, digests: Digests) -> None:
    single = digests()
    both = digest.source_digest("crossmodal.base", "crossmodal.lone")
    assert both not in single.values()
    assert both == digest.source_digest("crossmodal.base", "crossmodal.lone")


@pytest.mark.parametrize(
    "entry", ["crossmodal.nothing", "numpy", "crossmodal.cli:nothing", "crossmodal.papers.train:f"]
)
def test_an_unknown_entry_is_refused(source: Path, digests: Digests, entry: str) -> None:
    digests()
    with pytest.raises(ValueError, match=r"is no module|has no function"):
        digest.source_digest(entry)


def test_the_packages_own_training_code_reaches_its_losses() -> None:
    source = Path(digest.__file__).parent
    names = digest._imports(digest._module_tree("crossmodal.papers.hashing.train"))
    assert "crossmodal.papers.hashing.losses" in names
    assert source == digest.SOURCE
