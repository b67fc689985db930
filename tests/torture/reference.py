"""A whole reference document on the mended moto: the account, and what others do in it.

What is true is asked of moto itself, past the layer: by a program that knows nothing of earlier ones, and by
counting. The document is made from the start; in one story of three the account is empty instead.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from random import Random

from controller.aws.wire import overlay
from controller.core.kind import Catalog
from controller.core.stack import Stack
from controller.core.step import Step
from controller.engine.observe import kinds_of
from tests.direct import Answering
from tests.emulated import empty
from tests.engine.harness import Clock
from tests.slow.wire import Asked, Tree
from tests.stacks.drifting import drifting, other_value
from tests.stacks.variations import Place
from tests.stacks.world import CATALOG, NAMED
from tests.torture.account import account, past_the_layer
from tests.torture.census import ROWS
from tests.torture.documents import read, tree
from tests.torture.faults import Sort
from tests.torture.others import Others
from tests.torture.scene import ANOTHER, Fact, Facts, Ledger, Made, Undo

FROM_NOTHING = 1 / 3
"""How often a story begins with an empty account."""


class ReferenceScene:
    """One account, with things of others in it from the start."""

    def __init__(self, name: str, clock: Clock, chance: Random, sorts: Collection[Sort]) -> None:
        self.name, self.account, self.ledger = name, account(), Ledger()
        self.answering: Answering = self.account.answering
        self.clients = dict(self.account.made)
        self.tree: Tree = tree(name)
        kinds = self.tree["spec"]["resources"]
        self.nodes = {kind: len(nodes) for kind, nodes in kinds.items() if kind in ROWS}
        self.catalog: Catalog = {kind: CATALOG[kind] for kind in sorted({*kinds_of([self.stack()]), *NAMED})}
        self.standing = chance.random() >= FROM_NOTHING
        if not self.standing:
            empty()
        self.others = Others(self.account.client, self.tree["metadata"]["name"], alike=Sort.ALIKE in sorts)
        ours = self.account.theirs[name] if self.standing else {}
        there = self.account.count(self.nodes)
        self.before = {kind: ids - ours.get(kind, frozenset()) for kind, ids in there.items()}
        """The ids of what is not ours."""
        self.changes = 0
        """How often something was written; with the document, what the truth depends on."""
        self._true: tuple[tuple[int, str], Facts] | None = None

    # --- the document ---

    def stack(self) -> Stack:
        """The document, read as any is."""
        return read(self.name, self.tree)

    def edit(self, chance: Random, everything: bool) -> str:
        """Somebody wants one field to be something else."""
        place = chance.choice(drifting(self.name))
        _set(self.tree, place)
        return place.words

    # --- the truth ---

    def facts(self) -> Facts:
        """All that is not as the document says; asked for anew only when something was written."""
        key = self.changes, json.dumps(self.tree)
        if self._true is None or self._true[0] != key:
            self._true = key, frozenset([*self._too_many(), *self._differing()])
        return self._true[1]

    def wanted(self) -> Facts:
        """Nothing is to differ."""
        return frozenset()

    def _differing(self) -> Iterator[Fact]:
        if self.tree["spec"]["resources"]:
            plan = self.account.look(self.stack())
            yield from (_fact(step) for step in plan.steps if not step.settled)

    def _too_many(self) -> Iterator[Fact]:
        for kind in self.nodes:
            if too_many := self.too_many(kind):
                yield Fact(kind, ANOTHER, too_many)

    def too_many(self, kind: str) -> str:
        """What there is more of a kind than there are nodes of it."""
        nodes = self.tree["spec"]["resources"].get(kind, {})
        ours = self.account.count([kind])[kind] - self.before[kind] if kind in self.nodes else frozenset()
        return ", ".join(sorted(ours)) if len(ours) > len(nodes) else ""

    def live(self, id: str) -> bool:
        """Whether a thing is there; by numbers alone it is not known."""
        return False

    def right(self, made: Made) -> bool:
        """Whether a thing can stay; by numbers alone it is not known."""
        return False

    def foreign(self) -> Mapping[str, str]:
        """What others have."""
        return self.others.seen()

    def foreign_in(self, asked: Asked) -> str:
        """What of others a request names."""
        return next((name for name in _texts(asked.parameters) if name in self.others.names), "")

    def strays(self) -> Collection[str]:
        """What there is too much of is told among the facts."""
        return ()

    # --- others ---

    def act(self, sort: Sort, chance: Random) -> Undo | None:
        """Somebody sets one field to something else, or deletes something."""
        if sort is not Sort.DRIFTED:
            return None
        place = chance.choice(drifting(self.name))
        other = json.loads(json.dumps(self.tree))
        _set(other, place)
        stack = read(self.name, other)
        with past_the_layer():
            self.account.world(stack).turn(stack, fresh=True)
        self.changes += 1
        return Undo(f"sets {place.words} to something else")

    def clear(self) -> None:
        """Nothing of others stands in the way."""


def _set(tree: Tree, place: Place) -> None:
    """The document has another value at this place; of a structure all else stays."""
    kind, _, node = place.address.partition("/")
    nodes, fields = tree["spec"]["resources"][kind], place.fields(other_value(place))
    nodes[node] = overlay(nodes[node], fields) if "." in place.path else {**nodes[node], **fields}


def _fact(step: Step) -> Fact:
    words = [step.state, step.action, *(change.path for change in step.changes), step.note]
    return Fact(str(step.address), " ".join(word for word in words if word), step.blocked.why if step.blocked else "")


def _texts(value: object) -> Iterable[str]:
    """Every text in the parameters of a request."""
    if isinstance(value, dict):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, str):
        yield value
