"""Cross-modal audio-visual learning: five papers, their models, and what was trained.

    import crossmodal

    run = crossmodal.load_run("results/demo/msvae/runs/voxceleb1/validated/seed0")
    network = run.network()                # a torch module in evaluation mode
    run.metrics                            # what it scored, a pandas table

    crossmodal.list_runs("results/demo")          # every trained run of an edition
    crossmodal.load_paper("facevoice").losses   # a paper's losses, model, settings, by its name

docs/quickstart.md shows more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crossmodal.library import TrainedRun, list_papers, list_runs, load_paper, load_run

__all__ = ["TrainedRun", "list_papers", "list_runs", "load_paper", "load_run"]


def __getattr__(name: str) -> Any:
    # Loaded when asked for: commands of the workflow need none of it.
    if name in __all__:
        from crossmodal import library

        return getattr(library, name)
    raise AttributeError(f"module 'crossmodal' has no attribute {name!r}")
