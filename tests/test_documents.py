"""The reference documents say what they promise: read as the program reads them, row by row."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from controller.aws.catalog import catalog
from controller.core.document.loader import load
from controller.core.model.reference import Address, Lookup, Placeholder, Text, replace_expressions
from controller.core.model.stack import Allow, Stack
from controller.core.planning.objections import objections
from controller.sources.files import LocalFiles

DESIRED = Path(__file__).parents[1] / "desired"
EVERYWHERE = "0.0.0.0/0"
ZONES = ("a", "b")
WEB_TIER, EDGE = "ha-web-tier", "static-edge"


@cache
def stack(document: str) -> Stack:
    """The stack of a document."""
    (found,) = load(LocalFiles([DESIRED / f"{document}.yaml"]), catalog())
    return found


def node(address: str, document: str = WEB_TIER) -> dict[str, Any]:
    """The fields of a node, with what it refers to as text: `Vpc/main`, or `DbInstance/db.endpoint.address`."""
    found: dict[str, Any] = replace_expressions(stack(document).nodes[Address.parse(address)].fields, _said)
    return found


def _said(expression: Any) -> Any:
    match expression:
        case Placeholder(address=address, attribute="id"):
            return str(address)
        case Lookup():
            return dict(expression.query)
        case _:
            return str(expression)


def check(address: str, document: str = WEB_TIER, **promised: Any) -> None:
    """The node has these fields, whatever else it has."""
    fields = node(address, document)
    assert promised == {name: fields.get(name) for name in promised}


def names(kind: str, document: str = WEB_TIER) -> list[str]:
    """The nodes of a kind."""
    return [found.address.name for found in stack(document).by_kind.get(kind, ())]


def every(value: Any, *path: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every value within, with the way to it."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from every(inner, *path, str(name))
    elif isinstance(value, list):
        for inner in value:
            yield from every(inner, *path)
    else:
        yield path, value


@pytest.mark.parametrize("document", [WEB_TIER, EDGE, "network"])
def test_nothing_is_replaced_or_deleted_unasked(document: str) -> None:
    """A document to begin with allows what is harmless, and marks what it makes."""
    assert {Allow.CREATE, Allow.UPDATE} == stack(document).allow
    assert {"Env": "prod"} == stack(document).tags


@pytest.mark.parametrize("document", [WEB_TIER, EDGE, "network"])
def test_aws_would_refuse_nothing(document: str) -> None:
    """What `validate` knows of AWS's own models is not against it."""
    assert [] == list(objections(stack(document).nodes.values(), catalog()))


