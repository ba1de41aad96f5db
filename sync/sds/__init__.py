"""Rosters as SDS files: which columns and codes, how they are written, checked and merged."""
