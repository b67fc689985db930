"""A kind whose own code fails, and what stands for it for as long as a pass takes."""

from traceback import walk_tb
from typing import Any

from controller.core.model.cloud import Bug, HoldfastError
from controller.core.model.facts import Facts
from controller.core.model.kind import Catalog, Kind


def culprit(catalog: Catalog, doing: str, error: Exception) -> tuple[str, Bug] | None:
    """The kind in whose own code an error was raised, and the error as a bug; None where it was raised on purpose, or
    not on behalf of a kind."""
    raised = error.error if isinstance(error, Bug) else error
    if isinstance(raised, HoldfastError):
        return None
    callers = [frame.f_locals.get("self") for frame, _ in walk_tb(raised.__traceback__)]
    named = [caller.name for caller in callers if isinstance(caller, Facts)]
    named += [error.what] if isinstance(error, Bug) else []
    name = next((kind for kind in named if kind in catalog), None)
    if name is None:
        return None
    return name, error if isinstance(error, Bug) else Bug(doing, name, error)


def broken(kind: Kind, bug: Bug) -> Kind:
    """What stands for a kind whose own code fails: its spec, of which nothing can be read; whatever else it is asked
    for fails in the same way."""

    def fails(*_: object, **__: object) -> Any:
        raise bug

    methods = dict.fromkeys(Kind.__abstractmethods__, fails)
    facts = {"name": kind.name, "spec": kind.spec, "taken": lambda *_: frozenset()}
    made: type[Kind] = type("Broken", (Kind,), {**methods, **facts})
    return made()
