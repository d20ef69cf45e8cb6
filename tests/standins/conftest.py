from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from fixture_standins import SMALL

from crossmodal_standins import write_stand_in


@pytest.fixture(scope="session")
def stand_in(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return what gives the folder of a small stand-in, only to be read."""

    @cache
    def write(corpus: str) -> Path:
        folder = tmp_path_factory.mktemp("stand-in") / corpus
        write_stand_in(corpus, folder, SMALL[corpus])
        return folder

    return write