@pytest.mark.parametrize("guide", ["manual", "install-kubernetes"])
def test_examples_of_the_guides_are_valid(guide: str, tmp_path: Path) -> None:
    """Every whole document that a guide shows is one that `validate` takes."""
    text = (DESIRED.parent / "docs" / f"{guide}.md").read_text()
    shown = [
        block
        for block in re.findall(r"^```yaml\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
        if "kind: Stack\n" in block
    ]
    assert shown
    for number, block in enumerate(shown):
        path = tmp_path / f"{number}.yaml"
        path.write_text(block)
        (found,) = load(LocalFiles([path]), catalog())
        assert [] == list(objections(found.nodes.values(), catalog()))


@pytest.mark.parametrize("document", [WEB_TIER, EDGE])
def test_no_secret_stands_in_clear(document: str) -> None:
    """No field that is named for a secret holds a text, and no text sets a password or is a private key."""
    told = re.compile(r"(?i)passw(or)?d\s*[=:]|PRIVATE KEY")
    for address, found in stack(document).nodes.items():
        for path, value in every(found.fields):
            place = f"{address} {'.'.join(path)}"
            assert not (isinstance(value, str) and re.search("(?i)password|secret", path[-1])), place
            assert not told.search(value.text if isinstance(value, Text) else str(value)), place


class TestWebTier:
    """Architecture A."""

    def test_vpc(self) -> None:
        """One VPC with DNS."""
        check("Vpc/main", cidrBlock="10.0.0.0/16", enableDnsSupport=True, enableDnsHostnames=True)

    @pytest.mark.parametrize(("tier", "net"), [("public", 0), ("private", 10), ("data", 20)])
    def test_subnets(self, tier: str, net: int) -> None:
        """Each tier has a subnet in each zone, and only the public one hands out addresses."""
        for number, zone in enumerate(ZONES, 1):
            check(
                f"Subnet/{tier}-{zone}",
                vpc="Vpc/main",
                cidrBlock=f"10.0.{net + number}.0/24",
                availabilityZone=f"us-east-1{zone}",
                mapPublicIpOnLaunch=tier == "public",
            )

    def test_the_way_out_of_the_public_subnets(self) -> None:
        """They share a route table that leads to the internet gateway."""
        check("InternetGateway/main", vpc="Vpc/main")
        routes = [{"destination": EVERYWHERE, "internetGateway": "InternetGateway/main"}]
        check("RouteTable/public", routes=routes, subnets=["Subnet/public-a", "Subnet/public-b"])

    @pytest.mark.parametrize("zone", ZONES)
    def test_each_zone_has_its_own_nat(self, zone: str) -> None:
        """An address, a gateway in the public subnet, and the private subnet's route to it: none crosses zones."""
        assert f"nat-{zone}" in names("ElasticIp")
        check(f"NatGateway/{zone}", subnet=f"Subnet/public-{zone}", elasticIp=f"ElasticIp/nat-{zone}")
        routes = [{"destination": EVERYWHERE, "natGateway": f"NatGateway/{zone}"}]
        check(f"RouteTable/private-{zone}", routes=routes, subnets=[f"Subnet/private-{zone}"])

    def test_data_subnets_have_no_way_out(self) -> None:
        """Their table has no route at all, and says so: one that appears is drift."""
        check("RouteTable/data", routes=[], subnets=["Subnet/data-a", "Subnet/data-b"])

    def test_security_groups(self) -> None:
        """The world reaches the balancer, the balancer the application, the application the database."""
        assert ["alb", "app", "db"] == names("SecurityGroup")
        opened = {name: list(map(_opened, node(f"SecurityGroup/{name}")["ingress"])) for name in ("alb", "app", "db")}
        assert {
            "alb": [(80, 80, EVERYWHERE), (443, 443, EVERYWHERE)],
            "app": [(8080, 8080, "SecurityGroup/alb")],
            "db": [(5432, 5432, "SecurityGroup/app")],
        } == opened

    def test_the_database(self) -> None:
        """PostgreSQL 16 over both data subnets: sized, doubled, encrypted, backed up, protected, private."""
        check("DbSubnetGroup/db", subnets=["Subnet/data-a", "Subnet/data-b"])
        check("DbInstance/db", engine="postgres", engineVersion="16", dbInstanceClass="db.t4g.medium", multiAz=True)
        check("DbInstance/db", storageType="gp3", allocatedStorage=100, iops=3000, storageEncrypted=True)
        check("DbInstance/db", backupRetentionPeriod=7, preferredBackupWindow="02:00-03:00", deletionProtection=True)
        check("DbInstance/db", publiclyAccessible=False, securityGroups=["SecurityGroup/db"])
        check("DbInstance/db", subnetGroup="DbSubnetGroup/db", dbName="appdb", masterUsername="appuser")

    def test_aws_keeps_the_password(self) -> None:
        """It is made and kept by AWS, and no document knows it."""
        check("DbInstance/db", manageMasterUserPassword=True)
        assert "masterUserPassword" not in node("DbInstance/db")

    def test_connections_are_limited(self) -> None:
        """The number is set, and a proxy stands before the database."""
        assert "max_connections" in node("DbParameterGroup/db")["parameters"]
        check("DbInstance/db", parameterGroup="DbParameterGroup/db")
        check("DbProxy/db", targets=["DbInstance/db"], role="Role/db-proxy.arn", requireTls=True)
        check("DbProxy/db", subnets=["Subnet/data-a", "Subnet/data-b"])

    def test_the_endpoint_is_a_parameter(self) -> None:
        """What is known only after creation stands where others look for it."""
        check("Parameter/db-endpoint", name="/ha-web/db-endpoint", value="DbInstance/db.endpoint.address")

    def test_the_role(self) -> None:
        """EC2 may assume it, with the two policies, through its profile."""
        role = node("Role/app")
        (trust,) = role["assumeRolePolicyDocument"]["Statement"]
        assert {"Service": "ec2.amazonaws.com"} == trust["Principal"]
        policies = {arn.rpartition("/")[2] for arn in role["managedPolicies"]}
        assert {"AmazonSSMManagedInstanceCore", "CloudWatchAgentServerPolicy"} == policies
        check("InstanceProfile/app", role="Role/app")

    def test_the_launch_template(self) -> None:
        """Small instances of the application with IMDSv2 alone and an encrypted root volume that goes with them."""
        check("LaunchTemplate/app", instanceType="t3.small", instanceProfile="InstanceProfile/app.arn")
        check("LaunchTemplate/app", securityGroups=["SecurityGroup/app"])
        template = node("LaunchTemplate/app")
        assert "parameter" in template["image"]
        assert "required" == template["metadataOptions"]["httpTokens"]
        (device,) = template["blockDeviceMappings"]
        root = {"volumeSize": 30, "volumeType": "gp3", "encrypted": True, "deleteOnTermination": True}
        assert root == device["ebs"]
        tags = {"resourceType": "instance", "tags": {"Name": "ha-web-app", "Env": "prod"}}
        assert [tags] == template["tagSpecifications"]

    def test_user_data_is_a_script(self) -> None:
        """It is readable in the document, and reaches the database through the proxy."""
        script = stack(WEB_TIER).nodes[Address("LaunchTemplate", "app")].fields["userData"]
        assert isinstance(script, Text)
        assert script.text.startswith("#!/bin/bash\n")
        assert [("db", "DbProxy/db.endpoint")] == [(name, str(part)) for name, part in script.parts]

    def test_the_target_group(self) -> None:
        """It asks for `/health` on 8080."""
        check("TargetGroup/app", protocol="HTTP", port=8080, healthCheckPath="/health", matcher={"httpCode": "200"})
        check("TargetGroup/app", healthCheckIntervalSeconds=20, healthCheckTimeoutSeconds=5)
        check("TargetGroup/app", healthyThresholdCount=2, unhealthyThresholdCount=3, vpc="Vpc/main")

    def test_the_load_balancer(self) -> None:
        """An application balancer that faces the internet, in both public subnets."""
        check("LoadBalancer/web", type="application", scheme="internet-facing")
        check(
            "LoadBalancer/web", subnets=["Subnet/public-a", "Subnet/public-b"], securityGroups=["SecurityGroup/alb"]
        )

    def test_https_is_served(self) -> None:
        """With a certificate, to the target group."""
        check("Listener/https", loadBalancer="LoadBalancer/web", port=443, protocol="HTTPS")
        check("Listener/https", certificate="Certificate/web")
        (action,) = node("Listener/https")["defaultActions"]
        assert ("forward", "TargetGroup/app") == (action["type"], action["targetGroup"])

    def test_http_is_redirected(self) -> None:
        """For good, to HTTPS."""
        check("Listener/http", loadBalancer="LoadBalancer/web", port=80, protocol="HTTP")
        (action,) = node("Listener/http")["defaultActions"]
        redirect = {"protocol": "HTTPS", "port": "443", "statusCode": "HTTP_301"}
        assert ("redirect", redirect) == (action["type"], action["redirectConfig"])

    def test_the_group(self) -> None:
        """Two to ten instances in both private subnets, replaced when the balancer finds them unhealthy."""
        check("AutoScalingGroup/app", minSize=2, desiredCapacity=2, maxSize=10)
        check("AutoScalingGroup/app", subnets=["Subnet/private-a", "Subnet/private-b"])
        check("AutoScalingGroup/app", targetGroups=["TargetGroup/app"], healthCheckType="ELB")
        check("AutoScalingGroup/app", healthCheckGracePeriod=120, defaultInstanceWarmup=60)
        assert "ha-web-app" == stack(WEB_TIER).nodes[Address("AutoScalingGroup", "app")].tags["Name"]

    def test_the_version_is_pinned(self) -> None:
        """The group launches the version that the template has by default, by its number."""
        check("AutoScalingGroup/app", launchTemplate="LaunchTemplate/app")
        check("AutoScalingGroup/app", launchTemplateVersion="LaunchTemplate/app.version")

    def test_scaling(self) -> None:
        """The group follows an average CPU of 60 %, in both directions."""
        metric = {"predefinedMetricType": "ASGAverageCPUUtilization"}
        target = {"predefinedMetricSpecification": metric, "targetValue": 60, "disableScaleIn": False}
        check("ScalingPolicy/cpu", policyType="TargetTrackingScaling", targetTrackingConfiguration=target)
        check("ScalingPolicy/cpu", autoScalingGroup="AutoScalingGroup/app")


class TestStaticEdge:
    """Architecture D."""

    def test_the_network_is_looked_up(self) -> None:
        """Nothing of the account's default network is owned."""
        assert not {"Vpc", "Subnet", "RouteTable", "InternetGateway"} & stack(EDGE).by_kind.keys()
        check("SecurityGroup/web", EDGE, vpc={"isDefault": True})
        check("Instance/web", EDGE, subnet={"availabilityZone": "us-east-1a", "defaultForAz": True})

    def test_the_server(self) -> None:
        """From an image, with a key pair, a security group and IMDSv2 alone; SSH is not for the world."""
        check("Instance/web", EDGE, securityGroups=["SecurityGroup/web"], keyPair="KeyPair/operators.keyName")
        instance = node("Instance/web", EDGE)
        assert "parameter" in instance["image"]
        assert "required" == instance["metadataOptions"]["httpTokens"]
        opened = {_opened(rule) for rule in node("SecurityGroup/web", EDGE)["ingress"]}
        assert {80} == {first for first, _, source in opened if source == EVERYWHERE}

    def test_the_volume_outlives_the_instance(self) -> None:
        """A node of its own in the instance's zone, attached under a given name."""
        zone = node("Instance/web", EDGE)["subnet"]["availabilityZone"]
        check("Volume/document-root", EDGE, size=1, encrypted=True, availabilityZone=zone)
        check("VolumeAttachment/document-root", EDGE, volume="Volume/document-root", instance="Instance/web")
        check("VolumeAttachment/document-root", EDGE, device="/dev/sdf")

    def test_only_the_distribution_reads_the_bucket(self) -> None:
        """Nothing of it is public, and its one statement is for this distribution."""
        assert {True} == set(node("Bucket/static", EDGE)["publicAccessBlock"].values())
        (statement,) = node("Bucket/static", EDGE)["policy"]["Statement"]
        assert {"Service": "cloudfront.amazonaws.com"} == statement["Principal"]
        assert {"StringEquals": {"AWS:SourceArn": "Distribution/edge.arn"}} == statement["Condition"]

    def test_objects_come_with_the_document(self) -> None:
        """A folder of files, and a page that stands in the document."""
        files = {path.relative_to(DESIRED / EDGE / "images").as_posix() for path in _below(DESIRED / EDGE / "images")}
        keys = {file["key"] for file in node("Object/images", EDGE)["files"]}
        assert {f"images/{name}" for name in files} == keys
        assert ["index.html"] == [file["key"] for file in node("Object/index", EDGE)["files"]]

    def test_the_distribution(self) -> None:
        """The bucket is its origin, by a signed request, for some countries only."""
        (origin,) = node("Distribution/edge", EDGE)["origins"]
        assert "Bucket/static.regionalDomainName" == origin["domainName"]
        assert "OriginAccessControl/static" == origin["originAccessControl"]
        restriction = node("Distribution/edge", EDGE)["geoRestriction"]
        assert ("whitelist", True) == (restriction["restrictionType"], bool(restriction["locations"]))

    def test_its_host_is_known_to_others(self) -> None:
        """By a parameter."""
        check("Parameter/cdn-domain", EDGE, value="Distribution/edge.domainName")


def _opened(rule: Mapping[str, Any]) -> tuple[int, int, str]:
    return rule["fromPort"], rule["toPort"], rule.get("cidr") or rule["group"]


def _below(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())
