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


def odd_documents(sample: Sample) -> Iterator[Tree]:
    """The document with each odd value in each place of the node under test."""
    resources: Tree = sample.tree["spec"]["resources"]
    resources = {**resources, "Vpc": {**resources.get("Vpc", {}), **SPARE}}
    node = (sample.kind.name, IT)
    for at in places(resources[sample.kind.name][IT]):
        for odd in ODD:
            yield put(sample.tree, ("spec", "resources"), put(resources, (*node, *at), odd))


def read(document: Tree) -> Stack | DocumentError:
    """The stack, or what is wrong with it."""
    try:
        return read_object(document, "odd", catalog())
    except DocumentError as error:
        return error


@pytest.mark.parametrize("kind", [pytest.param(kind, id=kind.name) for kind in kinds()])
def test_no_odd_value_breaks_a_kind(kind: AwsKind) -> None:
    """Null, references, texts with holes, secrets and values of every wrong type are read or refused, in every place
    of every document of every kind; what is refused has its path, and what is read can be planned and judged.
    """
    for sample in samples_of(kind):
        for document in odd_documents(sample):
            found = read(document)
            if isinstance(found, DocumentError):
                assert found.problems
                for problem in found.problems:
                    assert problem.path.startswith("spec.resources."), problem
                    assert "has a bug" not in problem.message, problem
            else:
                assert [] == [step.note for step in plan_for_nothing(sample, found).steps if "has a bug" in step.note]
                assert [] == [
                    each for each in objections(found.nodes.values(), catalog()) if "has a bug" in each.message
                ]
