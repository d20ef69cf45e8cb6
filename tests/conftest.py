from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from crossmodal_standins import write_stand_in


@pytest.fixture(scope="session")
def trained_captions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The captions paper's folder after everything was trained and evaluated; only to be read."""
    # Beside the tests that ask for it, hence importable by then.
    from fixture_captions import make_results, paper_settings

    root = tmp_path_factory.mktemp("captions")
    return make_results(root, paper_settings(training={"epochs": 1}), [0, 1])


@pytest.fixture(scope="session")
def stand_in(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return what gives the folder of a small stand-in, only to be read."""

    from fixture_standins import SMALL

    @cache
    def write(corpus: str) -> Path:
        folder = tmp_path_factory.mktemp("stand-in") / corpus
        write_stand_in(corpus, folder, SMALL[corpus])
        return folder

    return write
