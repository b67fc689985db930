"""Comparison with the files in `golden/`, and how these are renewed (see the package's docstring)."""

import os
from pathlib import Path

FOLDER = Path(__file__).parent / "golden"


def assert_golden(name: str, found: str) -> None:
    """What was found is what the file holds, to the character."""
    path = FOLDER / name
    if os.environ.get("RENEW_GOLDEN"):
        path.write_text(found, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == found
