"""Where secrets are kept, as the engine asks for them at the moment of a call."""

from typing import Protocol

from controller.core.model.cloud import Meaning, Refused
from controller.core.model.reference import Secret
from controller.core.model.stack import Stack


class SecretStore(Protocol):
    """Reads secrets. Whoever gets one conceals it before using it; no exception of a store carries one."""

    def read(self, stack: Stack, secret: Secret) -> str:
        """The secret that a stack's document names.

        Raises `Refused` where it is not there, is not text or may not be read, and `Unreachable`.
        """


def no_secret(message: str) -> Refused:
    """Without its secret a call is not made, and trying again soon is of no use."""
    return Refused("holdfast", "ReadSecret", "NoSecret", Meaning.INVALID, message)
