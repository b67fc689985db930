"""Lists whose order AWS acts on are compared, and set, in order; which these are is decided for every list."""

from collections.abc import Iterator

import pytest

from controller.aws.declaration.kind import AwsKind
from controller.core.model.call import Change
from controller.core.model.live import Live
from controller.core.model.node import Node
from controller.core.model.reference import Address
from controller.core.model.shape import Many, Record, Tree
from controller.core.model.writer import WriteContext
from controller.core.planning.diff import diff
from tests.aws.test_observing import kind
from tests.core.test_diff_order import nobody
from tests.kinds.fixtures import kinds

ANY_ORDER = {
    "Alarm": "alarmActions dimensions insufficientDataActions metrics metrics.metricStat.metric.dimensions okActions",
    "AutoScalingGroup": "availabilityZones enabledMetrics loadBalancers notificationConfigurations "
    "notificationConfigurations.notificationTypes overrides.instanceRequirements.acceleratorManufacturers "
    "overrides.instanceRequirements.acceleratorNames overrides.instanceRequirements.acceleratorTypes "
    "overrides.instanceRequirements.allowedInstanceTypes overrides.instanceRequirements.cpuManufacturers "
    "overrides.instanceRequirements.excludedInstanceTypes "
    "overrides.instanceRequirements.instanceGenerations overrides.instanceRequirements.localStorageTypes "
    "subnets suspendedProcesses targetGroups",
    "Bucket": "corsRules.allowedHeaders corsRules.allowedMethods corsRules.allowedOrigins corsRules.exposeHeaders "
    "lifecycleRules lifecycleRules.filter.and.tags lifecycleRules.noncurrentVersionTransitions "
    "lifecycleRules.transitions",
    "Certificate": "subjectAlternativeNames",
    "ClassicLoadBalancer": "availabilityZones instances listeners securityGroups subnets",
    "DbInstance": "enabledCloudwatchLogsExports securityGroups",
    "DbProxy": "auth connectionPoolConfig.sessionPinningFilters securityGroups subnets targets",
    "DbSubnetGroup": "subnets",
    "Distribution": "aliases cacheBehaviors.allowedMethods cacheBehaviors.cachedMethods "
    "cacheBehaviors.forwardedValues.cookies.whitelistedNames cacheBehaviors.forwardedValues.headers "
    "cacheBehaviors.forwardedValues.queryStringCacheKeys cacheBehaviors.functionAssociations "
    "cacheBehaviors.lambdaFunctionAssociations cacheBehaviors.trustedKeyGroups customErrorResponses "
    "defaultCacheBehavior.allowedMethods defaultCacheBehavior.cachedMethods "
    "defaultCacheBehavior.forwardedValues.cookies.whitelistedNames defaultCacheBehavior.forwardedValues.headers "
    "defaultCacheBehavior.forwardedValues.queryStringCacheKeys defaultCacheBehavior.functionAssociations "
    "defaultCacheBehavior.lambdaFunctionAssociations defaultCacheBehavior.trustedKeyGroups geoRestriction.locations "
    "originGroups originGroups.statusCodes origins origins.customHeaders "
    "origins.customOriginConfig.originSslProtocols",
    "DynamoDbTable": "globalSecondaryIndexes globalSecondaryIndexes.projection.nonKeyAttributes "
    "localSecondaryIndexes localSecondaryIndexes.projection.nonKeyAttributes",
    "Image": "blockDeviceMappings userIds",
    "Instance": "securityGroups",
    "LaunchConfiguration": "blockDeviceMappings securityGroups",
    "LaunchTemplate": "blockDeviceMappings licenseSpecifications networkInterfaces.securityGroups securityGroups "
    "tagSpecifications",
    "Listener": "additionalCertificates defaultActions.targetGroups",
    "ListenerRule": "actions.targetGroups conditions.queryStrings conditions.values",
    "LoadBalancer": "securityGroups subnetMappings subnets",
    "NatGateway": "secondaryElasticIps",
    "NetworkAcl": "egress ingress subnets",  # the rule number says it
    "Object": "files",
    "Parameter": "policies",
    "Role": "managedPolicies policies",
    "RouteTable": "routes subnets",  # the longest prefix decides
    "ScalingPolicy": "stepAdjustments targetTrackingConfiguration.customizedMetricSpecification.dimensions "
    "targetTrackingConfiguration.customizedMetricSpecification.metrics "
    "targetTrackingConfiguration.customizedMetricSpecification.metrics.metricStat.metric.dimensions",
    "Secret": "replicaRegions",
    "SecurityGroup": "egress ingress",
    "TargetGroup": "targets",
    "VpcEndpoint": "routeTables securityGroups subnets",
}
"""The lists of which AWS does not act on the order."""
ACTED_ON = {
    # The On-Demand strategy `prioritized`, and the Spot strategy `capacity-optimized-prioritized`, go by it.
    # https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-mixed-instances-groups-set-up-overview.html
    "AutoScalingGroup": {"overrides", "terminationPolicies", "instanceRefresh.checkpointPercentages"},
    # "The first rule that matches".
    "Bucket": {"corsRules", "website.routingRules"},
    # "In the order in which cache behaviors are listed"; the primary origin comes first.
    "Distribution": {"cacheBehaviors", "originGroups.members"},
    "DynamoDbTable": {"keySchema", "globalSecondaryIndexes.keySchema", "localSecondaryIndexes.keySchema"},
    "Listener": {"defaultActions", "alpnPolicy"},
    "ListenerRule": {"actions"},
}
"""The lists of which it does."""


