"""Tests of the operator, without a cluster."""
