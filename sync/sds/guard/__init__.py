"""What may not happen to a school's people and classes unless a person has looked.

SDS matches by id and by address, and shows a Team's work to whoever is in it. So what is counted
here are people, classes and places, each of one kind and in one direction: totals of rows stay as
they are when two rosters are exchanged. The limits are `sync.settings.limits`.
"""
