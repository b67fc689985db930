"""EC2 answers as AWS does: see `emulators.patched_moto.patches.ec2` and `…launch_templates`."""

import base64
from typing import Any

import pytest

from tests.emulators.conftest import Client
from tests.emulators.refusals import refusal

IMAGE = "ami-12345678"
DATA = {"ImageId": IMAGE, "InstanceType": "t3.micro"}
SCRIPT = base64.b64encode(b"#!/bin/sh").decode()


@pytest.fixture
def ec2(client: Client) -> Any:
    """The client of EC2."""
    return client("ec2")


def tags(resource: str, **wanted: str) -> dict[str, Any]:
    """Tags for one type of resource, as a creation takes them."""
    return {"ResourceType": resource, "Tags": [{"Key": key, "Value": value} for key, value in wanted.items()]}


def template(ec2: Any, name: str = "web", **asked: Any) -> str:
    """The id of a new launch template."""
    made = ec2.create_launch_template(LaunchTemplateName=name, **{"LaunchTemplateData": DATA, **asked})
    return str(made["LaunchTemplate"]["LaunchTemplateId"])


def run(ec2: Any, **asked: Any) -> dict[str, Any]:
    """One instance, as it is listed."""
    started = ec2.run_instances(**{"MinCount": 1, "MaxCount": 1, **asked})["Instances"][0]["InstanceId"]
    return listed(ec2, started)


def listed(ec2: Any, instance: str) -> dict[str, Any]:
    """The instance as it is listed."""
    [reservation] = ec2.describe_instances(InstanceIds=[instance])["Reservations"]
    return dict(reservation["Instances"][0])


def test_tags_of_a_template_are_its_own(ec2: Any) -> None:
    """They do not show in what is launched from it, and those that are for it stay."""
    launched = tags("instance", a="1")
    made = template(
        ec2,
        LaunchTemplateData={**DATA, "TagSpecifications": [launched]},
        TagSpecifications=[tags("launch-template", b="2")],
    )
    [version] = ec2.describe_launch_template_versions(LaunchTemplateId=made)["LaunchTemplateVersions"]
    assert [launched] == version["LaunchTemplateData"]["TagSpecifications"]
    instance = run(ec2, LaunchTemplate={"LaunchTemplateId": made})
    assert {"a": "1"} == {tag["Key"]: tag["Value"] for tag in instance["Tags"] if not tag["Key"].startswith("aws:")}


def test_tags_of_a_template_are_edited(ec2: Any) -> None:
    """The listing shows the tags that it has now."""
    made = template(ec2, TagSpecifications=[tags("launch-template", a="1")])
    ec2.create_tags(Resources=[made], Tags=[{"Key": "b", "Value": "2"}])
    ec2.delete_tags(Resources=[made], Tags=[{"Key": "a"}])
    [found] = ec2.describe_launch_templates(LaunchTemplateIds=[made])["LaunchTemplates"]
    assert [{"Key": "b", "Value": "2"}] == found["Tags"]


def test_defaults_of_all_templates(ec2: Any) -> None:
    """One listing gives the default version of each template, and one the latest."""
    made = template(ec2)
    template(ec2, "api")
    ec2.create_launch_template_version(LaunchTemplateId=made, LaunchTemplateData=DATA)
    for version, expected in (("$Default", {"web": 1, "api": 1}), ("$Latest", {"web": 2, "api": 1})):
        found = ec2.describe_launch_template_versions(Versions=[version])["LaunchTemplateVersions"]
        assert expected == {each["LaunchTemplateName"]: each["VersionNumber"] for each in found}


def test_pages_of_templates(ec2: Any) -> None:
    """All templates, and all versions of one, are listed, page by page."""
    made = [template(ec2, f"web-{number}") for number in range(18)]
    for _ in range(17):
        ec2.create_launch_template_version(LaunchTemplateId=made[0], LaunchTemplateData=DATA)
    assert made == [found["LaunchTemplateId"] for found in ec2.describe_launch_templates()["LaunchTemplates"]]
    pages = list(ec2.get_paginator("describe_launch_templates").paginate(MaxResults=7))
    assert [7, 7, 4] == [len(page["LaunchTemplates"]) for page in pages]
    paginator = ec2.get_paginator("describe_launch_template_versions")
    pages = list(paginator.paginate(LaunchTemplateId=made[0], MaxResults=10))
    assert [10, 8] == [len(page["LaunchTemplateVersions"]) for page in pages]


