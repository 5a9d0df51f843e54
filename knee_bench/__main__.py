"""`python -m knee_bench`; `make knee-bench` calls it."""

import sys

from knee_bench.command import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
