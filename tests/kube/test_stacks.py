"""Stacks as objects: what a person says with them, what does not count, and who has a name."""

import re
from typing import Any

import pytest

from controller.aws.catalog import catalog
from controller.cli.arguments import CLUSTER_NAME
from controller.core.document.problem import DocumentError
from controller.core.model.ownership import OWNER_TAGS
from controller.core.model.reference import Address
from controller.core.model.stack import DeletionPolicy, Identity
from controller.kube.api import Object
from controller.kube.stacks import (
    FINALIZER,
    NameTaken,
    StillKept,
    annotation,
    collection,
    finalizing,
    held_back,
    leaving,
    origin_of,
    path_of,
    paused,
    policy,
    request_of,
    stack_of,
)
from tests.kube.cluster import Cluster
from tests.kube.fakes import FakeServer

CATALOG = catalog()
SPEC = {"region": "eu-west-1", "resources": {"Vpc": {"main": {"cidrBlock": "10.0.0.0/16"}}}}


def found(namespace: str = "here", name: str = "web", spec: Any = SPEC, **metadata: Any) -> Object:
    """A Stack as the API server gives it, with all that it puts in by itself."""
    return {
        "apiVersion": "holdfast.dev/v1alpha1",
        "kind": "Stack",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "uid": "u",
            "resourceVersion": "7",
            "generation": 1,
            "creationTimestamp": "2026-01-01T00:00:00Z",
            "managedFields": [{"manager": "kubectl"}],
            "labels": {"app": "web"},
            **metadata,
        },
        "spec": spec,
        "status": {"account": "1"},
    }


def annotated(**values: str) -> Object:
    """A Stack with annotations of ours."""
    return found(annotations={f"holdfast.dev/{key.replace('_', '-')}": value for key, value in values.items()})


def test_paths() -> None:
    """Where Stacks are: all of them, those of a namespace, one."""
    assert "/apis/holdfast.dev/v1alpha1/stacks" == collection()
    assert "/apis/holdfast.dev/v1alpha1/namespaces/here/stacks" == collection("here")
    assert "/apis/holdfast.dev/v1alpha1/namespaces/here/stacks/web" == path_of(found())


def test_the_stack_of_an_object() -> None:
    """What it desires, with the namespace for its Secrets; what Kubernetes keeps in it is none of its document."""
    stack = stack_of(found(), [], CATALOG, "c1")
    assert ("web", "here", "eu-west-1", "here/web") == (stack.name, stack.namespace, stack.region, stack.source)
    assert {Address("Vpc", "main")} == stack.nodes.keys()
    assert DeletionPolicy.RETAIN is stack.deletion_policy


@pytest.mark.parametrize(
    "spec", [None, {}, [], "text", {"region": "eu-west-1"}, {**SPEC, "resources": {"Vcp": {"a": {}}}}]
)
def test_what_is_no_stack(spec: Any) -> None:
    """Also what no API server with our CRD would let through: an older one may have."""
    with pytest.raises(DocumentError):
        stack_of(found(spec=spec), [], CATALOG, "c1")


@pytest.mark.parametrize(
    ("value", "so"), [("true", True), ("True", True), ("false", False), ("", False), ("yes", False)]
)
def test_paused(value: str, so: bool) -> None:
    """Only by the one word that says it."""
    assert so == paused(annotated(paused=value))


def test_what_is_not_said() -> None:
    """No annotations, no finalizers, not leaving: as objects mostly are."""
    for each in (found(), found(annotations=None, finalizers=None), found(annotations={}, finalizers=[])):
        assert ("", False, False, False) == (annotation(each, "x"), paused(each), leaving(each), held_back(each))


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"deletionPolicy": "Delete"}, DeletionPolicy.DELETE),
        ({"deletionPolicy": "Retain"}, DeletionPolicy.RETAIN),
        ({"deletionPolicy": "delete"}, DeletionPolicy.RETAIN),
        ({}, DeletionPolicy.RETAIN),
        (None, DeletionPolicy.RETAIN),
    ],
)
def test_a_policy_can_be_read_off_an_invalid_document(spec: Any, expected: DeletionPolicy) -> None:
    """And in doubt nothing is deleted."""
    assert expected is policy(found(spec=spec))


