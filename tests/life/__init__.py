"""A model of a school's ordinary life, and of harm: what the limits hold, and what they let go.

Figures of it are no measurement of any school; they say how limits compare. How often pupils move,
come and go is what schools say of themselves, rounded up.
"""
