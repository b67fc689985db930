"""Stacks as objects of Kubernetes: what a person says with them beside the document, and who has a name."""

from collections.abc import Iterable
from dataclasses import dataclass

from controller.core.document.loader import read_object
from controller.core.document.schema import API_VERSION
from controller.core.model.cloud import HoldfastError
from controller.core.model.kind import Catalog
from controller.core.model.stack import DeletionPolicy, Identity, Stack
from controller.kube.api import Object
from controller.kube.crd import PLURAL
from controller.kube.reflector import key_of

FINALIZER = "holdfast.dev/delete"
"""Keeps a Stack from vanishing before what it owns is deleted; set only where its policy is `Delete`."""
PAUSED = "holdfast.dev/paused"
"""Annotation: while it is `true`, nothing is read and nothing is written for the Stack."""
RECONCILE = "holdfast.dev/reconcile"
"""Annotation: another value than before asks for a pass now: all is read anew, what had failed is tried again."""
ACCEPT_DISAPPEARANCE = "holdfast.dev/accept-disappearance"
"""Annotation: while it is `true`, a mass disappearance is believed, and what is gone is made anew."""
PARTIAL_DELETION = "holdfast.dev/partial-deletion"
"""Annotation: while it is `true`, a deleted Stack loses what can go, though some of it has to stay."""


class Contested(HoldfastError):
    """Another Stack has what this one asks for; that may be otherwise when the other one is gone."""


@dataclass
class NameTaken(Contested):
    """Of two Stacks with one name the older one has it."""

    name: str
    holder: str

    def __str__(self) -> str:
        return (
            f"metadata.name: the stack {self.name} is already defined by {self.holder}; give this one another "
            "name, or delete that one: it keeps what it owns until spec.movedFrom takes it over"
        )


@dataclass
class StillKept(Contested):
    """What a Stack wants to take over is kept by another one that is still there."""

    identity: Identity
    holder: str

    def __str__(self) -> str:
        return (
            f"spec.movedFrom: what belongs to {self.identity} is still managed by {self.holder}; "
            "delete that one first, with deletionPolicy Retain, or remove spec.movedFrom if the move is complete"
        )


def collection(namespace: str = "") -> str:
    """The path of all Stacks, or of those of one namespace."""
    within = f"namespaces/{namespace}/" if namespace else ""
    return f"/apis/{API_VERSION}/{within}{PLURAL}"


def path_of(obj: Object) -> str:
    """The path of one Stack."""
    return f"{collection(obj['metadata']['namespace'])}/{obj['metadata']['name']}"


def annotation(obj: Object, name: str) -> str:
    """The value of an annotation, empty when it is not there."""
    return str((obj["metadata"].get("annotations") or {}).get(name, ""))


def heard(obj: Object) -> str:
    """The value of the annotation `RECONCILE` that was acted on last, maybe by another program."""
    return str((obj.get("status") or {}).get("lastHandledReconcile", ""))


def paused(obj: Object) -> bool:
    """Whether nothing is to be done for it."""
    return says(obj, PAUSED)


def leaving(obj: Object) -> bool:
    """Whether somebody has deleted it; it is still there because of its finalizers."""
    return bool(obj["metadata"].get("deletionTimestamp"))


def held_back(obj: Object) -> bool:
    """Whether it may not vanish before we say so."""
    return FINALIZER in (obj["metadata"].get("finalizers") or ())


def finalizing(obj: Object, held: bool) -> list[Object]:
    """The JSON patch that puts our finalizer in or out; it is refused when the finalizers are others meanwhile."""
    metadata = obj["metadata"]
    before = metadata.get("finalizers")
    others = [finalizer for finalizer in before or () if finalizer != FINALIZER]
    return [
        {"op": "test", "path": "/metadata/uid", "value": metadata["uid"]},
        {"op": "test", "path": "/metadata/finalizers", "value": before},
        {"op": "add", "path": "/metadata/finalizers", "value": [*others, FINALIZER] if held else others},
    ]


def telling(obj: Object, status: Object) -> list[Object]:
    """The JSON patch that puts a status in; it is refused where another object of this name stands meanwhile."""
    return [
        {"op": "test", "path": "/metadata/uid", "value": obj["metadata"]["uid"]},
        {"op": "add", "path": "/status", "value": status},
    ]


def policy(obj: Object) -> DeletionPolicy:
    """What its deletion does to what it owns; told from the object as it is, for its document may be invalid."""
    told = (obj.get("spec") or {}).get("deletionPolicy")
    return DeletionPolicy.DELETE if told == DeletionPolicy.DELETE else DeletionPolicy.RETAIN


def says(obj: Object, name: str) -> bool:
    """Whether an annotation says yes."""
    return annotation(obj, name).lower() == "true"


def origin_of(obj: Object, cluster: str) -> str:
    """What tells its things from those of a Stack of the same name elsewhere."""
    return f"{obj['metadata']['namespace']}@{cluster}"


def request_of(obj: Object) -> tuple[object, ...]:
    """All by which a person says something; anything else that changes in the object is our own doing."""
    metadata = obj["metadata"]
    said = tuple(annotation(obj, name) for name in (PAUSED, RECONCILE, ACCEPT_DISAPPEARANCE, PARTIAL_DELETION))
    return metadata.get("uid"), metadata.get("generation"), leaving(obj), *said


def stack_of(obj: Object, others: Iterable[Object], catalog: Catalog, cluster: str) -> Stack:
    """What the object desires. Raises `DocumentError`, and `Contested` where another one of `others` has it."""
    metadata = obj["metadata"]
    named = {"name": metadata["name"], "namespace": metadata["namespace"]}
    document = {key: obj.get(key) for key in ("apiVersion", "kind")} | {
        "metadata": named,
        "spec": obj.get("spec"),
    }
    stack = read_object(document, key_of(obj), catalog, origin_of(obj, cluster))
    rivals = [other for other in others if key_of(other) != key_of(obj)]
    oldest = min((other for other in rivals if other["metadata"]["name"] == stack.name), key=_age, default=obj)
    if _age(oldest) < _age(obj):
        raise NameTaken(stack.name, key_of(oldest))
    for other in rivals:
        if Identity(other["metadata"]["name"], origin_of(other, cluster)) == stack.moved_from:
            raise StillKept(stack.moved_from, key_of(other))
    return stack


def _age(obj: Object) -> tuple[str, str]:
    return obj["metadata"].get("creationTimestamp", ""), obj["metadata"]["namespace"]
