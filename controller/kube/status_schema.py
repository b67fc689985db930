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
    status=_told("Whether it holds.", "string", enum=["True", "False", "Unknown"]),
    reason=_text("Why, in one word in CamelCase."),
    message=_text("Why, in a sentence: the nodes it is about and what to do."),
    lastTransitionTime=_time("Since when it has had this status."),
    observedGeneration=_generation("The generation of the Stack that it tells of."),
)
_NODE = _element(
    "address",
    "state",
    "action",
    address=_text("The node, as `Kind/name`."),
    state=_text(
        "How it stands to the document: `in-sync` (and unhealthy), `missing`, `drifted`, `orphaned`, `conflict`, "
        "`unknown`, `pending` or `leaving`."
    ),
    action=_text("What is to be done: `none`, `create`, `update`, `replace`, `delete` or `adopt`."),
    since=_time("Since when it has been listed here."),
    changes=_told("The paths of the fields that differ, at most ten.", "array", items={"type": "string"}),
    blocked=_mapping(
        "Why the action is not taken; not there when nothing is in its way.",
        by=_text("The check that says no, a word from a closed set."),
        why=_text("The reason, and the way out."),
    ),
    message=_text("More on its state: what AWS is at, or what ails it."),
)
_CONDITIONS = (
    "`Ready`: every node is as it should end up. `Synced`: nothing differs from the document. `Drifted`: a node was "
    "changed by somebody else. `Healthy`: nothing whose health AWS tells is unhealthy. `Stalled`: nothing moves "
    "before a person changes something."
)
STATUS: Tree = _mapping(
    "What was found at the last pass. Written by the operator alone.",
    observedGeneration=_generation("The generation of the Stack that the status tells of."),
    conditions=_told(
        _CONDITIONS,
        "array",
        items=_CONDITION,
        **{"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"]},
    ),
    account=_text("The account that the credentials are for, in twelve digits."),
    counts=_mapping(
        "How many nodes there are in each state.",
        nodes=_count("All nodes of the document."),
        inSync=_count("As the document says."),
        drifted=_count("Changed, taken away or added by somebody else."),
        pending=_count("On their way: AWS has taken the change and is not done."),
        blocked=_count("To be changed, and something is in the way."),
        unknown=_count("Could not be read."),
        unhealthy=_count("Unhealthy in AWS's eyes."),
        orphaned=_count("Owned and live, and no longer in the document."),
    ),
    notInSync=_told("The nodes that need attention, the worst first; at most 50.", "array", items=_NODE),
    notInSyncOmitted=_count("How many more there are, left out of the list."),
    lastPass=_mapping(
        "The last pass.",
        time=_time("When it ended."),
        outcome=_text("`Succeeded` or `Failed`."),
        seconds=_told("How long it took.", "number", minimum=0),
        message=_text("Why it failed."),
    ),
    oldestRead=_mapping(
        "The oldest of what the last pass believed and did not read; not there when it read everything.",
        time=_time("When it was read."),
        address=_text("The node, as `Kind/name`."),
        what=_text("The field or attribute; `(whole)` is all of the node, `tags` are its tags."),
    ),
    nextPass=_time("When the next pass is due; not there while nothing happens by itself."),
    deletion=_mapping(
        "How far the deletion of what the stack owns has come, with the deletionPolicy `Delete`.",
        remaining=_count("How many nodes are left."),
        message=_text("What is being deleted, or what is in the way."),
    ),
    lastHandledReconcile=_text("The value of the annotation `holdfast.dev/reconcile` that was acted on last."),
)
"""Every field of the status, as `controller/kube/status.py` writes it."""
