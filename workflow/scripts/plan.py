"""Count the jobs of an edition in a dry run from nothing, and estimate what they take.

    python workflow/scripts/plan.py EDITION [--out FILE.csv] [--config key=value ...]

Corpora that are not at hand are planned as if a mirror had them; nothing is downloaded.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NoReturn

# A name that no machine can have.
NOWHERE = "https://corpora.invalid"


def main() -> NoReturn:
    """Print the estimate; exit with Snakemake's or the estimate's code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("edition")
    parser.add_argument("--out", help="write the table as CSV too")
    parser.add_argument("--gpu-tflops", help="what a GPU is assumed to sustain")
    parser.add_argument("--config", nargs="*", default=[], help="as for snakemake")
    arguments = parser.parse_args()
    settings = dict(word.split("=", 1) for word in arguments.config)
    bin_folder = Path(sys.executable).parent
    with tempfile.TemporaryDirectory() as folder:
        # Nothing is there, so every job is planned.
        config = {"mirror": NOWHERE, **settings, "results": folder}
        words = [f"{key}={value}" for key, value in config.items()]
        dry_run = [str(bin_folder / "snakemake"), "-n", "--forceall", "--quiet", "rules"]
        planned = subprocess.run(
            [*dry_run, "--config", f"edition={arguments.edition}", *words],
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        if planned.returncode:
            sys.exit(planned.returncode)
        jobs = Path(folder) / "jobs.txt"
        jobs.write_text(planned.stdout, encoding="utf-8")
        results = Path(settings.get("results", "results")) / arguments.edition
        command = [sys.executable, "-m", "crossmodal", "plan", "--edition", arguments.edition]
        command += ["--jobs", str(jobs), "--results", str(results)]
        command += ["--benchmarks", f"benchmarks/{arguments.edition}"]
        command += ["--overrides", settings.get("overrides", "{}")]
        if "seeds" in settings:
            command += ["--seeds", *map(str, json.loads(settings["seeds"]))]
        for name in ("out", "gpu_tflops"):
            if getattr(arguments, name) is not None:
                command += [f"--{name.replace('_', '-')}", getattr(arguments, name)]
        sys.exit(subprocess.run(command, env=os.environ, check=False).returncode)


if __name__ == "__main__":
    main()
