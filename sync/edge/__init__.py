"""The only code that waits for the outside: clock, network, storage, sign-in."""
