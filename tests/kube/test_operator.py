"""`holdfast operator` as a platform team sees it: Stacks in, status, events and a kept account out."""

import json
from typing import Any

import pytest

from emulators.ec2.store import Fault, Members
from tests.cli.kit import Running, fetch, operations, run, series, things, until, writes
from tests.kube.conftest import serve_stacks
from tests.kube.operating import NETWORK, VPC, Place, many_vpcs

HOUR = "1h"


def metrics(operator: Running) -> str:
    """What Prometheus gets."""
    return fetch(f"{operator.address()}/metrics")[1]


# --- keeping ---


def test_a_stack_is_brought_to_its_document_and_says_so(place: Place) -> None:
    """From kubectl apply to Ready: every node made once, with status, events, metrics and columns."""
    place.apply("web", NETWORK)
    with place.operator() as operator:
        place.ready()
        status = place.status()
        assert {"nodes": 4, "inSync": 4, "drifted": 0} == {
            key: status["counts"][key] for key in ("nodes", "inSync", "drifted")
        }
        assert "123456789012" == status["account"]
        assert [] == status["notInSync"]
        assert "Succeeded" == status["lastPass"]["outcome"]
        assert {"Synced": "True", "Drifted": "False", "Stalled": "False", "Healthy": "Unknown"} == {
            name: each["status"] for name, each in place.conditions().items() if name != "Ready"
        }
        assert ["CreateVpc", *["CreateSubnet"] * 3] == operations(place.ec2)
        place.told("Corrected", "Vpc/main: created")
        place.told("Corrected", "Subnet/c: created")
        assert [0.0] * 4 == series(metrics(operator), "holdfast_node_drifted", stack="web", state="in-sync")
        assert [1.0] == series(metrics(operator), "holdfast_leader")
        table = place.cluster.kubectl("-n", place.namespace, "get", "hfs")
        assert ["web", "us-east-1", "Enforce", "True", "0", "4"] == table.splitlines()[1].split()[:6]


def test_a_second_pass_writes_nothing(place: Place) -> None:
    """Pass after pass over an unchanged account: no write, and no event beyond the first ones."""
    place.apply()
    with place.operator(interval="0.2s"):
        place.ready()
        before = len(place.events()), len(writes(place.ec2))
        passes = place.ec2.counts["DescribeVpcs"]
        until(lambda: place.ec2.counts["DescribeVpcs"] > passes + 3, lambda: "passes go on")
        assert before == (len(place.events()), len(writes(place.ec2)))


def test_drift_is_found_told_and_corrected(place: Place) -> None:
    """What somebody else deletes comes back; the events say what was found and what was done."""
    place.apply("web", NETWORK)
    with place.operator():
        place.ready()
        subnet = next(each for each in place.ec2.world.things["subnet"].values() if each.get("Tags"))
        name = next(tag["Value"] for tag in subnet["Tags"] if tag["Key"] == "holdfast.dev/name")
        place.ec2.world.perform("DeleteSubnet", {"SubnetId": subnet.id})
        until(lambda: operations(place.ec2).count("CreateSubnet") == 4, lambda: "it is made anew")
        place.ready()
        until(
            lambda: len([e for e in place.events("DriftFound") if f"Subnet/{name}" in e["note"]]) == 2, lambda: "told"
        )


def test_observing_reports_and_never_writes(place: Place) -> None:
    """Mode Observe: Drifted, not Ready, not Stalled, for a person wants it so; and no write."""
    place.apply("web", NETWORK, mode="Observe")
    with place.operator():
        assert "Subnet/a" in place.becomes("Drifted", "True")["message"]
        assert ("False", "Observing") == place.condition("Ready")
        assert ("False", "NotStalled") == place.condition("Stalled")
        nodes = place.status()["notInSync"]
        assert {"Subnet/a", "Subnet/b", "Subnet/c", "Vpc/main"} == {each["address"] for each in nodes}
        assert {"mode"} == {each["blocked"]["by"] for each in nodes}
        assert [] == writes(place.ec2)


def test_a_blocked_step_stalls_the_stack_and_says_why(place: Place) -> None:
    """What `spec.allow` does not allow is told with the way out, in the condition and as a warning."""
    place.apply("web", VPC)
    with place.operator():
        place.ready()
        place.apply("web", {"Vpc": {"main": {"cidrBlock": "10.9.0.0/16"}}})
        stalled = place.becomes("Stalled", "True", "Blocked")
        assert "spec.allow does not include Replace" in stalled["message"]
        assert "Warning" == place.told("Blocked", "Vpc/main")["type"]
        assert ["CreateVpc"] == operations(place.ec2)


