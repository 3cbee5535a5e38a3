"""`python -m align`."""

from .cli import main

main()
