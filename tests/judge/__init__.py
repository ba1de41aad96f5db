"""What other people's tools say about `infra/`, the workflows and the settings of the platform."""
