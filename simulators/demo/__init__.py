"""The whole of it on one machine: an invented school's nights, told as they happen.

`python -m simulators.demo` runs the steps in this process, on a folder. With `--azure` they run as
they do on Azure: `function_app.py` in a Functions host, started over HTTP, on emulated storage.
Everything that should be so is checked on the way: the demo fails if anything is not.
"""
