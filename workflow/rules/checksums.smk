"""Read an input once: by itself Snakemake hashes all inputs of a job again for each of its outputs.

A job that trains many runs has a hundred outputs and, at the papers' sizes, gigabytes to read; as
long as that takes, nothing is scheduled. A checksum holds while the file stays as it is.
"""

import os
from functools import wraps

from snakemake.io import _IOFile


def remembering(compute):
    """Wrap `_IOFile.checksum`: files that did not change are not read again by this process."""
    known = {}

    @wraps(compute)
    async def checksum(file, *arguments, **named):
        if file.is_storage:
            return await compute(file, *arguments, **named)
        try:
            state = os.stat(file.file)
        except OSError:
            return await compute(file, *arguments, **named)
        key = (state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns)
        key += (file.file, arguments, *sorted(named.items()))
        if key not in known:
            known[key] = await compute(file, *arguments, **named)
        return known[key]

    return checksum


if not hasattr(_IOFile.checksum, "__wrapped__"):
    _IOFile.checksum = remembering(_IOFile.checksum)
