"""The one diff: what the document says against what AWS shows, field by field, each by its own equality.

Only fields that the document sets are compared; an element of a list is compared whole. A reference is resolved
first, and the answer may be that nobody can know it yet; then the difference is a consequence of another node's step,
or is not compared at all.
"""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any

from controller.core.model.call import Change, field_of
from controller.core.model.paths import HOLE, cast, covers, element_key, label
from controller.core.model.reference import (
    Address,
    Expression,
    Foreign,
    Lookup,
    Placeholder,
    expressions_in,
    replace_expressions,
)
from controller.core.model.shape import Field, Many, Record, Scalar, Shape, Table, Tree


@dataclass(frozen=True, slots=True)
class Known:
    """The value of an expression, as AWS shows it now."""

    value: Any


@dataclass(frozen=True, slots=True)
class Later:
    """Known only after the step of the node `because`; `replaced` when that step replaces something live."""

    because: Address
    replaced: bool


@dataclass(frozen=True, slots=True)
class Unknowable:
    """Nobody can say: the target is missing and blocked, unknown or in conflict."""

    why: str


Resolution = Known | Later | Unknowable
Resolve = Callable[[Expression], Resolution]


@dataclass
class Difference:
    """What a comparison found: changes, what was not compared and why, and unmanaged that were kept."""

    changes: list[Change] = field(default_factory=list)
    uncompared: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)


def diff(
    shape: Record,
    desired: Tree,
    observed: Tree,
    resolve: Resolve,
    ignore: tuple[str, ...] = (),
    additive: frozenset[str] = frozenset(),
) -> Difference:
    """Compare two trees of one shape; `ignore` names paths, `additive` collections that keep their unmanaged."""
    comparison = _Comparison(resolve, ignore, additive)
    comparison.record(shape, desired, observed, "")
    if comparison.unknown:
        comparison.hold_back(shape)
    return comparison.difference


def diff_tags(desired: Mapping[str, str], observed: Mapping[str, str]) -> list[Change]:
    """Tags are a partial map: those that the document names are managed, all others are left alone."""
    return [
        Change(f"tags[{key}]", "change" if key in observed else "add", value, observed.get(key))
        for key, value in desired.items()
        if observed.get(key) != value
    ]


