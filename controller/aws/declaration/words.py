"""The words of a kind: what a declaration says about its listing, its writes and its collections.

`writing.py`, `items.py` and `reading.py` read them; the words of a field are in `controller/core/model/spec.py`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from controller.aws.declaration.wire import Item
from controller.core.model.shape import Tree


@dataclass(frozen=True)
class Listing:
    """The bulk listing of a kind: `items` is the path of the things in an answer, `page` the largest page.

    Where AWS lists plain texts, each is the id of a thing: a `Join` describes those that are wanted.
    """

    operation: str
    items: str
    page: int = 0
    """Things a page, at the most that AWS allows; 0 where the listing has no pages, or pages of one size."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    parent: str = ""
    """The parameter that takes the id of the parent, where each parent has a listing of its own. Every item of
    such a listing is given the parent's id under this name. What is ours in other parents is found by its tags, and
    read by its id; such an item has the parent's id only where AWS shows it."""
    stamp: str = ""
    """Where an item shows when it was made or last changed, if nothing else there tells of such a change."""


@dataclass(frozen=True)
class Join:
    """A further read that completes the items of the listing: one bulk listing, or `batch` ids a call in `ids`.

    Both are joined by `key`: the name of what is equal in both, or `left=right` where the names differ. With
    `batch` only what the look is for is read; the rest of the items stays as it is listed. Where `ids` takes no
    list the read is a description of one thing: what AWS does not find then is gone. Of things listed by their
    parents those of one parent are read together, with its id where the read takes it as the listing does.
    """

    operation: str
    items: str
    key: str
    ids: str = ""
    batch: int = 0
    parameters: Mapping[str, Any] = field(default_factory=dict)
    page: int = 0
    always: bool = False
    """AWS shows this of each thing: where it shows nothing of one, that is a failed read and no empty one."""


@dataclass(frozen=True)
class Single:
    """The read of one thing by its id, where the listing takes no ids.

    `item` is where the thing stands in the answer. Where `parameters` are given, they take the id, or its parts where
    it is made of several.
    """

    operation: str
    item: str = ""
    parameters: tuple[str, ...] = ()
    constant: Mapping[str, Any] = field(default_factory=dict)
    """What the read takes beside the id."""


@dataclass(frozen=True)
class HealthSource:
    """Where AWS knows how well a thing does its work: each value at `path` is to be one of `good`, in any case.

    `why` is the path of AWS's words for what is wrong. `operation` is read for each matched node in every pass, where
    the listing does not show it.
    """

    path: str
    good: frozenset[str]
    why: str = ""
    operation: str = ""


@dataclass(frozen=True)
class ReadModifyWrite:
    """AWS replaces the thing as a whole: it is read whole, changed, and written back with the version that was read.

    `operation` reads it for each matched node, `path` is where it stands in the answer and `parameter` in the
    write; the `VERSION` in the answer goes back as `GIVEN_AS`.
    """

    operation: str
    path: str
    parameter: str
    VERSION: ClassVar[str] = "ETag"
    GIVEN_AS: ClassVar[str] = "IfMatch"
    guards: bool = False
    """As `Detail` has it."""


@dataclass(frozen=True)
class Detail:
    """One field that the listing leaves out: one read for each matched node.

    `path` is where the answer shows the field, in the form that the field has. `not_set` is AWS's code for a field
    that is not set: any other "not found" is about the thing itself.
    """

    name: str
    operation: str
    path: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    fields: tuple[str, ...] = ()
    """Several fields that one read shows: each at its own path within `path`; `name` is what they are together."""
    not_set: str = ""
    always: bool = False
    """AWS's answer always has something there: without it the read has failed."""
    guards: bool = False
    """It says who may reach the thing, or what keeps it secret: it is not believed for longer than a minute."""


