"""How a school is invented: records, then people, structure, teaching, and last the quirks.

`simulators.school` is the door; nothing outside needs to look in here.
"""