@dataclass
class _Comparison:
    resolve: Resolve
    ignore: tuple[str, ...]
    additive: frozenset[str]
    difference: Difference = field(default_factory=Difference)
    unknown: list[str] = field(default_factory=list)
    """Paths at which nobody can say what is wanted."""

    def record(self, shape: Record, desired: Tree, observed: Tree, prefix: str) -> None:
        for name, value in desired.items():
            part = shape.fields[name]
            if not _moved_by_aws(part, {**observed, **desired}, observed.get(name)):
                self.field(part, value, observed.get(name), f"{prefix}{name}")
        if shape.whole:
            for name, value in observed.items():
                if name not in desired and not shape.fields[name].left_to_aws(value):
                    self.change(Change(f"{prefix}{name}", "remove", None, value))

    def field(self, part: Field, desired: Any, observed: Any, path: str) -> None:
        if part.write_only:
            if part.write_only.why:
                self.difference.uncompared.append(f"{path}: {part.write_only.why}")
        elif part.shown_late and observed is None:
            self.difference.uncompared.append(f"{path}: AWS does not return it yet")
        elif desired in ([], {}) and not observed:
            return  # what the document empties and AWS does not show
        elif part.removable and not desired and not _elementwise(part.shape):
            self.change(Change(path, "remove", desired, observed))
        else:
            self.shaped(part, desired, observed, path)

    def shaped(self, part: Field, desired: Any, observed: Any, path: str) -> None:
        match part.shape:
            case Many() as many if many.elementwise:
                self.elements(part, many, desired, observed or [], path)
            case Record() as record:
                self.record(record, desired, observed or {}, f"{path}.")
            case Table() as table:
                self.table(table, desired, observed or {}, path)
            case Many(item=Record() as record) if observed is not None and len(desired) == len(observed):
                for number, (wanted, shown) in enumerate(zip(desired, observed, strict=True)):
                    self.record(record, wanted, shown, f"{path}[{number}].")
            case Many(item=Record() as record):
                # A secret in one of them is no reason not to see that there are more or fewer.
                verdict = unequal(
                    Scalar(list), [_shown(record, element) for element in desired], observed, self.resolve
                )
                self.conclude(verdict, path, desired, observed, part.immutable)
            case _:
                self.value(part, desired, observed, path)

    def table(self, shape: Table, desired: Tree, observed: Tree, path: str) -> None:
        for key, value in desired.items():
            self.compare(shape.value, value, observed.get(key), f"{path}[{key}]")
        if shape.whole:
            for key in [key for key in observed if key not in desired]:
                self.change(Change(f"{path}[{key}]", "remove", None, observed[key]))

    def value(self, part: Field, desired: Any, observed: Any, path: str) -> None:
        scalar = part.shape if isinstance(part.shape, Scalar) else Scalar(list)
        self.compare(scalar, desired, observed, path, part.immutable)

    def compare(self, scalar: Scalar, desired: Any, observed: Any, path: str, immutable: bool = False) -> None:
        self.conclude(unequal(scalar, desired, observed, self.resolve), path, desired, observed, immutable)

    def conclude(
        self, verdict: bool | Later | Unknowable, path: str, desired: Any, observed: Any, immutable: bool
    ) -> None:
        """Make of a verdict a change, a consequence, or something that is not compared."""
        if isinstance(verdict, Unknowable):
            self.unknowable(path, verdict)
        elif isinstance(verdict, Later) and immutable and not verdict.replaced:
            # A missing parent never replaces its children (invariant 9).
            self.difference.uncompared.append(f"{path}: cannot be compared until {verdict.because} exists")
        elif isinstance(verdict, Later):
            self.change(Change(path, "change", desired, observed, verdict.because))
        elif verdict:
            self.change(Change(path, "add" if observed is None else "change", desired, observed))

    def unknowable(self, path: str, verdict: Unknowable) -> None:
        """Nothing is compared there."""
        self.unknown.append(path)
        self.difference.uncompared.append(f"{path}: {verdict.why}")

    def hold_back(self, shape: Record) -> None:
        """While part of a thing is not known it is given to no others: they would rely on half of it."""
        giving = {path[0] for path, part in shape.references if part.to and part.to.gives}
        lacking = next((path for path in self.unknown if field_of(path) not in giving), None)
        if lacking is None:
            return
        changes, self.difference.changes = self.difference.changes, []
        for change in changes:
            if change.field in giving:
                self.difference.uncompared.append(f"{change.path}: it waits until {lacking} is known")
            else:
                self.difference.changes.append(change)

    def change(self, change: Change) -> None:
        if any(covers(ignored, change.path) for ignored in self.ignore):
            self.difference.uncompared.append(f"{change.path}: ignored by lifecycle.ignore")
        else:
            self.difference.changes.append(change)

    def elements(self, part: Field, many: Many, desired: list[Any], observed: list[Any], path: str) -> None:
        left = {element_key(many, element): element for element in observed}
        open_ended = []
        for element in desired:
            key, holes = self.settled_key(many, element)
            if holes:
                open_ended.append((element, key, holes))
            elif key in left:
                self.element(many, element, left.pop(key), path)
            else:
                self.addition(f"{path}[{label(many, element)}]", element)
        # What nobody can know goes first: an element that it may stand for is not given to another.
        for element, key, holes in sorted(open_ended, key=lambda entry: all(isinstance(h, Later) for h in entry[2])):
            self.open_element(many, element, key, holes, path, left)
        self.unmanaged(part, many, left, path)
        if many.ordered:
            self.order(many, desired, observed, path)

    def order(self, many: Many, desired: list[Any], observed: list[Any], path: str) -> None:
        """Whether those that are in both lists follow one another in the same way."""
        wanted = [key for key, holes in (self.settled_key(many, element) for element in desired) if not holes]
        shown = [key for key in (element_key(many, element) for element in observed) if key in wanted]
        if shown != [key for key in wanted if key in shown]:
            self.change(Change(path, "change", desired, observed))

    def addition(self, at: str, element: Any) -> None:
        """An element that is not there; one that needs what nobody can know cannot be added."""
        needed = (e for e in expressions_in(element) if isinstance(e, Placeholder | Foreign | Lookup))
        unknowable = next((value for value in map(self.resolve, needed) if isinstance(value, Unknowable)), None)
        if unknowable:
            self.unknowable(at, unknowable)
        else:
            self.change(Change(at, "add", element, None))

    def settled_key(self, many: Many, element: Any) -> tuple[Hashable, list[Later | Unknowable]]:
        """The key with what is known filled in, and what could not be; a hole in the key is `HOLE`."""
        parts = element if not many.key else {name: element[name] for name in many.key if name in element}
        settled, holes = _settled(parts, self.resolve)
        return element_key(many, settled), holes

    def element(self, many: Many, desired: Any, observed: Any, path: str) -> None:
        """Two elements of one key: all their differences are one change of the element."""
        if not isinstance(many.item, Record) or desired == observed:
            return
        inner = _Comparison(self.resolve, self.ignore, frozenset())
        wanted, shown = ({n: v for n, v in tree.items() if n not in many.key} for tree in (desired, observed))
        at = f"{path}[{label(many, desired)}]"
        inner.record(many.item, wanted, shown, f"{at}.")
        self.difference.uncompared += inner.difference.uncompared
        self.unknown += inner.unknown
        if inner.difference.changes:
            because = (
                inner.difference.changes[0].because if all(c.because for c in inner.difference.changes) else None
            )
            self.change(Change(at, "change", desired, observed, because))

    def open_element(
        self,
        many: Many,
        element: Any,
        key: Hashable,
        holes: list[Later | Unknowable],
        path: str,
        left: dict[Hashable, Any],
    ) -> None:
        """An element whose key nobody knows yet is one change with what it stands for, not add and remove."""
        at = f"{path}[{label(many, element)}]"
        alike = [other for other in left if _fits(key, other)]
        unknowable = next((hole for hole in holes if isinstance(hole, Unknowable)), None)
        if unknowable:
            self.unknowable(at, unknowable)
            for other in alike:  # any of them may be the one
                del left[other]
        else:
            observed = left.pop(alike[0]) if alike else None
            because = next(hole.because for hole in holes if isinstance(hole, Later))
            op = "add" if observed is None else "change"
            self.change(Change(at, op, element, observed, because))

    def unmanaged(self, part: Field, many: Many, left: dict[Hashable, Any], path: str) -> None:
        for element in left.values():
            at = f"{path}[{label(many, element)}]"
            if part.name in self.additive:
                self.difference.kept.append(at)
            else:
                self.change(Change(at, "remove", None, element))