@dataclass(frozen=True)
class Attribute:
    """What others may refer to: `path` in the listing's item, or in the answer of `operation` when that is given.

    `{id}` in the path stands for the thing's id and `{field}` for a field; `filters` are the operation's, with the id
    as the value of the one whose value is None. Without filters the operation is asked by the id.
    """

    doc: str
    path: str
    operation: str = ""
    filters: tuple[tuple[str, str | None], ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """What the operation takes beside the id."""
    early: bool = False
    """Whether others may use it while the thing is still being made."""


@dataclass(frozen=True)
class States:
    """What the values at `path`, in lower case, mean; one that is not named is taken for ready."""

    path: str
    pending: frozenset[str] = frozenset()
    usable: frozenset[str] = frozenset()
    leaving: frozenset[str] = frozenset()
    gone: frozenset[str] = frozenset()
    awaits: Mapping[str, str] = field(default_factory=dict)
    """States that AWS does not leave by itself, each with what a person has to do, where `{id}` and `{field}` stand
    for the thing's own. They are pending unless they are said to be usable, and nobody waits for their end."""


@dataclass(frozen=True)
class Create:
    """The call that makes the thing, and where it stands in the answer."""

    operation: str
    result: str
    constant: Mapping[str, Any] = field(default_factory=dict)
    within: str = ""
    """The parameter that holds all fields, where they are no parameters themselves; dots lead into structures."""


@dataclass(frozen=True)
class Op:
    """One operation of a collection: on one element, or with `batch` on all at once in that parameter."""

    operation: str
    batch: str = ""
    constant: Mapping[str, Any] = field(default_factory=dict)
    most: int = 0
    """So many elements AWS takes in one call; 0 where it takes as many as there are."""


@dataclass(frozen=True)
class Setter:
    """A call that sets fields of a live thing: those that changed, all in one call or one call for each.

    Where it names no fields, it sets all that the operation takes in AWS's model and that AWS can change.
    """

    operation: str
    fields: tuple[str, ...] = ()
    one_at_a_time: bool = False
    separable: bool = False
    """Each field, with what `resets` names, means the same without the others: where AWS refuses the call for one
    of them, the others have calls of their own, and the node's other calls go on. Not for fields that do harm half
    set, such as port and protocol."""
    resets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Fields that AWS puts back to its own value when this one changes: they are sent along with it."""
    whole: bool = False
    """AWS takes all fields at once and puts those that are missing back: the desired ones go over the live ones."""
    merges: bool = False
    """Of a structure AWS leaves as it is what the call leaves out. It replaces any other as a whole: the desired goes
    over the live."""
    constant: Mapping[str, Any] = field(default_factory=dict)
    empty: str = ""
    """The operation that takes the field away where the document says that it is empty, or switches it off."""
    renews: Mapping[str, str] = field(default_factory=dict)
    """Attributes that have another value afterwards, with their path in the answer."""
    renamed: Mapping[str, str] = field(default_factory=dict)
    """Fields that this call takes under another name than the create call does."""
    occupies: bool = False
    """AWS is at work on the thing afterwards, and takes its next change when it is done: in a later pass."""
    spread: bool = False
    """The call takes the parts of its one field as parameters of its own."""
    pair: tuple[str, str] | None = None
    """The two parameters that take AWS's name of a field and its value, where one call sets any field by its name."""

    @property
    def keeps(self) -> bool:
        """Whether its parameters have the form in which AWS shows what it sets."""
        return not (self.pair or self.spread)


@dataclass(frozen=True)
class Collection:
    """A collection that is changed element by element; a single attachment is a collection of at most one.

    `handle` is the parameter that takes AWS's own id of an element and `handle_path` where a listing shows it.
    `move` takes an element over from wherever it is. `binding` elements hold the thing itself and are always taken
    off before it is deleted.

    New elements come before old ones go, unless these are `first_out`: AWS has no room for both, at all or in one
    zone. Where it `keeps_one`, all that are there do not go at once.
    """

    field: str
    add: Op | None = None
    change: Op | None = None
    remove: Op | None = None
    move: Op | None = None
    handle: str = ""
    handle_path: str = ""
    binding: bool = False
    first_out: bool = False
    keeps_one: bool = False
    encode: Callable[[list[Tree]], list[Item]] | None = None
    """AWS's form of a batch of elements, where the model alone does not give it."""


@dataclass(frozen=True)
class CreatedWith:
    """AWS makes the thing together with the one behind `parent`, whose `attribute` is its id, when `flag` is set."""

    flag: str
    parent: str
    attribute: str
    initial: Tree = field(default_factory=dict)
