"""Kubernetes: the CRD made from the kinds, and the operator's side of the API server."""
