"""The status of a Stack in the CRD.

Its words (states, actions, reasons) are described and not enforced: a newer operator under an older CRD must be able
to say what it sees.
"""

from typing import Any

from controller.core.model.shape import Tree


def _told(description: str, type: str, **more: Any) -> Tree:
    return {"description": description, "type": type, **more}


def _text(description: str) -> Tree:
    return _told(description, "string")


def _time(description: str) -> Tree:
    return _told(description, "string", format="date-time")


def _count(description: str) -> Tree:
    return _told(description, "integer", format="int32", minimum=0)


def _generation(description: str) -> Tree:
    return _told(description, "integer", format="int64", minimum=0)


def _mapping(description: str, required: tuple[str, ...] = (), **fields: Tree) -> Tree:
    return _told(description, "object", **({"required": list(required)} if required else {}), properties=fields)


def _element(*required: str, **fields: Tree) -> Tree:
    return {"type": "object", "required": list(required), "properties": fields}


_CONDITION = _element(
    "type",
    "status",
    "reason",
    "message",
    "lastTransitionTime",
    type=_text("`Ready`, `Synced`, `Drifted`, `Healthy` or `Stalled`."),
    status=_told("Whether the condition is true.", "string", enum=["True", "False", "Unknown"]),
    reason=_text("The reason, as one CamelCase word."),
    message=_text("The reason, as a sentence: which nodes, and what to do."),
    lastTransitionTime=_time("Since when it has had this status."),
    observedGeneration=_generation("The generation of the Stack that the condition is about."),
)
_NODE = _element(
    "address",
    "state",
    "action",
    address=_text("The node, as `Kind/name`."),
    region=_text("Its region, if not that of the stack."),
    state=_text(
        "The state of the node: `in-sync` (but unhealthy), `missing`, `drifted`, `orphaned`, `conflict`, `unknown`, "
        "`pending` or `leaving`."
    ),
    action=_text("What is to be done: `none`, `create`, `update`, `replace`, `delete` or `adopt`."),
    since=_time("When it was first listed here."),
    changes=_told("The paths of the fields that differ, at most ten.", "array", items={"type": "string"}),
    blocked=_mapping(
        "Why the action is not taken; absent if nothing blocks it.",
        by=_text("The check that blocks it, from a fixed set of names."),
        why=_text("The reason, and what to do about it."),
    ),
    message=_text("Details of its state: what AWS is doing or has announced, or why it is unhealthy."),
)
_CONDITIONS = (
    "`Ready`: every node is in its final state. `Synced`: nothing differs from the document. `Drifted`: a node was "
    "changed by somebody else. `Healthy`: no node that reports health is unhealthy. `Stalled`: nothing happens "
    "until somebody changes something."
)
STATUS: Tree = _mapping(
    "What the last pass found. Written only by the operator.",
    observedGeneration=_generation("The generation of the Stack that the status is about."),
    conditions=_told(
        _CONDITIONS,
        "array",
        items=_CONDITION,
        **{"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"]},
    ),
    account=_text("The AWS account that the credentials are for, 12 digits."),
    counts=_mapping(
        "How many nodes there are in each state.",
        nodes=_count("All nodes of the document."),
        inSync=_count("Matching the document."),
        drifted=_count("Changed, removed or added by somebody else."),
        pending=_count("In progress: AWS has accepted the change and has not finished."),
        blocked=_count("To be changed, but blocked."),
        unknown=_count("Could not be read."),
        unhealthy=_count("Reported as unhealthy by AWS."),
        orphaned=_count("Owned and live, but no longer in the document."),
    ),
    notInSync=_told("The nodes that need attention, the worst first; at most 50.", "array", items=_NODE),
    notInSyncOmitted=_count("How many more were omitted from the list."),
    lastPass=_mapping(
        "The last pass.",
        time=_time("When it ended."),
        outcome=_text("`Succeeded` or `Failed`."),
        seconds=_told("How long it took.", "number", minimum=0),
        message=_text("Why it failed."),
    ),
    oldestRead=_mapping(
        "The oldest cached detail that the last pass used; absent if it read everything.",
        time=_time("When it was read."),
        address=_text("The node, as `Kind/name`."),
        what=_text("The field or attribute; `(whole)` is the whole node, `tags` are its tags."),
    ),
    nextPass=_time("When the next pass is due; absent while nothing happens by itself."),
    deletion=_mapping(
        "The progress of deleting what the stack owns, with the deletionPolicy `Delete`.",
        remaining=_count("How many nodes are left."),
        message=_text("What is being deleted, or what blocks it."),
    ),
    lastHandledReconcile=_text("The last value of the annotation `holdfast.dev/reconcile` that was acted on."),
)
"""Every field of the status, as `controller/kube/status.py` writes it."""
