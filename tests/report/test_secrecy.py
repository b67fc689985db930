"""Secrets in what is shown as a whole: statuses and events of Kubernetes, plans as JSON."""

from typing import Any

import pytest

from controller.report import secrecy
from controller.report.secrecy import HIDDEN, Secrets, scrubbed


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    """One secret, known to this test alone."""
    secrets = Secrets()
    secrets.conceal("hunter2")
    secrets.conceal("x")
    monkeypatch.setattr(secrecy, "scrub", secrets.scrub)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("the password is hunter2", f"the password is {HIDDEN}"),
        (["a", "hunter2"], ["a", HIDDEN]),
        ({"a": {"b": ["hunter2!"]}}, {"a": {"b": [f"{HIDDEN}!"]}}),
        ({"hunter": 2}, {"hunter": 2}),
        ([[["x"]]], [[[HIDDEN]]]),
        (7, 7),
        (True, True),
        (None, None),
        ([], []),
        ({}, {}),
        ("", ""),
    ],
)
def test_every_text_is_scrubbed(value: Any, expected: Any) -> None:
    """However deep it stands; what is no text stays what it is, down to its type."""
    found = scrubbed(value)
    assert expected == found
    assert type(expected) is type(found)


def test_what_is_given_stays_as_it_was() -> None:
    """The shown is a copy: what goes on with the values goes on with them."""
    value = {"a": ["hunter2"]}
    scrubbed(value)
    assert {"a": ["hunter2"]} == value
