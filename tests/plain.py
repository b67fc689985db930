"""YAML read by the parser in C: each worker reads the fixtures of all kinds before its first test."""

from typing import Any

import yaml


def plain(text: str) -> Any:
    """What a text with one document says."""
    return yaml.load(text, Loader=yaml.CSafeLoader)
