"""To what every field of the reference documents drifts, and a cloud that makes it cheap to look at each."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from controller.core.model.cloud import Answer
from tests.kinds.backends import READS
from tests.stacks.documents import tree_of
from tests.stacks.variations import Place, other, places
from tests.stacks.world import CATALOG, Recording

NAMES = ("ha-web-tier", "static-edge")
OTHER_IMAGE = "/aws/service/ami-amazon-linux-latest/amzn2-ami-hvm-x86_64-gp2"
OVERLOADED = [{"type": "fixed-response", "fixedResponseConfig": {"statusCode": "503"}}]
SPECIAL: Mapping[str, Any] = {
    "AutoScalingGroup.healthCheckType": "EC2",
    "AutoScalingGroup.minSize": 1,  # no more than are desired
    "AutoScalingGroup.targetGroups": [],
    "DbInstance.dbInstanceClass": "db.t4g.large",
    "DbInstance.preferredBackupWindow": "00:00-01:00",
    "DbInstance.preferredMaintenanceWindow": "mon:04:00-mon:05:00",
    "DbInstance.securityGroups": ["db", "app"],
    "DbProxy.auth": [
        {
            "authScheme": "SECRETS",
            "iamAuth": "REQUIRED",
            "secret": {"from": "DbInstance/db", "attribute": "masterUserSecret"},
        }
    ],
    "DbProxy.role": "app",
    "DbProxy.targets": [],
    "DbSubnetGroup.subnets": ["data-a", "data-b", "private-a"],  # two zones at least
    "InstanceProfile.role": "db-proxy",
    "LaunchTemplate.image": {"find": {"parameter": OTHER_IMAGE}},
    "LaunchTemplate.instanceType": "t3.medium",
    "LaunchTemplate.securityGroups": ["app", "alb"],
    "LaunchTemplate.userData": "#!/bin/sh\n",
    "Listener/http.defaultActions": [
        {"type": "redirect", "redirectConfig": {"protocol": "HTTPS", "port": "443", "statusCode": "HTTP_302"}}
    ],
    "Listener/https.defaultActions": OVERLOADED,
    "Listener.sslPolicy": "ELBSecurityPolicy-TLS13-1-3-2021-06",
    "LoadBalancer.securityGroups": ["alb", "app"],
    "LoadBalancer.subnets": ["public-a", "private-b"],  # two zones at least
    "Bucket.policy": {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::x"}],
    },
    "Distribution.defaultCacheBehavior.cachePolicyId": "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
    "Distribution.origins": [
        {"id": "static", "domainName": "old.s3.us-east-1.amazonaws.com", "originAccessControl": "static"}
    ],
    "Object.files": {"old.svg": "PHN2Zy8+"},
    "Parameter.value": "nowhere",
    "RouteTable/data.routes": [{"destination": "0.0.0.0/0", "internetGateway": "main"}],
    "RouteTable/private-a.subnets": [],
    "RouteTable/private-b.subnets": [],
}
"""Values for what has none by rule, by kind or by node."""
WITHOUT: Mapping[str, str] = {
    "AutoScalingGroup.desiredCapacity": "between minSize and maxSize it is no drift, and elsewhere it cannot be",
    "AutoScalingGroup.launchTemplate": "there is one template",
    "DbInstance.allocatedStorage": "it can only grow",
    "DbInstance.engineVersion": "AWS never goes back to a lower version, which is what a correction would ask for",
    "DbInstance.iops": "AWS lets nothing but 3000 be asked for below 400 GiB of gp3",
    "DbInstance.manageMasterUserPassword": "off, the document would have to say where a password is kept",
    "DbInstance.parameterGroup": "there is one group, and the emulator has none of AWS's own",
    "DbInstance.subnetGroup": "there is one group",
    "Distribution.defaultCacheBehavior.targetOrigin": "there is one origin",
    "Instance.instanceType": "it is stopped first, in a pass of its own, as the tests of instances show",
    "Instance.securityGroups": "there is one group",
    "Instance.userData": "it is stopped first, in a pass of its own, as the tests of instances show",
    "InternetGateway.vpc": "there is one VPC",
    "LaunchTemplate.instanceProfile": "there is one profile",
    "Listener.certificate": "there is one certificate",
    "Listener.protocol": "only with other fields: HTTPS has a certificate, HTTP has none",
    "Object.cacheControl": "it is a part of each file, and files are what drifts",
    "Object.content": "it is a part of its one file, and files are what drifts",
    "Volume.size": "it can only grow",
}
"""What can be given no other value, and why."""


def places_in(name: str) -> list[Place]:
    """Every mutable field that a document sets."""
    return [
        place
        for kind, nodes in tree_of(name)["spec"]["resources"].items()
        for node, fields in nodes.items()
        for place in places(f"{kind}/{node}", CATALOG[kind].shape, fields)
    ]


def drifting(name: str) -> list[Place]:
    """Those of them that have another value."""
    return [place for place in places_in(name) if place.named not in WITHOUT]


def other_value(place: Place) -> Any:
    """The value that a place drifts to."""
    special = next((words for words in (place.words, place.named) if words in SPECIAL), None)
    return other(place.part, place.value) if special is None else SPECIAL[special]


Read = tuple[str, str, str]


class Remembering(Recording):
    """A cloud that answers a read from memory for as long as nothing is written to that service.

    Forty nodes are looked at two hundred times here, and only what one service has changes in between; each test
    ends with a look that remembers nothing.
    """

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[Read, list[Mapping[str, Any]]] = {}

    def call(self, service: str, operation: str, parameters: Mapping[str, Any]) -> Answer:
        """A write, or a read for one thing."""
        ask = super().call
        if operation.startswith(READS):
            read = (service, operation, str(parameters))
            return Answer(self.remembered(read, lambda: [ask(service, operation, parameters).body])[0])
        self.forget(service)
        return ask(service, operation, parameters)

    def pages(self, service: str, operation: str, parameters: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        """A listing."""
        ask = super().pages
        yield from self.remembered(
            (service, operation, str(parameters)), lambda: [*ask(service, operation, parameters)]
        )

    def remembered(self, read: Read, ask: Callable[[], list[Mapping[str, Any]]]) -> list[Mapping[str, Any]]:
        """The pages of one read."""
        if read not in self.kept:
            self.kept[read] = ask()
        return self.kept[read]

    def forget(self, service: str = "") -> None:
        """What was read of one service, or everything."""
        self.kept = {read: pages for read, pages in self.kept.items() if service and read[0] != service}
