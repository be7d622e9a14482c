"""`python -m tests.bench`."""

from tests.bench.main import main

main()
