"""Reading back what reached Teams: apart from everything that delivers, which knows nothing of it.

`look` reads and compares, a part at a time; `told` says what came of it, to people and programs.
"""
