"""What drifts in the reference documents, and what cannot."""

from tests.stacks.drifting import NAMES, SPECIAL, WITHOUT, drifting, other_value, places_in
from tests.stacks.variations import NOTHING


def test_every_field_has_another_value_or_a_reason() -> None:
    """No mutable field of a document is left out, and nothing is said of a field that is not there."""
    assert [] == [place.words for name in NAMES for place in drifting(name) if other_value(place) is NOTHING]
    known = {words for name in NAMES for place in places_in(name) for words in (place.named, place.words)}
    assert set() == {*SPECIAL, *WITHOUT} - known
