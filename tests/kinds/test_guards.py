"""Which details say who may reach a thing, or what keeps it secret: whoever adds one decides."""

from controller.aws.catalog import catalog
from tests.kinds.fixtures import kinds

GUARDS = {
    "Bucket.acl",
    "Bucket.encryption",
    "Bucket.ownershipControls",
    "Bucket.policy",
    "Bucket.publicAccessBlock",
    "DbParameterGroup.parameters",
    "Distribution.(whole)",
    "Image.userIds",
    "LoadBalancer.attributes",
    "OriginAccessControl.(whole)",
    "Queue.attributes",
    "Secret.resourcePolicy",
    "Topic.attributes",
}
"""The details that say who may reach a thing, or what keeps it secret, or are read together with such."""
QUIET = {
    "AutoScalingGroup.notificationConfigurations",
    "Bucket.accelerate",
    "Bucket.corsRules",
    "Bucket.lifecycleRules",
    "Bucket.logging",
    "Bucket.versioning",
    "Bucket.website",
    "Certificate.validationMethod",
    "ClassicLoadBalancer.attributes",
    "DbProxy.connectionPoolConfig",
    "DbProxy.targets",
    "DynamoDbTable.backups",
    "DynamoDbTable.timeToLiveSpecification",
    "Instance.disableApiStop",
    "Instance.disableApiTermination",
    "Instance.instanceInitiatedShutdownBehavior",
    "Instance.userData",
    "Listener.additionalCertificates",
    "Listener.attributes",
    "Secret.replicaRegions",
    "Subscription.attributes",
    "TargetGroup.attributes",
    "TargetGroup.targets",
    "Vpc.enableDnsHostnames",
    "Vpc.enableDnsSupport",
    "Vpc.enableNetworkAddressUsageMetrics",
}
"""Those that say nothing of the kind."""


def test_it_is_decided_for_every_detail_whether_it_guards() -> None:
    """Who may reach a thing, and what keeps it secret, is not believed for long: whoever adds a detail decides."""
    found = {
        f"{kind.name}.{name}": kind.guards(name)
        for kind in kinds()
        for name in [*(each.name for each in kind.reads), *(["(whole)"] if kind.read_modify_write else [])]
    }
    assert set() == GUARDS & QUIET
    assert GUARDS | QUIET == {*found}
    assert GUARDS == {name for name, guards in found.items() if guards}
    assert set() == {name for name in GUARDS if catalog()[name.partition(".")[0]].momentary(name.partition(".")[2])}
