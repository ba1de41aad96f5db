"""The `az` lines of the docs, and azure-cli's own parser, which judges them."""
