"""`python -m crossmodal`."""

from crossmodal.cli import main

main()
