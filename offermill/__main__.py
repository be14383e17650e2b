"""`python -m offermill`."""

from offermill.cli import main

main()
