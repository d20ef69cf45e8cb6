"""What a person sees of a run: what is at work, how much is done, how long it still takes.

A logger plugin of Snakemake, chosen in `profiles/default`. On a terminal the jobs at work and a bar
stay below a line for each finished job; elsewhere there are these lines alone. Reasons, files and
commands go to Snakemake's own log file, or here with `--verbose`. A dry run looks as ever.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from logging import LogRecord

from snakemake.logging import ColorizingTextHandler, DefaultFilter, DefaultFormatter
from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent

from snakemake_logger_plugin_crossmodal.run import Run
from snakemake_logger_plugin_crossmodal.screen import Lines, Screen, Terminal

REDRAW_S = 1.0
HIDDEN = (
    "Assuming unrestricted",
    "At least one job",
    "Building DAG",
    "Conda environments: ignored",
    "Config file ",
    "Error in rule",
    "Exiting because a job",
    "Provided",
    "Rules claiming more",
    "Select jobs",
    "Shutting down",
    "Singularity containers: ignored",
    "Terminating processes",
    "Using shell",
    "Using workflow specific profile",
    "Will exit after",
    "host: ",
)
"""How messages of Snakemake begin that say nothing to a person, or what stands here already."""


def cancel_timers() -> None:
    """End the timers of Snakemake's scheduler, which would keep its process alive until they ring.

    Nothing is scheduled any more when the log ends (docs/upstream.md).
    """
    for thread in threading.enumerate():
        if isinstance(thread, threading.Timer):
            thread.cancel()


class LogHandler(LogHandlerBase):
    """Takes Snakemake's messages and keeps the screen."""

    def __post_init__(self) -> None:
        """Look at the settings of the output."""
        given = self.common_settings
        stream = sys.stdout if given.stdout else sys.stderr
        self._passes = DefaultFilter(
            given.quiet, given.debug_dag, given.verbose, given.dryrun, given.printshellcmds
        )
        self._everything: logging.Handler | None = None
        if given.verbose or given.dryrun or given.debug_dag:
            form = DefaultFormatter(given.quiet, given.show_failed_logs)
            self._everything = ColorizingTextHandler(given.nocolor, stream, form, self._passes)
        fancy = stream.isatty() and os.environ.get("TERM", "dumb") != "dumb"
        self._screen: Screen = Terminal(stream) if fancy else Lines(stream)
        self._run = Run()
        self._ended = threading.Event()
        self._drawing = threading.Lock()
        if fancy and self._everything is None:
            threading.Thread(target=self._redraw, daemon=True).start()

    def emit(self, record: LogRecord) -> None:
        """Show a message, or note what it says of the run."""
        try:
            if self._everything is not None:
                self._everything.handle(record)
            elif self._passes.filter(record):
                with self._drawing:
                    self._take(record)
        except Exception:
            self.handleError(record)

    def close(self) -> None:
        """Say in one sentence how the run ended."""
        if not self._ended.is_set():
            self._ended.set()
            with self._drawing:
                self._screen.draw([])
                if self._everything is None and (last := self._run.ending()):
                    self._screen.say(last)
            cancel_timers()
        super().close()

    def _take(self, record: LogRecord) -> None:
        run, event = self._run, getattr(record, "event", None)
        told: list[str] = []
        if hasattr(record, "expected"):
            run.begin(vars(record)["expected"], vars(record)["below"])
            told = [record.getMessage()]
        elif hasattr(record, "page"):
            run.page = vars(record)["page"]
        elif event == LogEvent.RESOURCES_INFO:
            run.cores = getattr(record, "cores", None) or run.cores
        elif event == LogEvent.JOB_INFO:
            run.start(vars(record))
        elif event == LogEvent.JOB_FINISHED:
            told = run.finish(vars(record).get("job_id", vars(record).get("jobid")))
        elif event in (LogEvent.JOB_ERROR, LogEvent.GROUP_ERROR):
            told = run.fail(vars(record))
        elif event == LogEvent.PROGRESS:
            run.done, run.total = vars(record)["done"], vars(record)["total"]
        elif event in (None, LogEvent.ERROR):
            told = run.message(record.getMessage(), record.levelno, HIDDEN)
        for text in told:
            self._screen.say(text)
        if run.began:
            self._screen.draw(run.at_work(self._screen.columns))

    def _redraw(self) -> None:
        while not self._ended.wait(REDRAW_S):
            with self._drawing:
                if self._run.began and not self._ended.is_set():
                    self._screen.draw(self._run.at_work(self._screen.columns))

    writes_to_stream = property(lambda self: True)
    writes_to_file = property(lambda self: False)
    has_filter = property(lambda self: True)
    has_formatter = property(lambda self: True)
    needs_rulegraph = property(lambda self: False)
