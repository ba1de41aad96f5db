"""Print what a second instance is worth: `python -m tests.scale [schools] [seconds]`.

The seconds are what iSAMS takes for a school. Some minutes for a hundred schools.
"""

from __future__ import annotations

import sys

from tests.scale.runs import Figures, run


def main(schools: int, wait_s: float) -> None:
    """Read the schools by one instance and by two, and print a line of each."""
    say(f"{schools} schools, of which iSAMS tells after {wait_s:g} s each")
    told: list[Figures] = []
    for instances in (1, 2):
        figures = run(schools, instances, wait_s=wait_s)
        told.append(figures)
        ran = ", ".join(f"{name} {times}" for name, times in sorted(figures.ran.items()))
        say(
            f"{instances} instances: {figures.schools_a_minute:6.1f} schools a minute, all sealed"
            f" after {figures.pulling_s:.0f} s, with SDS after {figures.delivered_s:.0f} s;"
            f" CPU of the app {figures.cpu_s / schools:.2f} s a school; ran {ran}\n"
            f"   profiles sealed {figures.sealed}, at most {figures.most_sets} sets of one,"
            f" {figures.most_attempts} attempts and {figures.most_asked} answers of a school;"
            f" deliveries {figures.deliveries}, hand-overs {figures.hand_overs}"
        )
    one, two = told
    say(f"two instances are {two.schools_a_minute / one.schools_a_minute:.2f} x as fast as one")


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    words = sys.argv[1:]
    main(int(words[0]) if words else 100, float(words[1]) if words[1:] else 5.0)
