"""Run the command line: python -m capacity."""

from capacity.commands.cli import main

main()
