"""The conformance kit: what every kind promises, proven from its declaration and its fixtures alone."""
