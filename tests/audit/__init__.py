"""What the deployed app is made of, and what is known against it: `python dev.py audit`."""
