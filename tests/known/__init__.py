"""Does the tool find what a real server was built to carry? `python -m tests.known`."""
