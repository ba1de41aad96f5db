"""Whether many schools are read faster by more instances of the app, and nothing happens twice.

Each instance is a host of its own around the real worker, in a process of its own, and all share
one Azurite: that is how the Functions platform scales out. `group` has the schools, `runs` a run.
"""
