from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from crossmodal import digest

FILES = {
    "base.py": (
        '"""Base."""\n\nfrom __future__ import annotations\n\nLIMIT = 3\nOTHER = 4\n\n\n'
        'class Settings:\n    """Settings."""\n\n    width: int = LIMIT\n'
    ),
    "papers/__init__.py": "",
    "papers/model.py": (
        '"""Model."""\n\nfrom crossmodal import base\nfrom crossmodal.progress import bar\n\n\n'
        'def build(width: int) -> int:\n    """Build."""\n    return bar(_half(width) + base.LIMIT)'
        "\n\n\ndef _half(width: int) -> int:\n    return width // 2\n\n\n"
        "def draw() -> int:\n    return base.OTHER\n"
    ),
    "papers/train.py": (
        "from crossmodal.base import Settings\nfrom crossmodal.papers.model import build\n\n\n"
        "def train() -> None:\n    build(Settings().width)\n\n\n"
        "def late() -> None:\n    from crossmodal.papers import model\n\n    model.draw()\n"
        '    open("words.yaml")\n'
    ),
    "progress.py": "def bar(value):\n    return value\n",
    "papers/words.yaml": "a: b\n",
    "papers/other.yaml": "a: b\n",
}
ENTRIES = ["papers.train:train", "papers.train:late", "papers.model", "base:OTHER"]
Digests = Callable[[], dict[str, str]]


def forget() -> None:
    for cached in (digest.source_digest, digest._path, digest._module, digest._known):
        cached.cache_clear()


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "crossmodal"
    for name, text in FILES.items():
        (folder / name).parent.mkdir(exist_ok=True, parents=True)
        (folder / name).write_text(text)
    monkeypatch.setattr(digest, "SOURCE", tmp_path)
    monkeypatch.setattr(digest, "CACHE", tmp_path / "cache.json")
    return folder


@pytest.fixture
def digests(source: Path) -> Iterator[Digests]:
    def compute() -> dict[str, str]:
        forget()
        return {entry: digest.source_digest(f"crossmodal.{entry}") for entry in ENTRIES}

    yield compute
    forget()


def edited(source: Path, digests: Digests, name: str, old: str, new: str) -> set[str]:
    """Edit a file and return the entries whose digest changed."""
    before = digests()
    text = (source / name).read_text()
    assert old in text
    (source / name).write_text(text.replace(old, new))
    after = digests()
    return {entry for entry in before if before[entry] != after[entry]}


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("base.py", '"""Base."""', '"""Another word."""  # a comment'),
        ("papers/model.py", '    """Build."""\n', ""),
        ("papers/model.py", "def build(width: int) -> int:", "def build(\n    width: float,\n):"),
        ("progress.py", "return value", "return 2 * value"),
        ("papers/other.yaml", "b", "c"),
    ],
    ids=["comment", "docstring", "layout and hints", "what has no effect", "data nobody reads"],
)
def test_what_decides_nothing_changes_nothing(
    source: Path, digests: Digests, name: str, old: str, new: str
) -> None:
    assert edited(source, digests, name, old, new) == set()


@pytest.mark.parametrize(
    ("name", "old", "new", "affected"),
    [
        ("base.py", "LIMIT = 3", "LIMIT = 5", {"papers.train:train", "papers.model"}),
        ("base.py", "OTHER = 4", "OTHER = 5", {"papers.train:late", "papers.model", "base:OTHER"}),
        ("base.py", "width: int", "width: float", {"papers.train:train"}),
        ("papers/model.py", "// 2", "// 3", {"papers.train:train", "papers.model"}),
        ("papers/model.py", "base.OTHER", "-base.OTHER", {"papers.train:late", "papers.model"}),
        ("papers/train.py", "().width", "().width + 1", {"papers.train:train"}),
        ("base.py", "OTHER = 4", "OTHER = 4\nprint()", set(ENTRIES)),
        ("papers/words.yaml", "b", "c", {"papers.train:late"}),
    ],
    ids=["constant", "other constant", "model", "helper", "attribute", "itself", "import", "data"],
)
def test_an_edit_changes_what_can_reach_it_and_nothing_else(
    source: Path, digests: Digests, name: str, old: str, new: str, affected: set[str]
) -> None:
    assert edited(source, digests, name, old, new) == affected


def test_the_cache_holds_what_it_read_and_is_never_wrong(source: Path, digests: Digests) -> None:
    first = digests()
    assert digest.CACHE.is_file()
    assert digests() == first
    digest.CACHE.write_text("{")
    assert digests() == first


def test_several_entries_are_digested_together(source: Path, digests: Digests) -> None:
    single = digests()
    both = digest.source_digest("crossmodal.base", "crossmodal.papers.model")
    assert both not in single.values()


@pytest.mark.parametrize(
    "entry", ["crossmodal.nothing", "numpy", "crossmodal.base:nothing", "crossmodal.papers.model:f"]
)
def test_an_unknown_entry_is_refused(source: Path, digests: Digests, entry: str) -> None:
    digests()
    with pytest.raises(ValueError, match="no module or definition"):
        digest.source_digest(entry)


def test_modules_without_effect_compute_nothing() -> None:
    """What no digest counts imports no library that computes."""
    for name in digest.WITHOUT_EFFECT:
        source = Path(digest.__file__).with_name(f"{name.split('.')[1]}.py").read_text()
        for library in ("numpy", "torch", "pandas", "scipy", "random"):
            assert f"import {library}" not in source
            assert f"from {library}" not in source


@pytest.mark.parametrize("paper", ["captions", "cmcgan", "facevoice", "hashing", "msvae"])
def test_a_papers_training_reaches_its_losses_and_not_its_figures(paper: str) -> None:
    forget()
    reached, waiting = set[str](), [f"crossmodal.papers.{paper}.train:train"]
    while waiting:
        entry = waiting.pop()
        if entry not in reached:
            reached.add(entry)
            waiting += digest._reachable(entry)
    modules = {entry.partition(":")[0] for entry in reached}
    assert f"crossmodal.papers.{paper}.losses" in modules
    assert not [name for name in modules if ".reporting" in name or name.endswith(".figures")]
    assert not modules & digest.WITHOUT_EFFECT
