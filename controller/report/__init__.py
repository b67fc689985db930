"""What people and programs get to see: the plan in four forms, the graph, metrics, logs, progress."""
