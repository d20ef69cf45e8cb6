from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def trained_captions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The captions paper's folder after everything was trained and evaluated; only to be read."""
    # Beside the tests that ask for it, hence importable by then.
    from fixture_captions import make_results, paper_settings

    root = tmp_path_factory.mktemp("captions")
    return make_results(root, paper_settings(training={"epochs": 1}), [0, 1])
