"""The operator and its chart, on a real Kubernetes API server."""