def _elementwise(shape: Shape) -> bool:
    return isinstance(shape, Many) and shape.elementwise


def _moved_by_aws(part: Field, fields: Tree, observed: Any) -> bool:
    """Whether AWS may have moved the number to where it is."""
    if part.between is None or not isinstance(observed, int):
        return False
    least, most = fields.get(part.between.least), fields.get(part.between.most)
    return isinstance(least, int) and isinstance(most, int) and least <= observed <= most


def _shown(shape: Record, tree: Tree) -> Tree:
    """What AWS shows of the fields of a structure, at any depth."""
    parts = {name: shape.fields[name] for name in tree if not shape.fields[name].write_only}
    return {
        name: _shown(part.shape, tree[name]) if isinstance(part.shape, Record) else tree[name]
        for name, part in parts.items()
    }


def _fits(key: Hashable, other: Hashable) -> bool:
    """Whether `other` equals `key` but for its holes."""
    if isinstance(key, tuple) and isinstance(other, tuple):
        return all(
            (part is HOLE and there is not None) or part == there for part, there in zip(key, other, strict=True)
        )
    return key is HOLE


def unequal(scalar: Scalar, desired: Any, observed: Any, resolve: Resolve) -> bool | Later | Unknowable:
    """Whether two values differ, or why that cannot be said now."""
    settled, holes = _settled(desired, resolve)
    unknowable = next((hole for hole in holes if isinstance(hole, Unknowable)), None)
    if unknowable or holes:
        return unknowable or holes[0]
    return not scalar.equality.equal(cast(scalar, settled), observed)


def _settled(value: Any, resolve: Resolve) -> tuple[Any, list[Later | Unknowable]]:
    """A value with what is known filled in, and what could not be; a hole in it is `HOLE`."""
    holes: list[Later | Unknowable] = []

    def settle(expression: Expression) -> Any:
        resolution = resolve(expression)
        if isinstance(resolution, Known):
            return resolution.value
        holes.append(resolution)
        return HOLE

    return replace_expressions(value, settle), holes
