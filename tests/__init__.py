"""The promises of Holdfast, each kept by a test."""
