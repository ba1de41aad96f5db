"""Addresses that iSAMS lacks: the list, and writing it into iSAMS one record at a time.

In this order: `listing` matches records to accounts; `learning` keeps what the school's Swagger
says; `planning` makes a plan of at most 25 records and approves it; `writing` carries it out, and
takes it back; `looking` tells how a plan stands. No trigger knows this room: a person at a terminal
alone does, who has another client and another token than the app.
"""
