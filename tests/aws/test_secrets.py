"""Secrets of Secrets Manager: whole or one key of them, and never a value in what is said."""

from collections.abc import Mapping
from typing import Any

import pytest

from controller.aws.client.secrets import STORE, SecretsManager
from controller.core.model.cloud import Meaning, Refused
from controller.core.model.reference import Secret
from controller.core.model.stack import Stack
from tests.engine.harness import ScriptedCloud

STACK = Stack("web", "eu-west-1", {})
WHOLE = '{"user": "app", "password": "hunter2"}'


class Store:
    """A store in which one secret lies, or that refuses, and what it has had concealed."""

    def __init__(self, kept: str | Refused) -> None:
        self.kept, self.concealed, self.regions = kept, list[str](), list[str]()
        self.cloud = ScriptedCloud(self.reply)

    def reply(self, operation: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        """Its answer."""
        if isinstance(self.kept, Refused):
            raise self.kept
        return {"SecretString": self.kept}

    def read(self, key: str = "") -> str:
        """What the store says."""

        def cloud(region: str) -> ScriptedCloud:
            self.regions.append(region)
            return self.cloud

        return SecretsManager(cloud, self.concealed.append).read(STACK, Secret(STORE, "db", key))


def test_a_secret_is_read_in_the_region_of_its_stack() -> None:
    """Whole, or one key of its JSON; of the latter the whole is concealed as well."""
    store = Store(WHOLE)
    assert (WHOLE, []) == (store.read(), store.concealed)
    assert ("hunter2", [WHOLE]) == (store.read("password"), store.concealed)
    assert [("GetSecretValue", {"SecretId": "db"})] * 2 == store.cloud.asked
    assert ["eu-west-1"] * 2 == store.regions


@pytest.mark.parametrize(
    ("kept", "key", "said"),
    [
        (WHOLE, "passwort", "the secret db has no key passwort"),
        ("hunter2", "password", "the secret db has no key password"),
        ('["hunter2"]', "password", "the secret db has no key password"),
        (
            Refused("secretsmanager", "GetSecretValue", "ResourceNotFoundException", Meaning.NOT_FOUND, "no"),
            "",
            "Secrets Manager has no secret db, or it has no value",
        ),
    ],
)
def test_what_is_not_there_is_told_without_a_value(kept: str | Refused, key: str, said: str) -> None:
    """That only a person can mend; nothing of the secret is in the exception, nor in what caused it."""
    with pytest.raises(Refused) as caught:
        Store(kept).read(key)
    assert (said, Meaning.INVALID) == (caught.value.message, caught.value.meaning)
    assert caught.value.__cause__ is None
    assert "hunter2" not in repr(caught.value)


def test_what_may_not_be_read_is_told_as_aws_says_it() -> None:
    """A denial stays one."""
    denied = Refused("secretsmanager", "GetSecretValue", "AccessDeniedException", Meaning.DENIED, "not you")
    with pytest.raises(Refused) as caught:
        Store(denied).read()
    assert denied is caught.value
