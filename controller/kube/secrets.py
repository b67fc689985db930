"""Secrets of Kubernetes, read at the moment of a call: `{secret: {secretKeyRef: {name: …, key: …}}}`."""

import base64
import binascii
import json
import re
from dataclasses import dataclass

from controller.core.model.cloud import Meaning, Refused, Unreachable
from controller.core.model.reference import Secret
from controller.core.model.stack import Stack
from controller.kube.api import Api, ApiRefused, ApiUnreachable

STORE = "secretKeyRef"
_NAME = r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?"
"""What Kubernetes takes as the name of a Secret; anything else could lead to another path, and so elsewhere."""


@dataclass(frozen=True)
class KubernetesSecrets:
    """Those of the namespace of a Stack."""

    api: Api

    def read(self, stack: Stack, secret: Secret) -> str:
        """The value of one key of a Secret that stands beside the Stack, in no other namespace.

        Raises `Refused` where it is not there, is not text or may not be read, and `Unreachable`.
        """
        place = f"Secret {stack.namespace}/{secret.name}"
        if not re.fullmatch(_NAME, secret.name):
            raise _unusable(f"{json.dumps(secret.name)} is not a valid Secret name")
        try:
            obj = self.api.ask("GET", f"/api/v1/namespaces/{stack.namespace}/secrets/{secret.name}")
        except ApiUnreachable as error:
            raise Unreachable("kubernetes", "GetSecret", Meaning.TRANSIENT, str(error)) from None
        except ApiRefused as error:
            raise _refusal(error, place) from None
        content = (obj.get("data") or {}).get(secret.key)
        if content is None:
            raise _unusable(f"{place} has no key {secret.key}")
        try:
            return base64.b64decode(content, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            raise _unusable(f"{place}: the value of the key {secret.key} is not text") from None


def _refusal(error: ApiRefused, place: str) -> Refused:
    if error.gone:
        return _unusable(f"{place} does not exist")
    if error.denied:
        message = f"the operator is not allowed to read {place}; the chart value secretKeyRefs.enabled allows it"
        return Refused("kubernetes", "GetSecret", error.reason, Meaning.DENIED, message)
    return Refused("kubernetes", "GetSecret", error.reason, Meaning.TRANSIENT, str(error))


def _unusable(message: str) -> Refused:
    return Refused("kubernetes", "GetSecret", "NoSecret", Meaning.INVALID, message)
