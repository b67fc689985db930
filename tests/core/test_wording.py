"""How counts are worded."""

import pytest

from controller.core.model.wording import quantity


@pytest.mark.parametrize(("number", "told"), [(0, "0 nodes"), (1, "1 node"), (2, "2 nodes"), (1000, "1000 nodes")])
def test_one_is_singular(number: int, told: str) -> None:
    """Exactly one is told in the singular, anything else in the plural."""
    assert told == quantity(number, "node")
