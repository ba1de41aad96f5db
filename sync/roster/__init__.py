"""Rosters: a school and a profile become what SDS shall hold, and findings.

This room knows who is covered by a profile, by which id SDS knows them for ever, what becomes a
class and what it is called. Its words: a *group* is what iSAMS has (a set, a form, a house, a tutor
group), a *class* is what SDS gets. Its law: equal schools give equal rosters, in whatever order
iSAMS lists them; what SDS could not hold, or what would land on the wrong person, is left out with
a finding that says what to mend; and what was not read is an error, never an empty school.
"""