# --- what asks for a turn ---


@pytest.mark.parametrize(
    "other",
    [
        found(generation=2),
        found(uid="another"),
        found(deletionTimestamp="2026-01-01T00:00:00Z"),
        annotated(paused="true"),
        annotated(reconcile="now"),
        annotated(accept_disappearance="true"),
        annotated(partial_deletion="true"),
    ],
)
def test_what_somebody_says_asks_for_a_turn(other: Object) -> None:
    """The document, that it is deleted or another one, and each of our annotations."""
    assert request_of(found()) != request_of(other)


@pytest.mark.parametrize(
    "other",
    [
        {**found(), "status": {"account": "2"}},
        found(resourceVersion="8"),
        found(finalizers=[FINALIZER]),
        found(labels={}),
        found(managedFields=[]),
        found(annotations={"kubectl.kubernetes.io/last-applied-configuration": "{}"}),
    ],
)
def test_what_we_write_ourselves_asks_for_nothing(other: Object) -> None:
    """Nor what has nothing to do with us: or every status would be followed by a pass."""
    assert request_of(found()) == request_of(other)


# --- whose name it is ---

OLD = found("old", creationTimestamp="2025-01-01T00:00:00Z")


def test_a_name_belongs_to_the_oldest() -> None:
    """Of two Stacks with one name the younger one is told who has it."""
    stack_of(OLD, [OLD, found()], CATALOG, "c1")
    with pytest.raises(NameTaken) as caught:
        stack_of(found(), [found(), OLD], CATALOG, "c1")
    assert ("web", "old/web") == (caught.value.name, caught.value.holder)
    assert "give this one another name" in str(caught.value)


def test_of_the_same_age_the_namespace_decides() -> None:
    """Kubernetes counts in seconds, and all have to come to the same."""
    stack_of(found("a"), [found("a"), found("b")], CATALOG, "c1")
    with pytest.raises(NameTaken):
        stack_of(found("b"), [found("a"), found("b")], CATALOG, "c1")


def test_other_names_and_older_versions_of_itself_do_not_count() -> None:
    """The list may be a moment behind."""
    stack_of(
        found(),
        [found("old", "other", creationTimestamp="2025-01-01T00:00:00Z"), found(resourceVersion="6")],
        CATALOG,
        "c1",
    )
    stack_of(found(), [], CATALOG, "c1")


# --- where it is kept ---


def test_its_things_are_marked_with_namespace_and_cluster() -> None:
    """So stacks of one name in two namespaces, or in two clusters, never take each other's things for theirs."""
    stack = stack_of(found(), [], CATALOG, "c1")
    assert Identity("web", "here@c1") == stack.identity
    tags = stack.nodes[Address("Vpc", "main")].tags
    assert ("web", "main", "here@c1") == tuple(tags[key] for key in OWNER_TAGS)


def test_the_longest_mark_fits_into_a_tag() -> None:
    """A tag of AWS's holds 256 characters, and those of a namespace and of a cluster's name are fewer."""
    longest = re.fullmatch(CLUSTER_NAME, "c" * 40)
    assert longest
    assert not re.fullmatch(CLUSTER_NAME, "c" * 41)
    assert len(origin_of(found("n" * 63), longest[0])) <= 256


def moving(origin: Any = "old@c1", name: Any = None, **metadata: Any) -> Object:
    """A Stack that takes over what another one has marked."""
    moved = {"origin": origin} if name is None else {"origin": origin, "name": name}
    return found(spec={**SPEC, "movedFrom": moved}, **metadata)


