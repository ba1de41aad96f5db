"""Exports: a school's records as CSV files that other programs can import, apart from SDS.

This room knows which files there are, what their columns hold, what must be read for each, and
whom each tells of. Its law: a file is declared once, in `tables`; equal schools give equal bytes;
no id leads nowhere; what iSAMS did not tell is no file, and what is empty is a file of headings.
"""
