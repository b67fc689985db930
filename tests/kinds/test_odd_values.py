"""Whatever a document says in a field of a kind, it is read, or refused with the place: never an exception."""

from collections.abc import Iterator
from typing import Any

import pytest

from controller.aws.catalog import catalog
from controller.aws.declaration.kind import AwsKind
from controller.core.document.loader import read_object
from controller.core.document.problem import DocumentError
from controller.core.model.stack import Stack
from controller.core.planning.objections import objections
from tests.kinds.fixtures import IT, Sample, Tree, kinds, samples_of
from tests.kinds.kit import plan_for_nothing

CATALOG = catalog()
TURNS = 3
SPARE: Tree = {"spare": {"cidrBlock": "10.250.0.0/16"}}
"""What the odd values refer to."""
ODD: tuple[Any, ...] = (
    None,
    {"from": "Vpc/spare", "attribute": "cidrBlock"},
    {"text": "a-${vpc}", "with": {"vpc": {"from": "Vpc/spare", "attribute": "id"}}},
    {"secret": {"env": "NAME"}},
    {"id": "live"},
    {"find": {"isDefault": True}},
    7,
    10**40,
    1.5,
    True,
    "",
    "odd",
    [],
    [None],
    [{}],
    {},
    {"odd": 1},
)


def places(value: Any, at: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every place in a tree: fields, elements, values of maps, and whole structures."""
    yield at
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        yield from places(part, (*at, key))


def put(tree: Any, at: tuple[str | int, ...], value: Any) -> Any:
    """The tree with another value at one place."""
    if not at:
        return value
    first, *rest = at
    inner = put(tree[first], tuple(rest), value)
    return {**tree, first: inner} if isinstance(tree, dict) else [*tree[: int(first)], inner, *tree[int(first) + 1 :]]


def odd_documents(kind: AwsKind) -> Iterator[tuple[Sample, Tree]]:
    """A document with odd values in each place of the node under test; elements of one list are one place.

    Each field has every value. Within structures, which are many and read by one code, they take turns.
    """
    done = set[tuple[str | None, ...]]()
    for sample in samples_of(kind):
        resources: Tree = sample.tree["spec"]["resources"]
        resources = {**resources, "Vpc": {**resources.get("Vpc", {}), **SPARE}}
        for at in places(resources[kind.name][IT]):
            place = tuple(None if isinstance(step, int) else step for step in at)
            turn, turns = (0, 1) if len(place) < 2 else (len(done) % TURNS, TURNS)
            for odd in ODD[turn::turns] if place not in done else ():
                yield sample, put(sample.tree, ("spec", "resources"), put(resources, (kind.name, IT, *at), odd))
            done.add(place)


def read(document: Tree) -> Stack | DocumentError:
    """The stack, or what is wrong with it."""
    try:
        return read_object(document, "odd", CATALOG)
    except DocumentError as error:
        return error


@pytest.mark.parametrize("kind", [pytest.param(kind, id=kind.name) for kind in kinds()])
def test_no_odd_value_breaks_a_kind(kind: AwsKind) -> None:
    """Null, references, texts with holes, secrets and values of every wrong type are read or refused, in every field
    of every kind, and some of them at any depth; what is refused has its path, what is read can be planned.
    """
    for sample, document in odd_documents(kind):
        found = read(document)
        if isinstance(found, DocumentError):
            assert found.problems
            for problem in found.problems:
                assert problem.path.startswith("spec.resources."), problem
                assert "has a bug" not in problem.message, problem
        else:
            assert [] == [step.note for step in plan_for_nothing(sample, found).steps if "has a bug" in step.note]
            assert [] == [each for each in objections(found.nodes.values(), CATALOG) if "has a bug" in each.message]
