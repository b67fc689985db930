"""What a kind is, without asking AWS anything: its fields, its names, and how its things live."""

from abc import ABC
from collections.abc import Mapping
from typing import ClassVar, final

from controller.core.model.delays import Delays
from controller.core.model.live import Live
from controller.core.model.reference import Address, Placeholder
from controller.core.model.shape import Record, Tree, shape_of
from controller.core.model.spec import Spec


class Facts(ABC):
    """A type of resource, as it is told apart from others and read from a document."""

    name: ClassVar[str]
    spec: ClassVar[type[Spec]]
    natural_key: ClassVar[tuple[str, ...]] = ()
    """Fields that together tell one live thing from another without tags; empty when nothing does."""
    shares_key: ClassVar[bool] = False
    """Whether several things may have the same natural key: it only says where to look for what is ours."""
    exports: ClassVar[Mapping[str, str]] = {}
    """Attributes beside the fields that others may refer to, each with what it is."""
    lingers: ClassVar[bool] = False
    """Whether a deleted thing stays for a while and holds what it holds."""
    parent: ClassVar[str] = ""
    """The reference to what it is listed by; what takes no tags belongs to whom that belongs."""
    made_within: ClassVar[str] = ""
    """Where its parent's create call makes it too, so that the parent never works without it; empty where no such
    call does."""
    id_from: ClassVar[str] = ""
    """The field whose value is the id, so that the id is known before the thing is made."""
    id_recurs: ClassVar[bool] = False
    """Whether another thing of the same name has the same id later: a name is, and an ARN may end in one."""
    early: ClassVar[frozenset[str]] = frozenset()
    """Attributes that others may use while the thing is still being made."""
    renewed: ClassVar[frozenset[str]] = frozenset()
    """Attributes that have another value after a change of the thing, such as a version."""
    tags_unlisted: ClassVar[bool] = False
    """Whether its tags come from reads of their own, which may be remembered."""
    scoped: ClassVar[bool] = False
    """Whether it reads more of what is wanted than of the rest."""
    versioned: ClassVar[bool] = False
    """Whether its writes name the version that was read, so that one of them makes the others old."""
    protected_by: ClassVar[str] = ""
    """The field that keeps AWS from deleting the thing."""
    searched_by: ClassVar[tuple[str, ...]] = ()
    """What a look-up asks AWS by, besides tags, where a listing of all would be too long; empty where that serves."""
    delays: ClassVar[Delays] = Delays()
    """How long AWS may take to list, to show and to know what was made or changed."""
    worldwide: ClassVar[bool] = False
    """Whether AWS has it in no region, but once for all of an account."""

    @property
    def read_before_removal(self) -> tuple[str, ...]:
        """The details of a thing that are read only where it is to be removed."""
        return (self.protected_by,) if self.protected_by else ()

    @property
    @final
    def taggable(self) -> bool:
        """Whether a document can give it tags."""
        return "tags" in self.spec.model_fields

    @property
    def tagged(self) -> bool:
        """Whether it carries the owner tags: as tags of AWS, or in another way that shows as tags here."""
        return self.taggable

    @property
    @final
    def identifying_names(self) -> tuple[str, ...]:
        """The fields whose open name alone says whose a thing is: of what takes no tags and stands in nothing."""
        named = [name for name in self.natural_key if self.shape.fields[name].named]
        return () if self.tagged or self.parent else tuple(named)

    @property
    @final
    def shape(self) -> Record:
        """The fields of the kind's spec."""
        return shape_of(self.spec)

    def region_fault(self, region: str, home: str) -> tuple[str, str]:
        """Why a stack of the region `home` can have nothing in a region, and what would be right; else nothing."""
        return "", ""

    def is_offered(self, region: str) -> bool:
        """Whether there is such a thing in a region, or, if it is `worldwide`, for accounts that have the region."""
        return True

    def partition(self, region: str) -> str:
        """The partition of a region, as ARNs in it have it; empty where nobody knows of any."""
        return ""

    def placed(self, fields: Tree, region: str) -> Tree:
        """The fields of a document as they are meant in a region."""
        return fields

    def desired(self, stack: str, address: Address, fields: Tree) -> Tree:
        """The fields a document sets in the one form that is compared and sent: names filled in, synonyms gone."""
        return fields

    def alias(self, fields: Tree) -> Placeholder | None:
        """Where the id comes from when AWS makes the thing together with another; None when a call makes it."""
        return None

    def target(self, live: Live) -> str:
        """What the calls for tags name it by."""
        return live.id
