"""Client tokens as AWS honours them: asked again with the same, it gives its first answer and does nothing."""

from typing import Any

from tests.slow.wire import Asked, Refusal, Reply, Tree

REFERENCES = ("CallerReference",)
"""Members that are tokens though AWS's models do not say so."""


class Tokens:
    """What each token was first used for, and what was answered then."""

    def __init__(self) -> None:
        self.first: dict[tuple[str, str, str], tuple[Tree, Reply]] = {}

    def answers(self, asked: Asked) -> Reply | Refusal | None:
        """The answer to a token that was used before."""
        key = self._key(asked)
        if key is None or key not in self.first:
            return None
        parameters, reply = self.first[key]
        if parameters != asked.parameters:
            return Refusal("IdempotentParameterMismatch", 400, "The client token was used for another request")
        return reply

    def note(self, asked: Asked, reply: Reply) -> None:
        """A request was granted."""
        key = self._key(asked)
        if key is not None:
            self.first.setdefault(key, (asked.parameters, reply))

    def _key(self, asked: Asked) -> tuple[str, str, str] | None:
        model: Any = asked.model
        for name in (*model.idempotent_members, *REFERENCES) if model else ():
            if token := asked.parameters.get(name):
                return asked.service, asked.operation, str(token)
        return None