def lists_of(record: Record, path: str = "") -> Iterator[tuple[str, Many]]:
    """Every list of a spec, with its path."""
    for name, part in record.fields.items():
        inner = part.shape.item if isinstance(part.shape, Many) else part.shape
        if isinstance(part.shape, Many):
            yield f"{path}{name}", part.shape
        if isinstance(inner, Record):
            yield from lists_of(inner, f"{path}{name}.")


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.name)
def test_it_is_decided_of_every_list_whether_its_order_matters(kind: AwsKind) -> None:
    """Whoever adds one reads AWS's page: a list that is told apart by keys alone, or not ordered, is in the table."""
    ordered = {path: many.ordered or not many.elementwise for path, many in lists_of(kind.shape)}
    assert {path for path, in_order in ordered.items() if not in_order} == {*ANY_ORDER.get(kind.name, "").split()}
    assert {path for path in ACTED_ON.get(kind.name, ()) if not ordered[path]} == set()


SAMPLES: dict[str, tuple[str, list[Tree]]] = {
    "AutoScalingGroup": ("overrides", [{"instanceType": "m7g.large"}, {"instanceType": "m6g.large"}]),
    "Bucket": ("corsRules", [{"allowedMethods": ["GET"], "allowedOrigins": [each]} for each in ("https://a", "*")]),
    "ListenerRule": ("actions", [{"type": "forward", "targetGroup": "a"}, {"type": "forward", "targetGroup": "b"}]),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_another_order_is_drift(name: str) -> None:
    """The same elements, the other way round, are not what the document says."""
    field, elements = SAMPLES[name]
    found = diff(kind(name).shape, {field: elements}, {field: elements[::-1]}, nobody)
    assert {field} == {change.field for change in found.changes}
    assert [] == diff(kind(name).shape, {field: elements}, {field: elements}, nobody).changes


def test_an_order_that_only_lacks_something_is_none() -> None:
    """Of two lists those that are in both count: what is missing, or too many, is told by itself."""
    shape = kind("AutoScalingGroup").shape
    types = [{"instanceType": each} for each in ("a.large", "b.large", "c.large")]
    found = diff(shape, {"overrides": types[:2]}, {"overrides": [types[2], *types[:2]]}, nobody)
    assert ["overrides[c.large]"] == [change.path for change in found.changes]


# --- what has to go before the new can come ---


@pytest.mark.parametrize(
    ("name", "field", "operations"),
    [
        ("ClassicLoadBalancer", "subnets", ["DetachLoadBalancerFromSubnets", "AttachLoadBalancerToSubnets"]),
        ("VpcEndpoint", "subnets", ["RemoveSubnetIds", "AddSubnetIds"]),
        ("DbProxy", "targets", ["DeregisterDBProxyTargets", "RegisterDBProxyTargets"]),
        ("VpcEndpoint", "securityGroups", ["AddSecurityGroupIds", "RemoveSecurityGroupIds"]),
        ("AutoScalingGroup", "targetGroups", ["AttachLoadBalancerTargetGroups", "DetachLoadBalancerTargetGroups"]),
        ("Role", "managedPolicies", ["AttachRolePolicy", "DetachRolePolicy"]),
    ],
)
def test_the_old_goes_first_only_where_there_is_no_room(name: str, field: str, operations: list[str]) -> None:
    """A classic balancer and an interface endpoint hold one subnet a zone, a proxy one database; all else goes on
    doing its work with the old until the new is there."""
    assert operations == swapped(name, field, ["kept", "old"], "new")


@pytest.mark.parametrize(("name", "field"), [("ClassicLoadBalancer", "subnets"), ("VpcEndpoint", "subnets")])
def test_what_serves_is_never_without_a_subnet(name: str, field: str) -> None:
    """Where the only one goes, the new one comes first: AWS takes it where it is in another zone."""
    first, last = swapped(name, field, ["old"], "new")
    assert first.startswith(("Attach", "Add"))
    assert last.startswith(("Detach", "Remove"))


def swapped(name: str, field: str, there: list[str], new: str) -> list[str]:
    """The operations that put a new element in the place of an old one; the parameter where one sets both."""
    address = Address(name, "it")
    live = Live(name, "it", {field: there}, {})
    changes = [Change(f"{field}[new]", "add", new, None), Change(f"{field}[old]", "remove", None, "old")]
    wanted = [*there[:-1], new]
    calls = kind(name).update(Node(address, {field: wanted}, {}), changes, live, WriteContext(lambda value: value))
    parts = [{*call.parameters} - {"VpcEndpointId"} for call in calls]
    return [
        next(iter(part)) if call.operation == "ModifyVpcEndpoint" else call.operation
        for call, part in zip(calls, parts, strict=True)
    ]
