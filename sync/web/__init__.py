"""How people ask over HTTP: requests in, answers out, no host's types."""