def test_many_nodes_that_differ_are_cut_and_it_is_said(place: Place) -> None:
    """The status stays small: fifty nodes, and how many more there are."""
    place.apply("web", many_vpcs(60), mode="Observe")
    with place.operator():
        place.becomes("Drifted", "True")
        status = place.status()
        assert (50, 10, 60) == (len(status["notInSync"]), status["notInSyncOmitted"], status["counts"]["drifted"])
        assert "and 57 more" in place.conditions()["Drifted"]["message"]


# --- what a person says ---


def test_a_pass_can_be_asked_for(place: Place) -> None:
    """The annotation brings a pass at once, whatever the interval; the status says that it was heard."""
    place.apply("web", many_vpcs(2))
    with place.operator(interval=HOUR):
        place.ready()
        vpc = next(each for each in place.ec2.world.things["vpc"].values() if each.get("Tags"))
        place.ec2.world.perform("DeleteVpc", {"VpcId": vpc.id})
        place.annotate("web", reconcile="now-1")
        until(lambda: operations(place.ec2) == ["CreateVpc"] * 3, lambda: "a pass is made")
        until(lambda: place.status().get("lastHandledReconcile") == "now-1", lambda: "it is told")


def test_a_pass_that_is_asked_for_believes_nothing(place: Place) -> None:
    """What no listing shows, and an ordinary pass would believe for minutes, is read anew by it, and mended."""
    place.apply("web", {"Vpc": {"main": {"cidrBlock": "10.0.0.0/16", "enableDnsHostnames": True}}})
    with place.operator(interval=HOUR):
        place.ready()
        vpc = next(each for each in place.ec2.world.things["vpc"].values() if each.get("Tags"))
        for number in range(2):
            made = operations(place.ec2).count("ModifyVpcAttribute")
            place.ec2.world.perform("ModifyVpcAttribute", {"VpcId": vpc.id, "EnableDnsHostnames": {"Value": False}})
            place.annotate("web", reconcile=f"now-{number}")
            until(
                lambda made=made: operations(place.ec2).count("ModifyVpcAttribute") == made + 1,  # type: ignore[misc]
                lambda: "it is mended",
            )
            place.ready()


def test_what_is_believed_is_told_in_status_and_metrics(place: Place) -> None:
    """With the time it was read at; a Stack of which everything was read says nothing of the kind."""
    place.apply("web", {"Vpc": {"main": {"cidrBlock": "10.0.0.0/16", "enableDnsHostnames": True}}}, mode="Enforce")
    place.apply("plain", {"Vpc": {"main": {"cidrBlock": "10.1.0.0/16"}}})
    with place.operator(interval="3s") as operator:
        place.ready("web", "plain")
        until(lambda: "oldestRead" in place.status("web"), lambda: json.dumps(place.status("web")))
        told = place.status("web")["oldestRead"]
        assert ("Vpc/main", "enableDnsHostnames") == (told["address"], told["what"])
        assert told["time"] < place.status("web")["lastPass"]["time"]
        assert "oldestRead" not in place.status("plain")
        said = metrics(operator)
        assert [0.0] == series(said, "holdfast_oldest_read_age_seconds", stack="plain")
        (age,) = series(said, "holdfast_oldest_read_age_seconds", stack="web")
        assert 10 < age < 600


def test_a_paused_stack_is_left_alone(place: Place) -> None:
    """While paused nothing is read or written for it and it has no series; afterwards all goes on."""
    place.apply()
    with place.operator(interval="0.2s") as operator:
        place.ready()
        place.annotate("web", paused="true")
        place.becomes("Ready", "Unknown", "Paused")
        assert [] == series(metrics(operator), "holdfast_node_drifted", stack="web")
        before = sum(place.ec2.counts.values())
        place.apply("other", {"Vpc": {"main": {"cidrBlock": "10.7.0.0/16"}}}, mode="Observe")
        place.becomes("Drifted", "True", name="other")
        place.delete("other")
        place.gone("other")
        place.apply("web", NETWORK)
        place.becomes("Ready", "Unknown", "Paused")
        assert ["CreateVpc"] == operations(place.ec2)
        assert before < sum(place.ec2.counts.values()), "the other one was read all the while"
        place.annotate("web", paused=None)
        place.ready()
        assert 3 == operations(place.ec2).count("CreateSubnet")


