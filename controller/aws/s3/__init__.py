"""Kinds of S3, one file each."""