def test_versions_follow_one_another(ec2: Any) -> None:
    """A version builds on its source, the default is moved, and a deleted number is not used again."""
    of_template = {"LaunchTemplateId": template(ec2)}
    change = {"LaunchTemplateData": {"InstanceType": "t3.small", "UserData": SCRIPT}}
    ec2.create_launch_template_version(**of_template, SourceVersion="1", **change)
    ec2.modify_launch_template(**of_template, DefaultVersion="2")
    [found] = ec2.describe_launch_template_versions(**of_template, Versions=["$Default"])["LaunchTemplateVersions"]
    assert 2 == found["VersionNumber"]
    assert {**DATA, "InstanceType": "t3.small", "UserData": SCRIPT} == found["LaunchTemplateData"]
    instance = run(ec2, LaunchTemplate=of_template)
    assert "t3.small" == instance["InstanceType"]
    gone = ec2.delete_launch_template_versions(**of_template, Versions=["1", "2"])
    assert [1] == [each["VersionNumber"] for each in gone["SuccessfullyDeletedLaunchTemplateVersions"]]
    assert [2] == [each["VersionNumber"] for each in gone["UnsuccessfullyDeletedLaunchTemplateVersions"]]
    made = ec2.create_launch_template_version(**of_template, LaunchTemplateData=DATA)
    assert 3 == made["LaunchTemplateVersion"]["VersionNumber"]
    code = refusal(ec2.describe_launch_template_versions, **of_template, Versions=["1"])
    assert "InvalidLaunchTemplateId.VersionNotFound" == code


def test_an_image_and_its_snapshot_are_tagged_together(ec2: Any) -> None:
    """Each has the tags that are for it."""
    instance = run(ec2, ImageId=IMAGE)["InstanceId"]
    specifications = [tags("image", a="1"), tags("snapshot", b="2")]
    made = ec2.create_image(InstanceId=instance, Name="web", TagSpecifications=specifications)["ImageId"]
    [image] = ec2.describe_images(ImageIds=[made])["Images"]
    [snapshot] = ec2.describe_snapshots(SnapshotIds=[image["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"]])[
        "Snapshots"
    ]
    assert ("available", "completed") == (image["State"], snapshot["State"])
    assert ([{"Key": "a", "Value": "1"}], [{"Key": "b", "Value": "2"}]) == (image["Tags"], snapshot["Tags"])


