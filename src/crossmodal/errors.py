"""Errors a user can mend: one line that names the file, the field and the remedy."""

from __future__ import annotations

from pathlib import Path


class InputError(Exception):
    """Something the user gave is wrong.

    The command line prints it as one line and exits with 1; the traceback goes to the log.

    Args:
        problem: What is wrong, without a final full stop.
        file: The file at fault.
        field: The key, column or variable in it.
        hint: What to do about it, as an imperative sentence without a final full stop.
    """

    def __init__(
        self,
        problem: str,
        *,
        file: str | Path | None = None,
        field: str | None = None,
        hint: str | None = None,
    ) -> None:
        self.problem = problem
        self.file = file
        self.field = field
        self.hint = hint
        where = ": ".join(str(part) for part in (file, field) if part is not None)
        text = f"{where}: {problem}" if where else problem
        if hint is not None:
            text = f"{text}. {hint}"
        super().__init__(" ".join(text.split()))


class ClipError(Exception):
    """One clip cannot be used; it is set aside with a reason and the others go on.

    Args:
        reason: A plain phrase, without the names of files.
        file: The file at fault, relative to the corpus folder, where it is not the clip's main one.
    """

    def __init__(self, reason: str, file: str | None = None) -> None:
        self.reason = " ".join(reason.split())
        self.file = file
        super().__init__(self.reason)