def test_what_another_stack_keeps_is_not_taken_over() -> None:
    """However old either of them is: whoever moves a stack ends the one before, or there would be two writers."""
    for name, other in (
        ("old", found("old", "old")),
        ("web", OLD | {"metadata": {**OLD["metadata"], "name": "web"}}),
    ):
        mover = moving(name=name, creationTimestamp="2020-01-01T00:00:00Z")
        with pytest.raises(StillKept) as caught:
            stack_of(mover, [mover, other], CATALOG, "c1")
        assert (Identity(name, "old@c1"), f"old/{name}") == (caught.value.identity, caught.value.holder)
        assert "delete that one first" in str(caught.value)


@pytest.mark.parametrize(
    ("moved", "before"),
    [
        ({"origin": "old@c1"}, Identity("web", "old@c1")),
        ({"origin": "old@c2"}, Identity("web", "old@c2")),
        ({"origin": "here@c1", "name": "older"}, Identity("older", "here@c1")),
        ({}, Identity("web")),
    ],
    ids=["namespace", "cluster", "name", "command"],
)
def test_what_nobody_keeps_any_more_is_taken_over(moved: Object, before: Identity) -> None:
    """Of another namespace, cluster or name, or of a command, which has no origin."""
    mover = found(spec={**SPEC, "movedFrom": moved})
    stack = stack_of(mover, [mover, found("elsewhere", "other")], CATALOG, "c1")
    assert before == stack.moved_from


def test_a_stack_that_moves_from_where_it_is_keeps_itself() -> None:
    """It is no other one."""
    assert stack_of(moving("here@c1"), [moving("here@c1")], CATALOG, "c1").identity == Identity("web", "here@c1")


# --- the finalizer ---


def patched(before: Object, patch: list[Object]) -> list[str] | None:
    """The finalizers after a patch."""
    server = FakeServer()
    path = path_of(before)
    server.objects[path] = before
    finalizers: list[str] | None = server.ask("PATCH", path, patch)["metadata"].get("finalizers")
    return finalizers


def test_the_finalizer_is_put_in_and_out() -> None:
    """Beside those of others, which are left alone, and only once."""
    assert [FINALIZER] == patched(found(), finalizing(found(), True))
    with_others = found(finalizers=["x.y/z", FINALIZER])
    assert ["x.y/z"] == patched(with_others, finalizing(with_others, False))
    assert ["x.y/z", FINALIZER] == patched(with_others, finalizing(with_others, True))
    assert [] == patched(found(finalizers=[FINALIZER]), finalizing(found(finalizers=[FINALIZER]), False))


def test_a_real_stack(serving: Cluster) -> None:
    """What a real API server gives us is read, with the defaults that it has put in."""
    home = serving.namespace("stacks")
    made = {"apiVersion": "holdfast.dev/v1alpha1", "kind": "Stack", "metadata": {"name": "web"}, "spec": SPEC}
    serving.put("POST", collection(home), made)
    (listed,) = serving.get(collection(home))["items"]
    stack = stack_of(listed, [listed], CATALOG, "c1")
    assert (f"{home}/web", DeletionPolicy.RETAIN) == (stack.source, stack.deletion_policy)
    before = request_of(listed)
    path = path_of(listed)
    for patch, changes in (
        ({"metadata": {"annotations": {"holdfast.dev/reconcile": "now"}}}, True),
        ({"metadata": {"labels": {"a": "b"}}}, False),
        ({"spec": {"mode": "Observe"}}, True),
        ({"metadata": {"finalizers": ["x.y/z"]}}, False),
    ):
        after = request_of(serving.put("PATCH", path, patch))
        assert changes == (before != after), patch
        before = after
    serving.put("PATCH", f"{path}/status", {"status": {"account": "123456789012"}})
    assert before == request_of(serving.get(path))
    serving.put("DELETE", path, None)
    assert leaving(serving.get(path))
    serving.put("PATCH", path, {"metadata": {"finalizers": []}})
