"""The alerts: unit tests of promtool, what they must have, and a real Prometheus that sees one fire."""
