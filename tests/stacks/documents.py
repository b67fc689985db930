"""Reference documents, and the same with something changed."""

import copy
import json
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from controller.core.document.loader import load
from controller.core.model.reference import Address, placeholders_in
from controller.core.model.stack import Stack
from controller.sources.files import LocalFiles
from tests.plain import plain
from tests.stacks.world import CATALOG

DESIRED = Path(__file__).parents[2] / "desired"
Tree = dict[str, Any]


def reference(name: str) -> Stack:
    """A reference document as it is shipped."""
    (stack,) = load(LocalFiles([DESIRED / f"{name}.yaml"]), CATALOG)
    return stack


@cache
def tree_of(name: str) -> Tree:
    """A reference document as plain values, which nobody changes."""
    tree: Tree = plain((DESIRED / f"{name}.yaml").read_text())
    return tree


def variant(name: str, address: str, fields: Tree, folder: Path) -> Stack:
    """A reference document with these fields of one node set to other values."""
    tree = copy.deepcopy(tree_of(name))
    kind, _, node = address.partition("/")
    tree["spec"]["resources"][kind][node].update(fields)
    if (DESIRED / name).is_dir():  # the files that it takes in
        shutil.copytree(DESIRED / name, folder / name, dirs_exist_ok=True)
    path = folder / f"{name}.yaml"
    path.write_text(json.dumps(tree))
    (stack,) = load(LocalFiles([path]), CATALOG)
    return stack


def references(stack: Stack) -> Iterator[tuple[Address, Address]]:
    """Who refers to whom, by the fields that are references."""
    for address, node in stack.nodes.items():
        for path, _ in CATALOG[address.kind].shape.references:
            yield from ((address, p.address) for value in _values(node.fields, path) for p in placeholders_in(value))


def _values(value: Any, path: tuple[str, ...]) -> Iterator[Any]:
    """What stands at a path, through all lists on the way."""
    if isinstance(value, list):
        for each in value:
            yield from _values(each, path)
    elif not path:
        yield value
    elif isinstance(value, dict) and path[0] in value:
        yield from _values(value[path[0]], path[1:])