def test_an_edit_halts_the_pass_under_way(place: Place) -> None:
    """Who takes back a change in the middle of a pass stops it: no further call is begun for the old document."""
    held: list[str] = []

    def hook(asked: str, parameters: Members, moment: str) -> None:
        if asked == "CreateVpc" and moment == "before" and not held:
            held.append(parameters["CidrBlock"])
            place.apply("web", {"Vpc": {"main": {"cidrBlock": "10.0.0.0/16"}}})
            until(lambda: len(operator.logged("stack changed")) == 2, lambda: operator.said)

    place.ec2.before_reply = hook
    place.apply("web", NETWORK)
    with place.operator() as operator:
        until(lambda: held, lambda: operator.said)
        place.ready()
        assert ["CreateVpc"] == operations(place.ec2)


# --- bad input ---

CYCLE: Any = {
    "Vpc": {"main": {"cidrBlock": {"from": "Subnet/a", "attribute": "cidrBlock"}}},
    "Subnet": {"a": {"vpc": "main", "cidrBlock": {"from": "Vpc/main", "attribute": "cidrBlock"}}},
}
DANGLING: Any = {**VPC, "Subnet": {"a": {"vpc": "mian", "cidrBlock": "10.0.0.0/24"}}}


@pytest.mark.parametrize("resources", [DANGLING, CYCLE], ids=["dangling", "cycle"])
def test_a_document_that_the_graph_refuses_is_told_as_validate_tells_it(
    place: Place, resources: Any, tmp_path: Any
) -> None:
    """Stalled with the very words of `holdfast validate`, nothing written, and the others go on."""
    place.apply("wrong", resources)
    place.apply("right")
    path = tmp_path / "wrong.yaml"
    whole = {"region": "us-east-1", "resources": resources}
    head = {"apiVersion": "holdfast.dev/v1alpha1", "kind": "Stack", "metadata": {"name": "wrong"}, "spec": whole}
    path.write_text(json.dumps(head))
    validated = run("validate", path)
    assert 1 == validated.code
    with place.operator() as operator:
        message = place.becomes("Stalled", "True", "InvalidDocument", name="wrong")["message"]
        told = [line.split(": ", 1)[1] for line in validated.err.splitlines()]
        assert told == message.splitlines()
        place.ready("right")
        assert ["CreateVpc"] == operations(place.ec2)
        assert "Warning" == place.told("InvalidDocument", message.splitlines()[0])["type"]
        assert [0.0] == series(metrics(operator), "holdfast_document_valid")
        place.apply("wrong", {"Vpc": {"main": {"cidrBlock": "10.5.0.0/16"}}})
        place.ready("wrong")
        assert [1.0] == series(metrics(operator), "holdfast_document_valid")


def test_no_files_of_the_operator_can_be_read(place: Place) -> None:
    """A Stack cannot name a file: there are none beside it, and the operator's own are nobody's business."""
    instance = {"image": {"id": "ami-1"}, "instanceType": "t3.micro", "userData": {"file": "../../../etc/passwd"}}
    place.apply("web", {**VPC, "Instance": {"i": instance}})
    with place.operator():
        message = place.becomes("Stalled", "True", "InvalidDocument")["message"]
        assert "a Stack in Kubernetes cannot include files" in message


def test_a_secret_of_the_operators_own_environment_is_refused(place: Place) -> None:
    """Whoever may write a Stack does not get the operator's credentials with it."""
    group = {"vpc": "main", "description": {"secret": {"env": "AWS_SECRET_ACCESS_KEY"}}}
    place.apply("web", {**VPC, "SecurityGroup": {"g": group}})
    with place.operator():
        message = place.becomes("Stalled", "True", "SecretForbidden")["message"]
        assert "HOLDFAST_SECRET_" in message
        assert [] == writes(place.ec2)


# --- trouble with AWS ---


def test_without_credentials_each_stack_says_so_and_nothing_crashes(place: Place) -> None:
    """Condition and event for each Stack; tried again ever later; the operator is alive and well."""
    place.apply("one")
    place.apply("two", {"Vpc": {"main": {"cidrBlock": "10.1.0.0/16"}}})
    nothing = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_SESSION_TOKEN": ""}
    with place.operator(**nothing) as operator:
        for name in ("one", "two"):
            place.becomes("Stalled", "True", "NoCredentials", name=name)
            assert ("False", "NoCredentials") == place.condition("Ready", name)
            assert ("Unknown", "NoCredentials") == place.condition("Synced", name)
        place.told("NoCredentials", "credentials")
        assert 200 == fetch(f"{operator.address()}/healthz")[0]
        assert place.status("one")["nextPass"] > place.status("one")["lastPass"]["time"]
        assert 2 == len(place.events("NoCredentials")), "told once for each"


