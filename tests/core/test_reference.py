"""Secrets in a document: where they are kept, and what is said of a form that is not one."""

from typing import Any

import pytest
from pydantic_core import PydanticCustomError

from controller.core.model.reference import Secret, parse_expression

FORMS = (
    "a secret is written as {secret: {env: NAME}}, {secret: {secretsManager: name, key: …}} "
    "or {secret: {secretKeyRef: {name: …, key: …}}}"
)
KEY = "`secretKeyRef` names a Kubernetes Secret and one of its keys: {name: …, key: …}"
TEXTS = "the parts of a secret reference must be strings"


@pytest.mark.parametrize(
    ("raw", "secret"),
    [
        ({"env": "A"}, Secret("env", "A")),
        ({"secretsManager": "a"}, Secret("secretsManager", "a")),
        ({"key": "b", "secretsManager": "a"}, Secret("secretsManager", "a", "b")),
        ({"secretKeyRef": {"key": "b", "name": "a"}}, Secret("secretKeyRef", "a", "b")),
    ],
)
def test_the_places_of_a_secret(raw: dict[str, Any], secret: Secret) -> None:
    """The store, the name in it and the key are told apart whatever order they are written in."""
    found = parse_expression({"secret": raw})
    assert secret == found
    assert "(secret)" == str(found)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ({}, FORMS),
        ({"name": "a", "key": "b"}, FORMS),
        ({"env": "A", "secretKeyRef": {"name": "a", "key": "b"}}, FORMS),
        ({"secretKeyRef": "a"}, KEY),
        ({"secretKeyRef": {"name": "a"}}, KEY),
        ({"secretKeyRef": {"name": "a", "key": "b", "optional": True}}, KEY),
        ({"secretKeyRef": {"name": "a", "key": ""}}, TEXTS),
        ({"secretKeyRef": {"name": 5, "key": "b"}}, TEXTS),
        ({"env": 5}, TEXTS),
    ],
)
def test_no_place_of_a_secret(raw: dict[str, Any], message: str) -> None:
    """What is wrong is told in the form that would be right; which key of a Secret is meant is never guessed."""
    with pytest.raises(PydanticCustomError) as caught:
        parse_expression({"secret": raw})
    assert message == str(caught.value)
