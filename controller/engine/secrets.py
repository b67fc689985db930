"""The secrets that are there without AWS or a cluster: those in the environment of this program."""

import os
from collections.abc import Mapping

from controller.core.model.reference import Secret
from controller.core.model.secret_store import SecretStore, no_secret
from controller.core.model.stack import Stack


class Environment:
    """`{secret: {env: NAME}}`."""

    def read(self, stack: Stack, secret: Secret) -> str:
        """What the variable of this name holds."""
        if secret.name not in os.environ:
            raise no_secret(f"the environment variable {secret.name} is not set")
        return os.environ[secret.name]


class NoCluster:
    """`{secret: {secretKeyRef: …}}`, where there is no cluster."""

    def read(self, stack: Stack, secret: Secret) -> str:
        """Says where else it can be kept."""
        raise no_secret(
            f"{secret.name} is a Kubernetes Secret, which only `holdfast operator` can read; "
            "elsewhere write {secret: {env: NAME}} or {secret: {secretsManager: name}}"
        )


def local_secrets() -> Mapping[str, SecretStore]:
    """The stores by the names that a document has for them, as far as there are any without AWS or a cluster."""
    return {"env": Environment(), "secretKeyRef": NoCluster()}
