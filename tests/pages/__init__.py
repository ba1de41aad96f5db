"""The parts of the docs that repeat the code: `python dev.py docs` writes them, a test holds them.

Prose is written by hand. What the code says already, in a table or a declaration, stands between
two marks and is written from there, so that nobody has to keep the two in step:

    <!-- from the code: fates -->
    <!-- end -->
"""
