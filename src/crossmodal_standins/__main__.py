"""`python -m crossmodal_standins CORPUS --folder FOLDER`: write a corpus's stand-in."""

from __future__ import annotations

import argparse
import json
from functools import partial
from pathlib import Path

from crossmodal.command import limit_threads, run
from crossmodal_standins import write_stand_in


def main() -> None:
    """Write one stand-in and exit."""
    parser = argparse.ArgumentParser(prog="crossmodal_standins", description=__doc__)
    parser.add_argument("corpus")
    parser.add_argument("--folder", type=Path, required=True, help="where the corpus goes")
    parser.add_argument("--generator", default="{}", help="JSON: size and seed of the stand-in")
    parser.add_argument("--log", type=Path, help="file for progress and tracebacks")
    given = parser.parse_args()
    limit_threads(1)
    work = partial(write_stand_in, given.corpus, given.folder, json.loads(given.generator))
    run(work, log=given.log)


if __name__ == "__main__":
    main()
