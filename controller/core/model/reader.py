"""How a kind is read: live things from listings, details and answers. What a read is for is its `Scope`."""

from abc import abstractmethod
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from controller.core.model.call import Call
from controller.core.model.cloud import Cloud
from controller.core.model.facts import Facts
from controller.core.model.inquiry import Inquiry
from controller.core.model.live import Live
from controller.core.model.naming import stem
from controller.core.model.node import Node
from controller.core.model.shape import Tree

TagsByTarget = Mapping[str, Mapping[str, str]]
"""Tags by what the tag calls of a kind name a thing by."""
Recall = Callable[[str, Sequence[str], Callable[[Sequence[str]], TagsByTarget]], TagsByTarget]
"""Gives the tags of things of a kind, remembered or read by the given function."""


def recall_nothing(kind: str, targets: Sequence[str], read: Callable[[Sequence[str]], TagsByTarget]) -> TagsByTarget:
    """Read them all."""
    return read(targets)


@dataclass(frozen=True)
class Scope:
    """What a look at a kind is for; what its listing leaves out is read for that only.

    `keys` are the natural keys of nodes, `names` those of names that a replacement may vary. `parents` are the ids
    of the things to look into, where a kind is listed by its parent. `search`: what is ours and no node names is
    wanted too. `stacks` are those whose things are ours.
    """

    stacks: frozenset[str] = frozenset()
    keys: frozenset[Hashable] = frozenset()
    names: frozenset[Hashable] = frozenset()
    parents: tuple[str, ...] = ()
    search: bool = False
    everything: bool = False
    """Whatever it is, ours or not."""
    recall: Recall = recall_nothing
    unsearched: Callable[[str], None] = lambda why: None
    """Told why nothing is searched for that no node names, where AWS does not let us."""

    def wants(self, key: Hashable | None) -> bool:
        """Whether something with this natural key may be a node's."""
        return self.everything or key in self.keys or stem(key) in self.names


class Reader(Facts):
    """What a kind reads: only what is handed a `Cloud` asks AWS."""

    @abstractmethod
    def observe(self, cloud: Cloud, scope: Scope) -> Iterator[Live]:
        """Every live thing of the kind in the account and region, gone ones left out.

        Of what the scope does not want, that may be without what no listing shows. Raises `Refused` or
        `Unreachable`; then nothing that came before counts.
        """

    def search(self, cloud: Cloud, query: Mapping[str, Any]) -> Iterator[Live]:
        """What fits a look-up of a kind that is `searched_by` some keys, the best first. Raises as `observe`."""
        raise NotImplementedError

    def shows(self, cloud: Cloud, id: str) -> bool | None:
        """Whether AWS, asked for this one thing by its id, shows it, and it is not gone; None where there is no such
        read. Raises as `observe` does."""
        return None

    @abstractmethod
    def detailed(self, fields: Tree) -> frozenset[str]:
        """What needs `details` of a node with these fields: some of them, and what else is read for each node."""

    @abstractmethod
    def details(self, cloud: Cloud, live: Live, fields: Iterable[str]) -> Tree:
        """Those of `fields` that the listing leaves out, read for one live thing; empty when there are none."""

    def completed(self, live: Live, details: Mapping[str, Any]) -> Live:
        """The live thing with the details and attributes that were read for it."""
        fields = {name: value for name, value in details.items() if name not in self.exports}
        shown = {name: value for name, value in details.items() if name in self.exports and value is not None}
        return replace(live, fields={**live.fields, **fields}, attributes={**live.attributes, **shown})

    def momentary(self, detail: str) -> bool:
        """Whether a detail is read in every pass, because it changes by itself."""
        return False

    def guards(self, detail: str) -> bool:
        """Whether a detail says who may reach the thing or what keeps it secret: that is not believed for long."""
        return False

    @abstractmethod
    def unlisted(self, attributes: Iterable[str]) -> frozenset[str]:
        """Which of these attributes no listing shows."""

    @abstractmethod
    def attribute(self, cloud: Cloud, live: Live, attribute: str) -> Any:
        """An attribute that no listing shows, read when a call needs it; None when there is none."""

    def unoffered(self, inquiry: Inquiry, fields: Tree, changed: Collection[str]) -> Iterator[str]:
        """What AWS does not offer of the values at the paths `changed`, where a read tells."""
        return iter(())

    @abstractmethod
    def born(self, node: Node, sent: Mapping[str, Any], body: Mapping[str, Any]) -> Live:
        """The live thing in the answer to its create call, which was made with the parameters `sent`.

        It is leaving where AWS has answered with what an earlier try made, and what is gone since.
        """

    def renewals(self, call: Call, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """The new values of the attributes that a call renews, from its answer."""
        return {}
