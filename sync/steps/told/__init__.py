"""What people are told, in the same words wherever they read it: at a terminal or on the page.

Sentences and words of what steps give; how they are laid out is the business of the room above.
"""
