"""Databases of RDS, and what they need."""
