"""How a command runs: its log, its signals, and one line where something is wrong."""

from __future__ import annotations

import logging
import os
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from crossmodal.errors import InputError
from crossmodal.files import is_full, no_room
from crossmodal.progress import tell
from crossmodal.signals import Stopped, listening


def run(
    work: Callable[[], None],
    *,
    log: Path | None = None,
    show_traceback: bool = False,
    out_of_memory: Callable[[str], InputError] | None = None,
) -> NoReturn:
    """Run a command and exit: a mistake of the user is one line and exit code 1.

    A signal that asks for an end is one line, too, and exit code 75: try again.

    Args:
        out_of_memory: Says what to lower when memory ("GPU" or "machine") ran out.
    """
    logger = logging.getLogger("crossmodal")
    try:
        with listening(), tell(log):
            _start_log(log)
            work()
            logger.info("%.2f core-seconds in all", time.process_time())
    except Stopped as stopped:
        logger.info("%s", stopped)
        if log is None or not sys.stderr.isatty():  # the workflow's screen says it itself
            print(stopped, file=sys.stderr)
        sys.exit(stopped.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        logger.error("%s", traceback.format_exc())
        if show_traceback:
            raise
        told = f"error: {_one_line(error, log, out_of_memory)}"
        logger.error("%s", told)
        print(told, file=sys.stderr)
        sys.exit(1)
    sys.exit(0)


def limit_threads(threads: int) -> None:
    """Limit linear algebra libraries, which read this once, when they are loaded."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = str(threads)


def _start_log(path: Path | None) -> None:
    # A full disk shall not fill the screen with what the log has no room for.
    logging.raiseExceptions = False
    handler: logging.Handler = logging.NullHandler()
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = logging.FileHandler(path, mode="w", encoding="utf-8")
    logging.basicConfig(
        level=logging.INFO, handlers=[handler], format="%(asctime)s %(levelname)s %(message)s"
    )
    logging.captureWarnings(True)


def _one_line(
    error: Exception, log: Path | None, out_of_memory: Callable[[str], InputError] | None
) -> str:
    from crossmodal.devices import exhausted_memory

    where = exhausted_memory(error)
    if where is not None:
        again = "run it again: what is finished or saved stays"
        hint = f"Free some, or take a larger one, and {again}"
        told = out_of_memory(where) if out_of_memory else None
        return str(told or InputError(f"the memory of the {where} ran out", hint=hint))
    if isinstance(error, InputError):
        return str(error)
    if isinstance(error, OSError) and is_full(error):
        return str(no_room(Path(error.filename or ".").parent))
    # Anything else is a fault of the program or the machine: say where its traceback is.
    place = f"the traceback is in {log}" if log else "run again with --traceback"
    return f"{type(error).__name__}: {' '.join(str(error).split())} ({place})"
