"""Kinds of CloudFront, one file each."""
