"""How people ask at a terminal: the same steps as the functions', a command at a time.

A command lies in the module of its name, takes its options and gives a `Result`: what people are
shown, what programs read with `--json`, and the exit code. `cli` is the tree of them all. The
room's law: results go to stdout, progress and errors to stderr, and nobody is named but by
`findings` and in the files that `build` and `datasets` write. It may use click and rich, which the
function app does without.
"""
