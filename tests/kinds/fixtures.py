"""The fixtures of a kind, as data: small documents whose node under test is `it`, and what happens to them.

`tests/kinds/<service>/<kind>/` holds documents and `mutations.yaml`; `docs/new-kind.md` says what is in them.
"""

import copy
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from controller.aws.catalog import catalog
from controller.aws.declaration.kind import AwsKind
from controller.core.document.loader import load
from controller.core.model.reference import Address
from controller.core.model.shape import Many, tree_of
from controller.core.model.stack import Stack
from controller.sources.files import LocalFiles
from tests.plain import plain

Tree = dict[str, Any]
RawCall = Mapping[str, Any]
"""`{operation, parameters, save}`, the service of the kind unless said; or `{wait: seconds}`."""

ROOT = Path(__file__).parent
IT = "it"
_HOLE = re.compile(r"\$\{([^}]+)\}")


@dataclass(frozen=True)
class Drift:
    """One way in which a field changes from outside, and the paths of the drift that it makes."""

    field: str
    name: str
    calls: list[RawCall]
    paths: list[str]
    stranger: bool = False
    """It puts an element into a collection that the document does not name."""
    passes: int = 1
    """In so many it is corrected, where AWS takes one call only when it is done with the one before."""


@dataclass(frozen=True)
class Immutable:
    """Other values in the document that nothing but a replacement can bring about."""

    field: str
    set: Tree
    unserved: str = ""
    """Why the stand-in cannot show the replacement itself."""
    gap: str = ""
    """Why the replacement is known not to work."""


@dataclass(frozen=True)
class Sample:
    """One document of a kind, with what is known of it."""

    kind: AwsKind
    name: str
    text: str
    mutations: Tree

    def __str__(self) -> str:
        return f"{self.kind.name}-{self.name}"

    @property
    def it(self) -> Address:
        """The node under test."""
        return Address(self.kind.name, IT)

    @cached_property
    def tree(self) -> Tree:
        """The document as it is written."""
        tree: Tree = plain(self.text)
        return tree

    @cached_property
    def desired(self) -> Tree:
        """The fields of the node under test in the form that is compared and sent."""
        said: Tree = self.tree["spec"]["resources"][self.kind.name][IT]
        fields = {name: value for name, value in said.items() if name not in ("lifecycle", "tags")}
        return self.kind.desired("kit", self.it, tree_of(self.kind.spec.model_validate(fields)))

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds that the document names."""
        return frozenset(self.tree["spec"]["resources"])

    @property
    def backends(self) -> list[str]:
        """The backends that serve all it needs, where not all do."""
        return list(self.mutations.get("backends", {}).get(self.name, ("strict", "moto")))

    @property
    def before(self) -> list[RawCall]:
        """Calls that make what the document names and no node of it makes."""
        return list(self.mutations.get("before", {}).get(self.name, ()))

    @property
    def saved(self) -> list[str]:
        """The names of what `before` makes."""
        return [name for call in self.before for name in call.get("save", {})]

    @property
    def gone(self) -> list[RawCall]:
        """How the node goes away from outside; empty where it cannot."""
        return list(self.mutations.get("gone", {}).get(self.name, ()))

    @property
    def has_evidence(self) -> bool:
        """Whether its other nodes prove which live thing it is."""
        return self.name in self.mutations.get("evidence", ())

    @property
    def has_key(self) -> bool:
        """Whether a natural key tells the node from others; a name that is left open is known as well."""
        fields = self.kind.shape.fields
        said = {*self.tree["spec"]["resources"][self.kind.name][IT], *(n for n in fields if fields[n].named)}
        return bool(self.kind.natural_key) and not self.kind.shares_key and set(self.kind.natural_key) <= said

    @property
    def drifts(self) -> list[Drift]:
        """Every way in which a field of it changes from outside."""
        return [
            Drift(
                name,
                entry["name"],
                entry["calls"],
                entry["paths"],
                entry.get("stranger", False),
                entry.get("passes", 1),
            )
            for name, entries in self.mutations.get("drift", {}).items()
            for entry in entries
            if entry.get("document", "document") == self.name
        ]

    @property
    def immutables(self) -> list[Immutable]:
        """Every change of its document that needs a replacement."""
        return [
            Immutable(name, entry["set"], entry.get("unserved", ""), entry.get("gap", ""))
            for name, entry in self.mutations.get("immutable", {}).items()
            if entry.get("document", "document") == self.name
        ]

    @property
    def replaceable(self) -> list[Immutable]:
        """Those changes whose replacement can be shown."""
        return [each for each in self.immutables if not each.unserved and not each.gap]

    def stack(self, folder: Path, saved: Mapping[str, str] | None = None, change: Tree | None = None) -> Stack:
        """The document as it is loaded, with `change` made to the node under test; None takes a field away."""
        known = saved or {name: f"{name}-0" for name in self.saved}
        tree = copy.deepcopy(self.tree)
        node = tree["spec"]["resources"][self.kind.name][IT]
        node.update(copy.deepcopy(change or {}))
        for name in [name for name, value in node.items() if value is None]:
            del node[name]
        path = folder / "document.yaml"
        path.write_text(_HOLE.sub(lambda hole: known.get(hole[1], hole[0]), json.dumps(tree)))
        (stack,) = load(LocalFiles([path]), catalog())
        return stack


def folder_of(kind: AwsKind) -> Path:
    """Where the fixtures of a kind belong: the same service and name as the file that declares it."""
    return ROOT.joinpath(*type(kind).__module__.split(".")[-2:])


@cache
def kinds() -> tuple[AwsKind, ...]:
    """Every kind of the catalog."""
    return tuple(kind for kind in catalog().values() if isinstance(kind, AwsKind))


@cache
def samples_of(kind: AwsKind) -> tuple[Sample, ...]:
    """The documents of a kind."""
    folder = folder_of(kind)
    mutations = _read(folder / "mutations.yaml") or {}
    paths = [path for path in sorted(folder.glob("*.yaml")) if path.stem not in ("mutations", "moto")]
    return tuple(Sample(kind, path.stem, path.read_text(), mutations) for path in paths)


@cache
def samples() -> tuple[Sample, ...]:
    """The documents of all kinds."""
    return tuple(sample for kind in kinds() for sample in samples_of(kind))


def collections_of(kind: AwsKind) -> Iterator[str]:
    """The fields that are changed element by element."""
    for name, part in kind.shape.fields.items():
        if isinstance(part.shape, Many) and part.shape.elementwise and not part.immutable:
            yield name


@dataclass(frozen=True)
class Defect:
    """One way in which moto is not AWS, and the promises that it spoils."""

    documents: list[str]
    promises: list[str]
    reason: str
    drifts: list[str] | None = None
    """Only these of the drifts, as `field name`."""
    differs: Mapping[str, list[str]] | None = None
    """Paths by node that never come into sync; None where the promise cannot be shown at all."""


def moto_defects(sample: Sample, promise: str) -> list[Defect]:
    """What is known of moto that spoils one promise for one document."""
    entries: list[Tree] = _read(folder_of(sample.kind) / "moto.yaml") or []
    found = [Defect(**entry) for entry in entries]
    return [each for each in found if promise in each.promises and sample.name in each.documents]


@cache
def _read(path: Path) -> Any:
    return plain(path.read_text()) if path.exists() else None
