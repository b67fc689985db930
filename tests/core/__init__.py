"""The promises of the core."""
