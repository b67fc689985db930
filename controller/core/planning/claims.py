"""Which of the live things that carry a node's owner tags is the node. Tags can be copied: they do not decide alone.

Three witnesses are heard: the id that is remembered, what our own things refer to, and the natural key. Where they
do not name one thing beyond doubt, none of them is the node.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from controller.core.model.cloud import blaming
from controller.core.model.facts import Facts
from controller.core.model.live import Live
from controller.core.model.naming import OpenName, varied
from controller.core.model.node import Node
from controller.core.model.ownership import OWNER_REPLACED
from controller.core.model.shape import Scalar, Tree
from controller.core.planning.diff import Resolve, unequal
from controller.core.planning.inventory import COMPARING


@dataclass(frozen=True)
class Witnesses:
    """What speaks for a live thing beside its owner tags; ids."""

    remembered: str | None = None
    """The id that the node had when it was last seen."""
    referred: Collection[str] = ()
    """Those that our own things refer to where the document says that they refer to the node."""
    keyed: Collection[str] = ()
    """Those that have the node's natural key."""
    keyed_as_another: Collection[str] = ()
    """Those that have the node's natural key, and are tagged as another node of the stack."""
    fitting: Collection[str] = ()
    """Those that are as the node has to be where AWS could not change them."""

    def name(self, live: Live) -> bool:
        """Whether any of them names this one."""
        return live.id == self.remembered or live.id in self.referred or live.id in self.keyed

    @property
    def silent(self) -> bool:
        """Whether nothing speaks against what the owner tags say."""
        return self.remembered is None and not self.keyed_as_another


def elected(candidates: Sequence[Live], witnesses: Witnesses) -> Live | None:
    """The one of the things tagged as a node that is it beyond doubt; None where there is a doubt.

    One that carries the tag of what a replacement left over is the node only where there is no other.
    """
    replaced = {live.id for live in candidates if left_over(live)}
    standing = [live for live in candidates if live.id not in replaced and not copied_from(live)] or list(candidates)
    named = [live for live in standing if witnesses.name(live)]
    if len(standing) == 1 and (witnesses.silent or succeeds(standing[0], replaced, witnesses)):
        return standing[0]
    return named[0] if len(named) == 1 else None


def succeeds(live: Live, replaced: Collection[str], witnesses: Witnesses) -> bool:
    """Whether it is what has replaced the node that is remembered: that is left over, and this is as it was to be."""
    return witnesses.remembered in replaced and live.id in witnesses.fitting


def copied_from(live: Live) -> bool:
    """Whether it has the tag of a left-over that is another thing: only a copy has that."""
    return live.tags.get(OWNER_REPLACED, "false") not in ("false", live.id)


def left_over(live: Live) -> bool:
    """Whether a replacement of ours was to leave it over. The tag names the thing itself, so that no copy has it."""
    return live.tags.get(OWNER_REPLACED) == live.id


def latest(lives: Sequence[Live], node: Node) -> Live | None:
    """Of things without tags, the one that replaced all others: its open name is made from that of the one before."""
    if len(lives) == 1:
        return lives[0]
    for name, open_name in node.fields.items():
        if isinstance(open_name, OpenName):
            given = {live.fields.get(name) for live in lives}
            last = [live for live in lives if varied(open_name, str(live.fields.get(name))) not in given]
            return last[0] if len(last) == 1 else None
    return None


def misfits(kind: Facts, node: Node, live: Live, resolve: Resolve) -> list[str]:
    """The immutable fields in which a live thing differs from the document, as far as that is known."""
    with blaming(COMPARING, kind.name):
        return [
            name
            for name, value in node.fields.items()
            if (part := kind.shape.fields[name]).immutable
            and isinstance(part.shape, Scalar)
            and not part.write_only
            and unequal(part.shape, value, live.fields.get(name), resolve) is True
        ]


def same(kind: Facts, names: Iterable[str], fields: Tree, live: Live) -> bool:
    """Whether a live thing has the values of these fields, or variants of names that the document leaves open."""
    shapes = {name: kind.shape.fields[name].shape for name in names}
    with blaming(COMPARING, kind.name):
        return all(
            isinstance(shape, Scalar) and shape.equality.equal(fields.get(name), live.fields.get(name))
            for name, shape in shapes.items()
        )
