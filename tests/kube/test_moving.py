"""Whose is whose: what one Stack owned is no other's by itself, and moves only when somebody says so."""

import json
from typing import Any

import pytest

from controller.core.model.ownership import OWNER_TAGS
from tests.cli.kit import Account, document, fetch, operations, run_process, things, until, writes
from tests.kube.operating import NETWORK, VPC, Object, Place

OTHER: Object = {"Vpc": {"main": {"cidrBlock": "10.8.0.0/16"}}}
ALL = ["Create", "Update", "Replace", "Delete"]


def marks(account: Account) -> list[tuple[str, ...]]:
    """Stack, node and origin of each VPC that carries a mark."""
    found = []
    for thing in account.world.things["vpc"].values():
        tags = {tag["Key"]: tag["Value"] for tag in thing.get("Tags") or ()}
        if OWNER_TAGS[0] in tags:
            found.append(tuple(tags.get(key, "") for key in OWNER_TAGS))
    return sorted(found)


def cluster_name(place: Place) -> str:
    """The name that the operator gives the cluster by itself."""
    uid: str = place.cluster.get("/api/v1/namespaces/kube-system")["metadata"]["uid"]
    return uid[:8]


@pytest.fixture
def other(place: Place) -> Place:
    """Another team's namespace, in the same cluster and account."""
    return Place(place.cluster, place.ec2)


def second(place: Place, other: Place, name: str, resources: Object, **spec: Any) -> None:
    """The other team's Stack of the same name; it is the younger one, and Kubernetes counts in seconds."""
    first = (place.stack(name) or {})["metadata"]["creationTimestamp"]

    def younger() -> bool:
        other.apply(name, resources, **spec)
        if (other.stack(name) or {})["metadata"]["creationTimestamp"] > first:
            return True
        other.delete(name)
        return False

    until(younger, lambda: "the second is younger")


# --- the name of the cluster ---


def test_things_are_marked_with_where_they_are_kept(place: Place) -> None:
    """With stack, node, namespace and cluster; the cluster has a name though nobody gave it one."""
    place.apply()
    with place.operator() as operator:
        place.ready()
        assert [("web", "main", f"{place.namespace}@{cluster_name(place)}")] == marks(place.ec2)
        (said,) = operator.logged("cluster known")
        assert cluster_name(place) == said["cluster"]


def test_a_cluster_can_be_given_a_name(place: Place) -> None:
    """One that people know, and that outlives a cluster which is made anew from its backup."""
    place.apply()
    with place.operator("--cluster", "eu-prod.1"):
        place.ready()
        assert [("web", "main", f"{place.namespace}@eu-prod.1")] == marks(place.ec2)


def test_without_a_name_of_the_cluster_nothing_is_begun(place: Place) -> None:
    """No right to find out, none given: not ready, with the way out; no lease, no request to AWS. Then it goes on."""
    cluster, namespace = place.cluster, place.namespace
    cluster.put("POST", f"/api/v1/namespaces/{namespace}/serviceaccounts", {"metadata": {"name": "narrow"}})
    account = f"--serviceaccount={namespace}:narrow"
    cluster.kubectl(
        "create", "rolebinding", "narrow", f"--namespace={namespace}", "--clusterrole=cluster-admin", account
    )
    path = f"/api/v1/namespaces/{namespace}/serviceaccounts/narrow/token"
    token = cluster.put("POST", path, {"spec": {}})["status"]["token"]
    place.apply()
    with place.operator(KUBECONFIG=str(cluster.kubeconfig(token, namespace))) as operator:
        until(lambda: operator.logged("cluster unknown"), lambda: operator.said)
        status, said = fetch(f"{operator.address()}/readyz")
        assert (503, True) == (status, "--cluster (chart value operator.cluster)" in said)
        assert 200 == fetch(f"{operator.address()}/healthz")[0]
        assert ([], {}) == (operator.logged("leading"), dict(place.ec2.counts))
        reader = ["--verb=get", "--resource=namespaces", "--resource-name=kube-system"]
        cluster.kubectl("create", "clusterrole", f"reader-{namespace}", *reader)
        cluster.kubectl(
            "create", "clusterrolebinding", f"reader-{namespace}", f"--clusterrole=reader-{namespace}", account
        )
        place.ready()
        assert 200 == fetch(f"{operator.address()}/readyz")[0]
        assert 1 == len(operator.logged("cluster unknown")), "told once"


# --- who was refused ---


def test_who_was_refused_never_takes_over_by_itself(place: Place, other: Place) -> None:
    """The older one is deleted and its network stays: the younger one's document changes nothing of it."""
    place.apply("shared", NETWORK)
    second(place, other, "shared", OTHER, allow=ALL)
    with place.operator("--namespace", other.namespace):
        place.ready("shared")
        refused = other.becomes("Stalled", "True", "NameTaken", name="shared")["message"]
        assert f"already defined by {place.namespace}/shared" in refused
        before, made = len(writes(place.ec2)), marks(place.ec2)
        place.delete("shared")
        place.gone("shared")
        message = other.becomes("Stalled", "True", "Blocked", name="shared")["message"]
        origin = f"{place.namespace}@{cluster_name(place)}"
        assert f"stack shared of {origin}" in message
        nodes = {each["address"]: each for each in other.status("shared")["notInSync"]}
        assert {"Vpc/main": "conflict"} == {address: each["state"] for address, each in nodes.items()}
        assert "spec.movedFrom" in json.dumps(nodes)
        other.annotate("shared", reconcile="once-more")
        until(lambda: other.status("shared").get("lastHandledReconcile") == "once-more", lambda: "one pass more")
        assert (before, made) == (len(writes(place.ec2)), marks(place.ec2))
        assert {"vpc": 1, "subnet": 3} == things(place.ec2)


