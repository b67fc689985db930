"""Answers that AWS really gave, in `data/`, and what Holdfast makes of them. Where each is from, `NOTICE` says."""
