"""SDS files: rosters become the tables of SDS v2.1, a delivery, and what it would change.

This room knows SDS's columns, codes and rules, how its files are written and read, how the sets of
several profiles become a delivery, and which differences wait for a person. Its law: what SDS
would refuse is never written; equal rosters give equal bytes; every fact of a delivery is the
newest set's; and no loss is let through because it could not be seen.
"""