def test_a_denied_listing_is_told_and_nothing_is_written(place: Place) -> None:
    """Denied to read: the nodes are unknown, never in sync, and there is no write; then it goes on by itself."""

    def hook(asked: str, parameters: Members, moment: str) -> None:
        if asked == "DescribeVpcs":
            raise Fault("UnauthorizedOperation", 403, "You are not authorized.")

    place.ec2.before_reply = hook
    place.apply()
    with place.operator():
        message = place.becomes("Ready", "False", "NodesUnknown")["message"]
        assert "DescribeVpcs" in message
        assert ("Unknown", "NodesUnknown") == place.condition("Drifted")
        assert 1 == place.status()["counts"]["unknown"]
        assert "Failed" == place.status()["lastPass"]["outcome"]
        assert [] == writes(place.ec2)
        place.ec2.before_reply = None
        place.ready()


def test_a_denied_write_is_told_with_awss_words(place: Place) -> None:
    """Denied to write: the node, the operation and AWS's message are in condition and event."""

    def hook(asked: str, parameters: Members, moment: str) -> None:
        if asked == "CreateVpc":
            raise Fault("UnauthorizedOperation", 403, "You are not authorized to make a VPC.")

    place.ec2.before_reply = hook
    place.apply()
    with place.operator():
        message = place.becomes("Ready", "False", "AccessDenied")["message"]
        assert "Vpc/main: ec2:CreateVpc UnauthorizedOperation: You are not authorized to make a VPC." in message
        place.told("Failed", "Vpc/main")


def test_an_endpoint_that_is_not_there_is_told(place: Place) -> None:
    """An unknown region or a network that is down: said for the Stack, tried again, no crash."""
    place.apply()
    with place.operator(AWS_ENDPOINT_URL="http://127.0.0.1:9", AWS_MAX_ATTEMPTS="1") as operator:
        place.becomes("Ready", "False", "AwsUnreachable")
        assert ("Unknown", "AwsUnreachable") == place.condition("Drifted")
        assert 200 == fetch(f"{operator.address()}/healthz")[0]


def test_another_account_is_never_touched(place: Place) -> None:
    """The document names an account, the credentials are another's: Stalled, nothing listed."""
    place.apply(accountId="999999999999")
    with place.operator():
        message = place.becomes("Stalled", "True", "WrongAccount")["message"]
        assert "999999999999" in message
        assert {"GetCallerIdentity"} == set(place.ec2.counts)


# --- secrets ---


def test_a_secret_beside_the_stack_reaches_aws_and_nothing_else(place: Place) -> None:
    """secretKeyRef: the value is in the call, and in no log, status, event or metric."""
    value = "s3cr3t-description-of-the-group"
    path = f"/api/v1/namespaces/{place.namespace}/secrets"
    place.put("POST", path, {"metadata": {"name": "words"}, "stringData": {"text": value}})
    reference = {"secret": {"secretKeyRef": {"name": "words", "key": "text"}}}
    place.apply("web", {**VPC, "SecurityGroup": {"g": {"vpc": "main", "description": reference}}})
    with place.operator() as operator:
        place.ready()
        (made,) = [call for call in place.ec2.calls if call.operation == "CreateSecurityGroup"]
        assert value == made.parameters["Description"]
        shown = operator.said + json.dumps(place.stack("web")) + json.dumps(place.events()) + metrics(operator)
        assert value not in shown


def test_a_secret_that_is_not_there_is_named(place: Place) -> None:
    """Which Secret and which key: told in the condition, and made good by creating it."""
    reference = {"secret": {"secretKeyRef": {"name": "words", "key": "text"}}}
    place.apply("web", {**VPC, "SecurityGroup": {"g": {"vpc": "main", "description": reference}}})
    with place.operator():
        place.told("Failed", f"Secret {place.namespace}/words does not exist")
        path = f"/api/v1/namespaces/{place.namespace}/secrets"
        place.put("POST", path, {"metadata": {"name": "words"}, "stringData": {"text": "some words"}})
        place.annotate("web", reconcile="now")
        place.ready()


