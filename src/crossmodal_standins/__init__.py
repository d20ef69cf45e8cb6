"""Stand-ins: drawn and spoken corpora in the published layouts, with known truth.

    python -m crossmodal_standins CORPUS --folder FOLDER --generator '{"seed": 0}'

Each module named like a corpus has `synthesize(folder, **size_and_seed)`, which writes the same
files in the same folders as the published corpus, and `contents.csv` last. `crossmodal` never
imports this package: to it a stand-in is a corpus like any other.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from crossmodal.corpora.readers import function_of


def write_stand_in(corpus: str, folder: Path, arguments: Mapping[str, Any]) -> None:
    """Write a corpus's stand-in in the published layout.

    Args:
        arguments: Size and seed, from the edition's settings.

    Raises:
        InputError: There is no such stand-in or argument.
    """
    function_of(__name__, "synthesize", corpus, arguments, "generator")(folder, **arguments)