def test_a_stack_moves_to_another_namespace_when_it_says_so(place: Place, other: Place) -> None:
    """Refused while the one before is there; then all is adopted as it is, and belongs to the new one."""
    place.apply("shared", NETWORK)
    origin = f"{place.namespace}@{cluster_name(place)}"
    with place.operator("--namespace", other.namespace):
        place.ready("shared")
        made = operations(place.ec2)
        other.apply("ours", NETWORK, movedFrom={"name": "shared", "origin": origin})
        assert (
            f"is still managed by {place.namespace}/shared"
            in (other.becomes("Stalled", "True", "StillKept", name="ours")["message"])
        )
        assert made == operations(place.ec2)
        place.delete("shared")
        other.ready("ours")
        assert {"CreateTags"} == set(operations(place.ec2)[len(made) :])
        assert [("ours", "main", f"{other.namespace}@{cluster_name(place)}")] == marks(place.ec2)
        assert {"vpc": 1, "subnet": 3} == things(place.ec2)
        written = len(writes(place.ec2))
        other.apply("ours", NETWORK)
        other.ready("ours")
        assert written == len(writes(place.ec2)), "the move is over, and its line may go"


def test_a_stack_that_is_made_anew_goes_on_with_what_it_had(place: Place) -> None:
    """Deleted with Retain and applied again, in its namespace and under its name: nothing is written."""
    place.apply("web", NETWORK)
    with place.operator():
        place.ready()
        place.delete("web")
        place.gone()
        before = len(writes(place.ec2))
        place.apply("web", NETWORK)
        place.ready()
        assert before == len(writes(place.ec2))


def test_what_a_command_made_moves_to_the_cluster_when_the_stack_says_so(place: Place, tmp_path: Any) -> None:
    """Without a word it is in conflict, with the word as the way out; with it all is adopted, nothing made anew."""
    path = tmp_path / "web.yaml"
    path.write_text(document("web", json.dumps(NETWORK)))
    ran = run_process("apply", path, "--yes", AWS_ENDPOINT_URL=place.ec2.url)
    assert 0 == ran.code, ran.said
    made = operations(place.ec2)
    place.apply("web", NETWORK)
    with place.operator():
        assert "movedFrom" in place.becomes("Stalled", "True", "Blocked")["message"]
        assert made == operations(place.ec2)
        place.apply("web", NETWORK, movedFrom={})
        place.ready()
        assert {"CreateTags"} == set(operations(place.ec2)[len(made) :])
        assert [("web", "main", f"{place.namespace}@{cluster_name(place)}")] == marks(place.ec2)


# --- deletion ---


def foreign_vpc(account: Account) -> str:
    """A VPC that nobody marked."""
    made = account.world.perform("CreateVpc", {"CidrBlock": "10.0.0.0/16"})
    return str(made["Vpc"]["VpcId"])


def test_a_stack_that_is_deleted_before_its_first_pass_deletes_nothing_of_others(place: Place) -> None:
    """What it names under `adopt` was never taken over, so it is not ours to delete."""
    adopted = {"Vpc": {"main": {"cidrBlock": "10.0.0.0/16", "lifecycle": {"adopt": {"id": foreign_vpc(place.ec2)}}}}}
    before = len(place.ec2.world.things["vpc"])
    place.apply("web", adopted, deletionPolicy="Delete")
    finalizers = {"metadata": {"finalizers": ["holdfast.dev/delete"]}}
    place.put("PATCH", place.path("web"), finalizers)
    place.delete("web")
    with place.operator():
        place.gone()
        assert [] == writes(place.ec2)
        assert before == len(place.ec2.world.things["vpc"])


def retained(name: str) -> Object:
    """The network, of which one subnet is to stay."""
    subnets = {**NETWORK["Subnet"], name: {**NETWORK["Subnet"][name], "lifecycle": {"retain": True}}}
    return {**VPC, "Subnet": subnets}


def test_nothing_is_begun_where_something_has_to_stay(place: Place) -> None:
    """What cannot go is told with all that it keeps; an annotation lets the rest go, and Retain the object."""
    place.apply("web", retained("c"), deletionPolicy="Delete")
    with place.operator():
        place.ready()
        made = operations(place.ec2)
        place.delete("web")
        message = place.becomes("Stalled", "True", "Blocked")["message"]
        assert "Subnet/c" in message
        assert ("False", "Deleting") == place.condition("Ready")
        assert "lifecycle.retain keeps" in place.status()["deletion"]["message"]
        assert 4 == place.status()["deletion"]["remaining"]
        assert made == operations(place.ec2)
        place.annotate("web", partial_deletion="true")
        until(lambda: things(place.ec2).get("subnet") == 1, lambda: str(things(place.ec2)))
        until(lambda: place.status().get("deletion", {}).get("remaining") == 2, lambda: str(place.status()))
        assert {"vpc": 1, "subnet": 1} == things(place.ec2)
        place.put("PATCH", place.path("web"), {"spec": {"deletionPolicy": "Retain"}})
        place.gone()
        assert {"vpc": 1, "subnet": 1} == things(place.ec2)