# --- deletion ---


def test_a_deleted_stack_leaves_what_it_owns_unless_told_otherwise(place: Place) -> None:
    """The default policy is Retain: the object vanishes at once, the network stays, no series is left."""
    place.apply("web", NETWORK)
    with place.operator() as operator:
        place.ready()
        assert "finalizers" not in (place.stack("web") or {})["metadata"]
        place.delete("web")
        place.gone()
        until(lambda: not series(metrics(operator), "holdfast_node_drifted", stack="web"), lambda: metrics(operator))
        assert {"vpc": 1, "subnet": 3} == things(place.ec2)


def test_the_policy_delete_deletes_in_order(place: Place) -> None:
    """Children before parents, then the object vanishes; nothing of the stack is left."""
    place.apply("web", NETWORK, deletionPolicy="Delete")
    with place.operator():
        place.ready()
        assert ["holdfast.dev/delete"] == (place.stack("web") or {})["metadata"]["finalizers"]
        place.delete("web")
        place.gone()
        deleted = [each for each in operations(place.ec2) if each.startswith("Delete")]
        assert [*["DeleteSubnet"] * 3, "DeleteVpc"] == deleted
        assert {} == things(place.ec2)
        place.told("Deleted", "nothing that this stack owned is left")


def test_an_invalid_document_deletes_nothing(place: Place) -> None:
    """Policy Delete and a document that cannot be read: nothing is deleted, and the way out is said."""
    place.apply("web", NETWORK, deletionPolicy="Delete")
    with place.operator() as operator:
        place.ready()
        place.apply("web", DANGLING, deletionPolicy="Delete")
        place.becomes("Stalled", "True", "InvalidDocument")
        assert [] == series(metrics(operator), "holdfast_node_drifted", stack="web"), "nobody looks at it now"
        place.delete("web")
        until(lambda: "fix it, or set deletionPolicy to Retain" in place.conditions()["Stalled"]["message"], str)
        assert {"vpc": 1, "subnet": 3} == things(place.ec2)
        place.put("PATCH", place.path("web"), {"spec": {"deletionPolicy": "Retain"}})
        place.gone()
        assert {"vpc": 1, "subnet": 3} == things(place.ec2)


# --- the cluster ---


def test_the_crd_can_be_upgraded_under_a_running_operator(place: Place) -> None:
    """A new version of the CRD interrupts nothing, and the operator goes on with Stacks of before and after."""
    place.apply("before")
    with place.operator():
        place.ready("before")
        path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/stacks.holdfast.dev"
        found = place.cluster.get(path)
        schema = found["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
        schema["properties"]["spec"]["properties"]["later"] = {
            "type": "string",
            "description": "A field of tomorrow.",
        }
        place.cluster.put("PUT", path, found)
        place.apply("after", {"Vpc": {"main": {"cidrBlock": "10.2.0.0/16"}}})
        place.ready("after")
        place.apply("before", NETWORK)
        place.ready("before")
        serve_stacks(place.cluster)


def test_a_hundred_stacks_share_their_inventory(place: Place) -> None:
    """All have their passes; in a quiet round the calls are those of one stack, not of a hundred.

    Only every fifth may write: AWS's bucket for CreateVpc is what would take the time.
    """
    count = 100
    for number in range(count):
        mode = "Enforce" if number % 5 == 0 else "Observe"
        place.apply(f"s{number}", {"Vpc": {"main": {"cidrBlock": f"10.{number}.0.0/16"}}}, mode=mode)
    with place.operator(interval="4s") as operator:

        def settled() -> bool:
            found = place.cluster.get(f"/apis/holdfast.dev/v1alpha1/namespaces/{place.namespace}/stacks")["items"]
            told = [{c["type"]: c["reason"] for c in each.get("status", {}).get("conditions", ())} for each in found]
            return ["InSync"] * 20 + ["Observing"] * 80 == sorted(each.get("Ready", "") for each in told)

        until(settled, lambda: operator.said[-3000:])
        assert ["CreateVpc"] * 20 == operations(place.ec2)

        def passes() -> float:
            return sum(series(metrics(operator), "holdfast_pass_duration_seconds_count", outcome="succeeded"))

        begun, listed = passes(), place.ec2.counts["DescribeVpcs"]
        until(lambda: passes() >= begun + 2 * count, lambda: f"{passes()} passes")
        assert place.ec2.counts["DescribeVpcs"] - listed <= (passes() - begun) / 10
