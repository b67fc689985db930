"""What keeps memory between two starts, as the engine asks for it: files of a command, an object on Kubernetes."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

Tell = Callable[..., object]
"""Told of what is out of order: a constant sentence, and what varies as keys."""


class Store(Protocol):
    """Keeps what is remembered of stacks. Nothing that fails here ends anything: it is said, and work goes on."""

    def load(self, stack: str) -> Mapping[str, Any] | None:
        """What was saved last; None where nothing is remembered, or nothing that can be used."""
        ...

    def save(self, stack: str, record: Mapping[str, Any]) -> bool:
        """Keep this, which JSON can hold, instead of what was kept before; whether it outlives the program now."""
        ...

    def forget(self, stack: str) -> None:
        """Nothing is remembered of this stack any more."""
        ...


class Nowhere:
    """The store of those who want none."""

    def load(self, stack: str) -> Mapping[str, Any] | None:
        """Nothing is remembered."""
        return None

    def save(self, stack: str, record: Mapping[str, Any]) -> bool:
        """Nothing is kept, and nobody wants it to be."""
        return True

    def forget(self, stack: str) -> None:
        """There is nothing to forget."""


def scrubbed(value: Any, scrub: Callable[[str], str]) -> Any:
    """A record without secrets, at any depth; text by text, for what is left has to be JSON."""
    match value:
        case str():
            return scrub(value)
        case Mapping():
            return {scrub(str(key)): scrubbed(item, scrub) for key, item in value.items()}
        case list() | tuple():
            return [scrubbed(item, scrub) for item in value]
    return value
