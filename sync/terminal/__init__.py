"""How people ask at a terminal: the same steps as the functions', one command at a time."""
