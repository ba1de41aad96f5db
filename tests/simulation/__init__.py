"""A group's night as events, through the real steps; `python -m tests.simulation` prints it."""
