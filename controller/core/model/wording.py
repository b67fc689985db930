"""Counts, worded for people."""


def quantity(number: int, noun: str) -> str:
    """A number and what it counts: `1 node`, `2 nodes`, `0 nodes`; for nouns whose plural takes an s."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
