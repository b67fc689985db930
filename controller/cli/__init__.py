"""The commands: the only place that wires real parts together."""
