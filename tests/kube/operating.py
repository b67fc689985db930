"""How the tests run the operator: real processes, on a real API server, against a stand-in for AWS."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from controller.kube.stacks import collection
from tests.cli.kit import DEADLINE, Account, Running, until
from tests.kube.cluster import Cluster

Object = dict[str, Any]
VPC: Object = {"Vpc": {"main": {"cidrBlock": "10.0.0.0/16"}}}
NETWORK: Object = {
    **VPC,
    "Subnet": {
        name: {"vpc": "main", "cidrBlock": f"10.0.{number}.0/24", "availabilityZone": f"us-east-1{name}"}
        for number, name in enumerate("abc")
    },
}


def many_vpcs(count: int) -> Object:
    """So many nodes that need nothing of one another, so that their calls are made side by side."""
    return {"Vpc": {f"v{number}": {"cidrBlock": f"10.{number}.0.0/16"} for number in range(count)}}


@dataclass
class Place:
    """A namespace of its own, with an account that its operators write to."""

    cluster: Cluster
    ec2: Account
    namespace: str = field(default_factory=lambda: f"test-{uuid.uuid4().hex[:8]}")

    def __post_init__(self) -> None:
        self.cluster.namespace(self.namespace)

    # --- operators ---

    def operator(self, *words: str, interval: str = "0.5s", **changes: str) -> Running:
        """An operator of this namespace, with a Lease of its own; to be entered."""
        return Running(
            "operator",
            *("--namespace", self.namespace, "--lease-namespace", self.namespace, "--lease-duration", "3s"),
            *("--interval", interval, "--address", "127.0.0.1:0"),
            *words,
            **{"KUBECONFIG": str(self.cluster.kubeconfig()), "AWS_ENDPOINT_URL": self.ec2.url, **changes},
        )

    def leads(self, operator: Running) -> None:
        """Wait until it leads."""
        until(lambda: operator.logged("leading"), lambda: f"it leads: {operator.said}")

    # --- Stacks ---

    def path(self, name: str) -> str:
        """The path of a Stack."""
        return f"{collection(self.namespace)}/{name}"

    def apply(self, name: str = "web", resources: Object | None = None, **spec: Any) -> Object:
        """Create a Stack, or change its spec, as a person does."""
        whole = {"region": "us-east-1", "resources": resources or VPC, **spec}
        if self.stack(name):  # whatever the operator writes to it meanwhile
            change = [{"op": "replace", "path": "/spec", "value": whole}]
            changed: Object = self.cluster.put("PATCH", self.path(name), change, patch="json-patch+json")
            return changed
        made = {"apiVersion": "holdfast.dev/v1alpha1", "kind": "Stack", "metadata": {"name": name}, "spec": whole}
        return self.put("POST", collection(self.namespace), made)

    def put(self, method: str, path: str, body: Object) -> Object:
        """Create or change something."""
        found: Object = self.cluster.put(method, path, body)
        return found

    def annotate(self, name: str, **annotations: str | None) -> None:
        """Set annotations of ours; None takes one away."""
        told = {f"holdfast.dev/{key.replace('_', '-')}": value for key, value in annotations.items()}
        self.put("PATCH", self.path(name), {"metadata": {"annotations": told}})

    def delete(self, name: str) -> None:
        """Delete a Stack, and do not wait."""
        status, found = self.cluster.ask("DELETE", self.path(name))
        assert status == 200, found

    def stack(self, name: str) -> Object | None:
        """A Stack as it is now."""
        status, found = self.cluster.ask("GET", self.path(name))
        return found if status == 200 else None

    def status(self, name: str = "web") -> Object:
        """The status of a Stack; empty while it has none."""
        return (self.stack(name) or {}).get("status") or {}

    def memory(self, name: str = "web") -> Object:
        """What is kept beside a Stack."""
        found: Object = self.cluster.get(self.path(name).replace("/stacks/", "/stackmemories/"))
        return found

    def condition(self, type: str, name: str = "web") -> tuple[str, str]:
        """Status and reason of a condition."""
        found = self.conditions(name).get(type, {})
        return found.get("status", ""), found.get("reason", "")

    def conditions(self, name: str = "web") -> Mapping[str, Object]:
        """The conditions by their type."""
        return {each["type"]: each for each in self.status(name).get("conditions", ())}

    def becomes(
        self, type: str, status: str, reason: str = "", name: str = "web", seconds: float = DEADLINE
    ) -> Object:
        """Wait until a condition is so, for the document as it is now; the condition."""

        def so() -> bool:
            found = self.stack(name) or {}
            seen = found.get("status", {}).get("observedGeneration") == found.get("metadata", {}).get("generation")
            said = self.condition(type, name)
            return seen and said[0] == status and reason in ("", said[1])

        until(so, lambda: f"{type} {status} {reason}: {json.dumps(self.status(name), indent=1)}", seconds)
        return self.conditions(name)[type]

    def ready(self, *names: str) -> None:
        """Wait until these Stacks are ready."""
        for name in names or ("web",):
            self.becomes("Ready", "True", name=name)

    def gone(self, name: str = "web") -> None:
        """Wait until a Stack has vanished."""
        until(lambda: self.stack(name) is None, lambda: f"it vanishes: {json.dumps(self.stack(name), indent=1)}")

    def events(self, reason: str = "") -> list[Object]:
        """The events of the namespace, with a reason if one is given."""
        found = self.cluster.get(f"/apis/events.k8s.io/v1/namespaces/{self.namespace}/events")["items"]
        return [each for each in found if reason in ("", each["reason"])]

    def told(self, reason: str, text: str) -> Object:
        """Wait for an event whose note has the text."""

        def found() -> list[Object]:
            return [each for each in self.events(reason) if text in each["note"]]

        until(found, lambda: f"event {reason}: {[(each['reason'], each['note']) for each in self.events()]}")
        return found()[0]
