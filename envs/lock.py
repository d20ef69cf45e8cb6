"""Write the locked environments from pyproject.toml.

    python envs/lock.py            resolve anew (needs the network) and write all three files
    python envs/lock.py --derive   write the two derived files from requirements.txt alone

requirements.txt      every package with its hashes, as `make run` installs it
requirements-cpu.txt  the same without torch's trio and its CUDA packages (make run TORCH=cpu)
crossmodal.yaml       conda file of the direct dependencies, for `snakemake --sdm conda`
"""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parent
TORCH = ("torch", "torchaudio", "torchvision")
CUDA = re.compile(r"nvidia-(?!ml-py)|cuda-|triton$")


def resolve() -> None:
    """Resolve pyproject.toml into requirements.txt, for all platforms, without addresses."""
    command = [sys.executable, "-m", "uv", "pip", "compile", "--no-config", "--universal"]
    command += ["--generate-hashes", "--no-emit-index-url", "--no-annotate", "--no-header"]
    command += ["--python-version", "3.11", "--extra", "dev", "--quiet"]
    command += ["pyproject.toml", "--output-file", "envs/requirements.txt"]
    subprocess.run(command, cwd=HERE.parent, check=True)


def locked(text: str) -> dict[str, str]:
    """Split a requirements file into its entries: name -> the entry with its hashes."""
    entries = re.split(r"\n(?=[a-z0-9])", text.strip(), flags=re.IGNORECASE)
    found: dict[str, str] = {}
    for entry in entries:
        name = re.split(r"[=\s;]", entry, maxsplit=1)[0]
        found[name] = f"{found[name]}\n{entry}" if name in found else entry
    return found


def without_torch(text: str) -> str:
    """Return the lock without torch's trio and the CUDA packages that come with it."""
    kept = [e for name, e in locked(text).items() if name not in TORCH and not CUDA.match(name)]
    return "\n".join(kept) + "\n"


def conda_file(text: str, project: dict) -> str:
    """Return the conda file: Python, pip, and every direct dependency at its locked version."""
    direct = [re.split(r"[<>=!~\[]", entry)[0].lower() for entry in project["dependencies"]]
    entries = locked(text)
    pins = []
    for name in sorted(direct):
        version = re.search(r"==([^\s;\\]+)", entries[name])
        assert version is not None, name
        pins.append(f"      - {name}=={version[1]}")
    head = ["name: crossmodal", "channels: [conda-forge, nodefaults]", "dependencies:"]
    return "\n".join([*head, "  - python=3.11", "  - pip", "  - pip:", *pins]) + "\n"


def derived() -> dict[Path, str]:
    """Return the derived files and their texts."""
    text = (HERE / "requirements.txt").read_text(encoding="utf-8")
    project = tomllib.loads((HERE.parent / "pyproject.toml").read_text(encoding="utf-8"))
    return {
        HERE / "requirements-cpu.txt": without_torch(text),
        HERE / "crossmodal.yaml": conda_file(text, project["project"]),
    }


if __name__ == "__main__":
    if "--derive" not in sys.argv:
        resolve()
    for path, content in derived().items():
        path.write_text(content, encoding="utf-8")
