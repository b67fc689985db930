"""The reference documents as stories tell them: with a database that may go when all is destroyed."""

import copy
import json
import shutil
import tempfile
from pathlib import Path

from controller.core.document.loader import load
from controller.core.model.stack import Stack
from controller.sources.files import LocalFiles
from tests.stacks.documents import DESIRED, Tree, tree_of
from tests.stacks.world import CATALOG

LOOSE = {"deletionProtection": False, "tags": {"holdfast.dev/skip-final-snapshot": "true"}}


def tree(name: str) -> Tree:
    """A document as plain values, which a story may change."""
    found = copy.deepcopy(tree_of(name))
    for database in found["spec"]["resources"].get("DbInstance", {}).values():
        database.update(LOOSE)
    return found


def read(name: str, tree: Tree) -> Stack:
    """The document as a program reads it, with the files beside it."""
    with tempfile.TemporaryDirectory() as folder:
        if (DESIRED / name).is_dir():
            shutil.copytree(DESIRED / name, Path(folder) / name)
        path = Path(folder) / f"{name}.yaml"
        path.write_text(json.dumps(tree))
        (stack,) = load(LocalFiles([path]), CATALOG)
    return stack
