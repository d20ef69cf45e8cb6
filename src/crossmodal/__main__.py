"""`python -m crossmodal`."""

from crossmodal.cli import main
from crossmodal.signals import ignore

try:
    main()
finally:
    # What is done is done: a signal while the interpreter ends would make it look failed.
    ignore()
