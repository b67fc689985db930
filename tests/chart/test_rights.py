"""Who may do what: the token of the chart's ServiceAccount on a real API server, rule by rule and deed by deed."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from tests.chart.releases import GROUP, STACK, Releases, create_stack, without_crds
from tests.cli.kit import Account, Running, until
from tests.kube.cluster import Cluster

HOME, TEAM, OTHER = "rights-home", "rights-team", "rights-other"
"""Where the operators are installed, a namespace that both watch, and one that only the first watches."""
ALL, SOME, NAMED = "all-namespaces", "some-namespaces", "named-cluster"
WATCH = "?watch=1&timeoutSeconds=1"
SECRET = {"secret": {"secretKeyRef": {"name": "db", "key": "password"}}}
LEASES = f"/apis/coordination.k8s.io/v1/namespaces/{HOME}/leases"
STACKS = {
    "get holdfast.dev/stacks",
    "list holdfast.dev/stacks",
    "watch holdfast.dev/stacks",
    "patch holdfast.dev/stacks",
    "patch holdfast.dev/stacks/status",
    "get holdfast.dev/stackmemories",
    "create holdfast.dev/stackmemories",
    "update holdfast.dev/stackmemories",
    "create events.k8s.io/events",
}


CLUSTER = {"get namespaces kube-system"}
"""What it takes to tell which cluster this is."""


def leases(name: str) -> set[str]:
    """What the election needs, in the namespace of the release."""
    group = "coordination.k8s.io/leases"
    return {f"create {group}", f"get {group} {name}", f"update {group} {name}"}


@dataclass(frozen=True)
class Tokens:
    """One that watches everything, one that watches a namespace and may read one Secret, and one of nobody."""

    everything: str
    one: str
    nobody: str
    viewer: str
    editor: str


@pytest.fixture(scope="module")
def tokens(cluster: Cluster) -> Iterator[Tokens]:
    """The chart installed in both ways, and a Stack and a Secret in each namespace."""
    with without_crds(cluster):
        for namespace in (HOME, TEAM, OTHER):
            cluster.namespace(namespace)
        releases = Releases(cluster)
        releases.install(ALL, HOME, {"fullnameOverride": ALL})
        limited = {"watchNamespaces": [TEAM], "secretKeyRefs": {"enabled": True, "names": ["db"]}}
        releases.install(SOME, HOME, {"fullnameOverride": SOME, "crds": {"install": False}} | limited)
        for namespace in (TEAM, OTHER):
            create_stack(cluster, namespace)
            for name in ("db", "another"):
                secret = {"metadata": {"name": name}, "stringData": {"password": f"the secret of {name}"}}
                cluster.put("POST", f"/api/v1/namespaces/{namespace}/secrets", secret)
        for name, role in (("nobody", ""), ("viewer", "stacks-view"), ("editor", "stacks-edit")):
            cluster.put("POST", f"/api/v1/namespaces/{HOME}/serviceaccounts", {"metadata": {"name": name}})
            if role:
                bind(cluster, name, f"{HOME}:{ALL}:{role}")
        yield Tokens(*(token(cluster, name) for name in (ALL, SOME, "nobody", "viewer", "editor")))


def bind(cluster: Cluster, account: str, role: str) -> None:
    """Give a role for people to an account, in one namespace."""
    cluster.kubectl(
        "create",
        "rolebinding",
        account,
        f"--namespace={TEAM}",
        f"--clusterrole={role}",
        f"--serviceaccount={HOME}:{account}",
    )


def token(cluster: Cluster, account: str) -> str:
    """A token with exactly the rights of the account, as its pod has it."""
    made = cluster.put("POST", f"/api/v1/namespaces/{HOME}/serviceaccounts/{account}/token", {"spec": {}})
    return str(made["status"]["token"])


def rules(cluster: Cluster, bearer: str, namespace: str) -> set[str]:
    """Every right that somebody has in a namespace: verb, group and resource, and a name where it is for one only."""
    path = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"
    status, found = cluster.ask("POST", path, {"spec": {"namespace": namespace}}, token=bearer)
    assert (201, False) == (status, found["status"]["incomplete"])
    return {
        " ".join(filter(None, (verb, f"{group}/{resource}".lstrip("/"), name)))
        for rule in found["status"]["resourceRules"]
        for verb in rule["verbs"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for name in rule.get("resourceNames") or [""]
    } | {
        f"{verb} {url}"
        for rule in found["status"]["nonResourceRules"]
        for verb in rule["verbs"]
        for url in rule["nonResourceURLs"]
    }


def granted(cluster: Cluster, bearer: str, tokens: Tokens, namespace: str) -> set[str]:
    """The rights beyond those of an account that nobody gave anything."""
    return rules(cluster, bearer, namespace) - rules(cluster, tokens.nobody, namespace)


def test_watching_everything_needs_exactly_this(cluster: Cluster, tokens: Tokens) -> None:
    """In every namespace the Stacks and what goes with them, at home the one Lease, and the uid of one namespace."""
    assert STACKS | CLUSTER | leases(ALL) == granted(cluster, tokens.everything, tokens, HOME)
    assert STACKS | CLUSTER == granted(cluster, tokens.everything, tokens, TEAM)
    assert STACKS | CLUSTER == granted(cluster, tokens.everything, tokens, "kube-system")


def test_watching_one_namespace_needs_exactly_this(cluster: Cluster, tokens: Tokens) -> None:
    """The same in that namespace, with the Secret that was named; at home the Lease; elsewhere the one uid alone."""
    assert STACKS | CLUSTER | {"get secrets db"} == granted(cluster, tokens.one, tokens, TEAM)
    assert CLUSTER | leases(SOME) == granted(cluster, tokens.one, tokens, HOME)
    assert CLUSTER == granted(cluster, tokens.one, tokens, OTHER)


def test_where_the_cluster_has_a_name_its_uid_cannot_be_read(cluster: Cluster, tokens: Tokens) -> None:
    """Whoever gives the name spares the operator the only right that it has in the whole cluster."""
    values = {"fullnameOverride": NAMED, "crds": {"install": False}, "userRoles": {"create": False}}
    named = values | {"watchNamespaces": [TEAM], "operator": {"cluster": "eu-prod"}}
    Releases(cluster).install(NAMED, HOME, named)
    bearer = token(cluster, NAMED)
    assert STACKS == granted(cluster, bearer, tokens, TEAM)
    assert leases(NAMED) == granted(cluster, bearer, tokens, HOME)
    assert set() == granted(cluster, bearer, tokens, "kube-system")


def test_people_are_given_what_their_role_says(cluster: Cluster, tokens: Tokens) -> None:
    """Who views sees Stacks; who edits writes them, but not their status; and only where the role is bound."""
    view = {f"{verb} holdfast.dev/stacks{part}" for verb in ("get", "list", "watch") for part in ("", "/status")}
    write = {f"{verb} holdfast.dev/stacks" for verb in ("create", "delete", "deletecollection", "patch", "update")}
    assert view == granted(cluster, tokens.viewer, tokens, TEAM)
    assert view | write == granted(cluster, tokens.editor, tokens, TEAM)
    assert set() == granted(cluster, tokens.editor, tokens, OTHER)


def event(namespace: str) -> Mapping[str, Any]:
    """An Event on the Stack."""
    return {
        "metadata": {"generateName": "small-", "namespace": namespace},
        "eventTime": "2030-01-01T00:00:00.000000Z",
        "type": "Normal",
        "reason": "DriftFound",
        "action": "Reconcile",
        "note": "Vpc/main",
        "reportingController": "holdfast.dev/operator",
        "reportingInstance": "holdfast-0",
        "regarding": {
            "apiVersion": "holdfast.dev/v1alpha1",
            "kind": "Stack",
            "name": "small",
            "namespace": namespace,
        },
    }


def lease(name: str) -> dict[str, Any]:
    """The Lease as a leader claims it."""
    return {"metadata": {"name": name}, "spec": {"holderIdentity": "holdfast-0", "leaseDurationSeconds": 15}}


def memory(name: str = "small") -> dict[str, Any]:
    """What is remembered of a Stack."""
    return {
        "apiVersion": "holdfast.dev/v1alpha1",
        "kind": "StackMemory",
        "metadata": {"name": name},
        "format": 1,
        "stack": "a-uid",
        "encoding": "json",
        "content": "{}",
    }


def deeds(namespace: str) -> list[tuple[str, str, Any]]:
    """All that the operator does with the Stacks of a namespace, but for what it remembers of them."""
    stacks = f"{GROUP}/namespaces/{namespace}/stacks"
    return [
        ("GET", stacks, None),
        ("GET", f"{stacks}/small", None),
        ("PATCH", f"{stacks}/small", {"metadata": {"finalizers": ["holdfast.dev/delete"]}}),
        ("PATCH", f"{stacks}/small/status", {"status": {"observedGeneration": 1}}),
        ("PATCH", f"{stacks}/small", {"metadata": {"finalizers": None}}),
        ("POST", f"/apis/events.k8s.io/v1/namespaces/{namespace}/events", event(namespace)),
    ]


def election(cluster: Cluster, bearer: str, name: str) -> list[int]:
    """How the API server answers what an election asks of it."""
    cluster.ask("DELETE", f"{LEASES}/{name}")
    made, _ = cluster.ask("POST", LEASES, lease(name), token=bearer)
    read, found = cluster.ask("GET", f"{LEASES}/{name}", token=bearer)
    renewed, _ = cluster.ask("PUT", f"{LEASES}/{name}", found, token=bearer)
    return [made, read, renewed]


def remembering(cluster: Cluster, bearer: str, namespace: str) -> list[int]:
    """How the API server answers what is asked to keep a memory: made, read, changed."""
    path = f"{GROUP}/namespaces/{namespace}/stackmemories"
    cluster.ask("DELETE", f"{path}/small")
    made, _ = cluster.ask("POST", path, memory(), token=bearer)
    read, found = cluster.ask("GET", f"{path}/small", token=bearer)
    changed, _ = cluster.ask("PUT", f"{path}/small", found, token=bearer)
    return [made, read, changed]


def statuses(cluster: Cluster, bearer: str, asked: list[tuple[str, str, Any]]) -> list[tuple[str, str, int]]:
    """How the API server answers."""
    return [(method, path, cluster.ask(method, path, body, token=bearer)[0]) for method, path, body in asked]


def refused(answers: list[tuple[str, str, int]]) -> list[tuple[str, str, int]]:
    """The answers that were not a yes."""
    return [answer for answer in answers if answer[2] not in (200, 201)]


def granted_anyway(answers: list[tuple[str, str, int]]) -> list[tuple[str, str, int]]:
    """The answers that were not "forbidden"."""
    return [answer for answer in answers if answer[2] != 403]


def test_the_operator_may_do_its_work(cluster: Cluster, tokens: Tokens) -> None:
    """What the operator asks of the API server is granted, in both ways of installing it."""
    everywhere = [("GET", f"{GROUP}/stacks", None), ("GET", f"{GROUP}/stacks{WATCH}", None)]
    assert [] == refused(statuses(cluster, tokens.everything, [*everywhere, *deeds(TEAM), *deeds(OTHER)]))
    watch = ("GET", f"{GROUP}/namespaces/{TEAM}/stacks{WATCH}", None)
    secret = ("GET", f"/api/v1/namespaces/{TEAM}/secrets/db", None)
    assert [] == refused(statuses(cluster, tokens.one, [watch, *deeds(TEAM), secret]))
    assert [201, 200, 200] == election(cluster, tokens.everything, ALL)
    assert [201, 200, 200] == election(cluster, tokens.one, SOME)
    for namespace in (TEAM, OTHER):
        assert [201, 200, 200] == remembering(cluster, tokens.everything, namespace)
    assert [201, 200, 200] == remembering(cluster, tokens.one, TEAM)
    assert [403, 403, 403] == remembering(cluster, tokens.one, OTHER)
    assert [200] * 2 == [
        cluster.ask("GET", "/api/v1/namespaces/kube-system", token=bearer)[0]
        for bearer in (tokens.everything, tokens.one)
    ]


def test_people_have_no_part_in_what_is_remembered(cluster: Cluster, tokens: Tokens) -> None:
    """Who edits Stacks cannot tell the operator what to remember of them."""
    path = f"{GROUP}/namespaces/{TEAM}/stackmemories"
    asked: list[tuple[str, str, Any]] = [
        ("POST", path, memory("other")),
        ("PUT", f"{path}/small", memory()),
        ("PATCH", f"{path}/small", {"content": "{}"}),
        ("DELETE", f"{path}/small", None),
    ]
    assert [] == granted_anyway(statuses(cluster, tokens.editor, asked))


@pytest.mark.parametrize(("release", "description"), [(ALL, "plain"), (SOME, SECRET)], ids=[ALL, SOME])
def test_the_operator_itself_lives_on_its_rights(
    cluster: Cluster, tokens: Tokens, release: str, description: Any
) -> None:
    """With the arguments and token of its pod, a Stack is kept from first pass to finalizer, and nothing denied."""
    bearer = tokens.everything if release == ALL else tokens.one
    stacks, name = f"{GROUP}/namespaces/{TEAM}/stacks", f"kept-{release}"
    group = {"vpc": "main", "description": description}
    spec = STACK["spec"] | {"deletionPolicy": "Delete"}
    spec["resources"] = spec["resources"] | {"SecurityGroup": {"app": group}}
    cluster.ask("DELETE", f"{LEASES}/{release}")
    cluster.put("POST", stacks, STACK | {"metadata": {"name": name}, "spec": spec})
    with Account() as aws, started(cluster, aws, bearer, release) as operator:
        until(lambda: ready(cluster, f"{stacks}/{name}"), lambda: operator.said)
        assert ["holdfast.dev/delete"] == cluster.get(f"{stacks}/{name}")["metadata"]["finalizers"]
        assert cluster.get(f"{LEASES}/{release}")["spec"]["holderIdentity"].startswith("pod-of-the-chart_")
        cluster.ask("DELETE", f"{stacks}/{name}")
        until(lambda: cluster.ask("GET", f"{stacks}/{name}")[0] == 404, lambda: operator.said)
        events = cluster.get(f"/apis/events.k8s.io/v1/namespaces/{TEAM}/events")["items"]
        assert {"Corrected", "Deleted"} <= {each["reason"] for each in events if each["regarding"]["name"] == name}
        assert 0 == operator.stop()[0]
        assert [] == [line for line in operator.log if "orbidden" in json.dumps(line)]


def started(cluster: Cluster, aws: Account, bearer: str, release: str) -> Running:
    """The operator as the Deployment of a release starts it, on a port that is free."""
    deployment = cluster.get(f"/apis/apps/v1/namespaces/{HOME}/deployments/{release}")
    (program,) = deployment["spec"]["template"]["spec"]["containers"]
    return Running(
        *program["args"],
        "--address=127.0.0.1:0",
        "--interval=0.5s",
        KUBECONFIG=str(cluster.kubeconfig(bearer, HOME)),
        AWS_ENDPOINT_URL=aws.url,
        POD_NAME="pod-of-the-chart",
    )


def ready(cluster: Cluster, path: str) -> bool:
    """Whether a Stack is as it should be."""
    conditions = cluster.get(path).get("status", {}).get("conditions", ())
    return ("Ready", "True") in {(each["type"], each["status"]) for each in conditions}


def forbidden(namespace: str) -> list[tuple[str, str, Any]]:
    """What a program that was taken over might like to do."""
    core, stacks = f"/api/v1/namespaces/{namespace}", f"{GROUP}/namespaces/{namespace}/stacks"
    binding = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}/rolebindings"
    return [
        ("GET", "/api/v1/namespaces", None),
        ("GET", "/api/v1/namespaces/default", None),
        ("PATCH", "/api/v1/namespaces/kube-system", {"metadata": {"labels": {"a": "b"}}}),
        ("GET", "/api/v1/nodes", None),
        ("GET", f"{core}/secrets", None),
        ("GET", f"{core}/secrets/another", None),
        ("PUT", f"{core}/secrets/another", {"metadata": {"name": "another"}}),
        ("GET", f"{core}/configmaps", None),
        ("PUT", f"{core}/configmaps/kube-root-ca.crt", {"metadata": {"name": "kube-root-ca.crt"}}),
        ("GET", f"{core}/pods", None),
        ("POST", f"{core}/pods", {"metadata": {"name": "shell"}}),
        ("POST", f"{core}/events", {"metadata": {"name": "an-event-of-old"}}),
        ("GET", f"/apis/events.k8s.io/v1/namespaces/{namespace}/events", None),
        ("POST", f"{core}/serviceaccounts/{ALL}/token", {"spec": {}}),
        ("POST", stacks, {"metadata": {"name": "new"}}),
        ("DELETE", f"{stacks}/small", None),
        ("DELETE", stacks, None),
        ("GET", f"{GROUP}/namespaces/{namespace}/stackmemories", None),
        ("DELETE", f"{GROUP}/namespaces/{namespace}/stackmemories/small", None),
        ("PUT", f"{stacks}/small", {"metadata": {"name": "small"}}),
        ("PUT", f"{stacks}/small/status", {"metadata": {"name": "small"}}),
        ("POST", binding, {"metadata": {"name": "more"}}),
        ("DELETE", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/stacks.holdfast.dev", None),
    ]


def test_the_operator_may_do_nothing_else(cluster: Cluster, tokens: Tokens) -> None:
    """Whoever gets hold of its token reads no Secret, starts no pod, makes and deletes no Stack, gains no right."""
    secret = ("GET", f"/api/v1/namespaces/{TEAM}/secrets/db", None)
    assert [] == granted_anyway(statuses(cluster, tokens.everything, [*forbidden(TEAM), *forbidden(HOME), secret]))
    assert [] == granted_anyway(statuses(cluster, tokens.one, forbidden(TEAM)))
    lease_of_another: list[tuple[str, str, Any]] = [
        ("GET", LEASES, None),
        ("GET", f"{LEASES}/{SOME}", None),
        ("PUT", f"{LEASES}/{SOME}", lease(SOME)),
        ("PATCH", f"{LEASES}/{ALL}", {"spec": {}}),
        ("DELETE", f"{LEASES}/{ALL}", None),
        ("POST", f"/apis/coordination.k8s.io/v1/namespaces/{TEAM}/leases", lease(ALL)),
    ]
    assert [] == granted_anyway(statuses(cluster, tokens.everything, lease_of_another))


def test_a_namespace_that_is_not_watched_is_out_of_reach(cluster: Cluster, tokens: Tokens) -> None:
    """Installed for one namespace, the operator neither sees nor touches the Stacks and Secrets of another."""
    secret = ("GET", f"/api/v1/namespaces/{OTHER}/secrets/db", None)
    watch = ("GET", f"{GROUP}/namespaces/{OTHER}/stacks{WATCH}", None)
    asked = [*deeds(OTHER), *forbidden(OTHER), watch, secret, ("GET", f"{GROUP}/stacks", None)]
    assert [] == granted_anyway(statuses(cluster, tokens.one, asked))
