"""Secrets of AWS Secrets Manager, read at the moment of a call: `{secret: {secretsManager: name, key: password}}`."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from controller.core.model.cloud import Cloud, Meaning, Refused
from controller.core.model.reference import Secret
from controller.core.model.secret_store import no_secret
from controller.core.model.stack import Stack

STORE = "secretsManager"


@dataclass(frozen=True)
class SecretsManager:
    """Those of the account and region of a stack."""

    clouds: Callable[[str], Cloud]
    """The cloud of a region."""
    conceal: Callable[[str], None]
    """Told of a whole secret of which one key is wanted, before anything is looked for in it."""

    def read(self, stack: Stack, secret: Secret) -> str:
        """A secret as a whole, or one key of its JSON."""
        try:
            answer = self.clouds(stack.region).call("secretsmanager", "GetSecretValue", {"SecretId": secret.name})
        except Refused as error:
            if error.meaning is not Meaning.NOT_FOUND:
                raise
            raise no_secret(f"Secrets Manager has no secret {secret.name}, or it has no value") from None
        text = str(answer.body["SecretString"])
        if not secret.key:
            return text
        self.conceal(text)
        try:
            return str(json.loads(text)[secret.key])
        except (ValueError, KeyError, TypeError):
            raise no_secret(f"the secret {secret.name} has no key {secret.key}") from None
