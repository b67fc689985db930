"""The chart: what it renders, what it refuses, what it leaves on a real API server, and who may do what there."""