def test_devices_go_with_their_instance(ec2: Any) -> None:
    """Unless the call says otherwise; and there is a device for the root beside the named ones."""
    devices = [
        {"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 5}},
        {"DeviceName": "/dev/sdg", "Ebs": {"VolumeSize": 5, "DeleteOnTermination": False}},
    ]
    expected = {"/dev/sda1": True, "/dev/sdf": True, "/dev/sdg": False}
    by_template = template(ec2, LaunchTemplateData={**DATA, "BlockDeviceMappings": devices})
    for how in (
        {"ImageId": IMAGE, "BlockDeviceMappings": devices},
        {"LaunchTemplate": {"LaunchTemplateId": by_template}},
    ):
        found = run(ec2, **how)["BlockDeviceMappings"]
        assert expected == {device["DeviceName"]: device["Ebs"]["DeleteOnTermination"] for device in found}
    root = [{"DeviceName": "/dev/sda1", "Ebs": {"VolumeType": "gp3"}}]
    assert 1 == len(run(ec2, ImageId=IMAGE, BlockDeviceMappings=root)["BlockDeviceMappings"])


def test_termination_is_disabled_from_the_start(ec2: Any) -> None:
    """By the call or by the template, until it is enabled."""
    by_template = template(ec2, LaunchTemplateData={**DATA, "DisableApiTermination": True})
    for how in (
        {"ImageId": IMAGE, "DisableApiTermination": True},
        {"LaunchTemplate": {"LaunchTemplateId": by_template}},
    ):
        instance = run(ec2, **how)["InstanceId"]
        found = ec2.describe_instance_attribute(InstanceId=instance, Attribute="disableApiTermination")
        assert {"Value": True} == found["DisableApiTermination"]
        assert "OperationNotPermitted" == refusal(ec2.terminate_instances, InstanceIds=[instance])
        ec2.modify_instance_attribute(InstanceId=instance, DisableApiTermination={"Value": False})
        ec2.terminate_instances(InstanceIds=[instance])


def test_metadata_options_are_shown(ec2: Any) -> None:
    """Those of the creation, and those of a change, which leaves alone what it does not name."""
    asked = {"HttpTokens": "required", "HttpPutResponseHopLimit": 2, "InstanceMetadataTags": "enabled"}
    instance = run(ec2, ImageId=IMAGE, MetadataOptions=asked)["InstanceId"]
    ec2.modify_instance_metadata_options(InstanceId=instance, HttpPutResponseHopLimit=3, HttpProtocolIpv6="enabled")
    expected = {**asked, "HttpPutResponseHopLimit": 3, "HttpProtocolIpv6": "enabled", "HttpEndpoint": "enabled"}
    assert {**expected, "State": "applied"} == listed(ec2, instance)["MetadataOptions"]


def test_user_data_is_shown(ec2: Any) -> None:
    """As it was given; it and the type are changed while the instance is stopped."""
    instance = run(ec2, ImageId=IMAGE, UserData="#!/bin/sh")["InstanceId"]
    found = ec2.describe_instance_attribute(InstanceId=instance, Attribute="userData")
    assert {"Value": SCRIPT} == found["UserData"]
    change = {"InstanceId": instance, "InstanceType": {"Value": "t3.large"}}
    assert "IncorrectInstanceState" == refusal(ec2.modify_instance_attribute, **change)
    ec2.stop_instances(InstanceIds=[instance])
    ec2.modify_instance_attribute(**change)
    ec2.modify_instance_attribute(InstanceId=instance, UserData={"Value": b"other"})
    assert "t3.large" == listed(ec2, instance)["InstanceType"]
    found = ec2.describe_instance_attribute(InstanceId=instance, Attribute="userData")
    assert b"other" == base64.b64decode(found["UserData"]["Value"])


def test_the_behaviour_at_shutdown_is_changed(ec2: Any) -> None:
    """And the groups of the instance stay."""
    before = run(ec2, ImageId=IMAGE)
    instance = before["InstanceId"]
    ec2.modify_instance_attribute(InstanceId=instance, InstanceInitiatedShutdownBehavior={"Value": "terminate"})
    found = ec2.describe_instance_attribute(InstanceId=instance, Attribute="instanceInitiatedShutdownBehavior")
    assert {"Value": "terminate"} == found["InstanceInitiatedShutdownBehavior"]
    assert before["SecurityGroups"] == listed(ec2, instance)["SecurityGroups"]


def test_a_token_stands_for_one_instance(ec2: Any) -> None:
    """The same call again gives the same instance."""
    assert run(ec2, ImageId=IMAGE, ClientToken="a") == run(ec2, ImageId=IMAGE, ClientToken="a")
    assert 1 == len(ec2.describe_instances()["Reservations"])


def test_the_address_of_a_gateway_is_freed(ec2: Any, subnets: list[str]) -> None:
    """When the gateway is deleted, another can have it."""
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    made = ec2.create_nat_gateway(SubnetId=subnets[0], AllocationId=address)["NatGateway"]["NatGatewayId"]
    ec2.delete_nat_gateway(NatGatewayId=made)
    [found] = ec2.describe_addresses(AllocationIds=[address])["Addresses"]
    assert "AssociationId" not in found


def test_the_image_of_a_public_parameter_is_there(client: Client) -> None:
    """For everybody to find and to launch, and nobody's own."""
    name = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
    image = client("ssm").get_parameter(Name=name)["Parameter"]["Value"]
    [found] = client("ec2").describe_images(ImageIds=[image])["Images"]
    assert ("amazon", "available", True) == (found["ImageOwnerAlias"], found["State"], found["Public"])
    assert image == run(client("ec2"), ImageId=image)["ImageId"]
    assert [] == client("ec2").describe_images(Owners=["self"])["Images"]


def test_a_key_pair_is_deleted_by_its_id(ec2: Any) -> None:
    """And no other one with it."""
    pairs = [ec2.create_key_pair(KeyName=name)["KeyPairId"] for name in ("a", "b")]
    ec2.delete_key_pair(KeyPairId=pairs[0])
    assert ["b"] == [pair["KeyName"] for pair in ec2.describe_key_pairs()["KeyPairs"]]
