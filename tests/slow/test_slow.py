"""Each rule of `rules.py` that one call sets off, proven with unmodified clients on a real emulator behind it."""

from typing import Any

import pytest

from tests.clock import Clock
from tests.slow.conftest import Client
from tests.slow.scenery import DATABASE, DISTRIBUTION, IMAGE, subnets


def test_a_nat_gateway_takes_its_time_to_come_and_to_go(client: Client, clock: Clock) -> None:
    """It is pending, in the answer that makes it too, before it is available, and deleting before it is deleted."""
    ec2 = client("ec2")
    _, (subnet,) = subnets(client)
    made = ec2.create_nat_gateway(SubnetId=subnet, ConnectivityType="private")["NatGateway"]

    def found(state: str) -> int:
        return len(ec2.describe_nat_gateways(Filter=[{"Name": "state", "Values": [state]}])["NatGateways"])

    def state() -> str:
        listed = ec2.describe_nat_gateways(NatGatewayIds=[made["NatGatewayId"]])
        return str(listed["NatGateways"][0]["State"])

    assert "pending" == made["State"] == state()
    assert (1, 0) == (found("pending"), found("available"))
    clock.time += 99
    assert "pending" == state()
    clock.time += 1
    assert "available" == state()
    ec2.delete_nat_gateway(NatGatewayId=made["NatGatewayId"])
    assert "deleting" == state()
    clock.time += 60
    assert "deleted" == state()


def database(client: Client, name: str = "db") -> dict[str, Any]:
    """The database as the listing shows it."""
    found: dict[str, Any] = client("rds").describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0]
    return found


def test_a_database_has_no_endpoint_while_it_is_being_made(client: Client, clock: Clock) -> None:
    """A database is creating, without an endpoint, before it is available with one."""
    made = client("rds").create_db_instance(**DATABASE)["DBInstance"]
    assert "creating" == made["DBInstanceStatus"] == database(client)["DBInstanceStatus"]
    assert "Endpoint" not in database(client)
    clock.time += 600
    assert "available" == database(client)["DBInstanceStatus"]
    assert database(client)["Endpoint"]["Address"]


def test_a_change_to_a_database_is_pending_until_it_is_in_force(client: Client, clock: Clock) -> None:
    """While a database is modifying, the old value is in force and the new one is shown as pending."""
    rds = client("rds")
    rds.create_db_instance(**DATABASE)
    clock.time += 600
    rds.modify_db_instance(DBInstanceIdentifier="db", DBInstanceClass="db.t3.large", ApplyImmediately=True)
    shown = database(client)
    found = (shown["DBInstanceStatus"], shown["DBInstanceClass"], shown["PendingModifiedValues"])
    assert ("modifying", "db.t3.micro", {"DBInstanceClass": "db.t3.large"}) == found
    clock.time += 300
    shown = database(client)
    found = (shown["DBInstanceStatus"], shown["DBInstanceClass"], shown.get("PendingModifiedValues", {}))
    assert ("available", "db.t3.large", {}) == found


def test_a_change_waits_for_its_window_and_joins_the_next(client: Client, clock: Clock) -> None:
    """Unless it is to be applied at once, a change stays pending; another change takes it along."""
    rds = client("rds")
    rds.create_db_instance(**DATABASE)
    clock.time += 600
    rds.modify_db_instance(DBInstanceIdentifier="db", DBInstanceClass="db.t3.large")
    clock.time += 86400
    shown = database(client)
    assert ("available", "db.t3.micro") == (shown["DBInstanceStatus"], shown["DBInstanceClass"])
    assert {"DBInstanceClass": "db.t3.large"} == shown["PendingModifiedValues"]
    rds.modify_db_instance(DBInstanceIdentifier="db", AllocatedStorage=40, ApplyImmediately=True)
    assert {"DBInstanceClass": "db.t3.large", "AllocatedStorage": 40} == database(client)["PendingModifiedValues"]
    clock.time += 300
    shown = database(client)
    found = (shown["DBInstanceStatus"], shown["DBInstanceClass"], shown["AllocatedStorage"])
    assert ("available", "db.t3.large", 40) == found


def test_a_deleted_database_is_listed_until_it_is_gone(client: Client, clock: Clock) -> None:
    """A database that is being deleted is listed, by name and among all, holds its name, and then is not found."""
    rds = client("rds")
    rds.create_db_instance(**DATABASE)
    clock.time += 600
    rds.delete_db_instance(DBInstanceIdentifier="db", SkipFinalSnapshot=True)
    assert "deleting" == database(client)["DBInstanceStatus"]
    assert ["db"] == [each["DBInstanceIdentifier"] for each in rds.describe_db_instances()["DBInstances"]]
    with pytest.raises(rds.exceptions.DBInstanceAlreadyExistsFault):
        rds.create_db_instance(**DATABASE)
    clock.time += 240
    assert [] == rds.describe_db_instances()["DBInstances"]
    with pytest.raises(rds.exceptions.DBInstanceNotFoundFault):
        database(client)


def test_a_read_replica_takes_its_time_like_any_database(client: Client, clock: Clock) -> None:
    """A replica is creating while its source is available already."""
    rds = client("rds")
    rds.create_db_instance(**DATABASE)
    clock.time += 600
    rds.create_db_instance_read_replica(DBInstanceIdentifier="replica", SourceDBInstanceIdentifier="db")
    found = [database(client, name)["DBInstanceStatus"] for name in ("db", "replica")]
    assert ["available", "creating"] == found
    clock.time += 600
    assert "available" == database(client, "replica")["DBInstanceStatus"]


def test_a_database_proxy_takes_its_time_to_come_and_to_go(client: Client, clock: Clock) -> None:
    """A proxy is creating before it is available, and deleting before it is gone."""
    rds = client("rds")
    _, nets = subnets(client, 2)
    rds.create_db_proxy(
        DBProxyName="proxy",
        EngineFamily="POSTGRESQL",
        Auth=[{"AuthScheme": "SECRETS", "SecretArn": "arn:aws:secretsmanager:us-east-1:123456789012:secret:s"}],
        RoleArn="arn:aws:iam::123456789012:role/r",
        VpcSubnetIds=nets,
    )

    def states() -> list[str]:
        return [each["Status"] for each in rds.describe_db_proxies()["DBProxies"]]

    assert ["creating"] == states()
    clock.time += 300
    assert ["available"] == states()
    rds.delete_db_proxy(DBProxyName="proxy")
    assert ["deleting"] == states()
    clock.time += 120
    assert [] == states()


def test_a_load_balancer_is_provisioned_and_its_targets_are_checked(client: Client, clock: Clock) -> None:
    """A balancer is provisioning before it is active; a target is initial before it is healthy."""
    elbv2 = client("elbv2")
    vpc, nets = subnets(client, 2)
    balancer = elbv2.create_load_balancer(Name="web", Subnets=nets)["LoadBalancers"][0]
    group = elbv2.create_target_group(Name="web", Protocol="HTTP", Port=80, VpcId=vpc)["TargetGroups"][0]
    instance = client("ec2").run_instances(ImageId=IMAGE, MinCount=1, MaxCount=1, SubnetId=nets[0])["Instances"][0]
    elbv2.register_targets(TargetGroupArn=group["TargetGroupArn"], Targets=[{"Id": instance["InstanceId"]}])

    def states() -> tuple[str, str]:
        listed = elbv2.describe_load_balancers(LoadBalancerArns=[balancer["LoadBalancerArn"]])["LoadBalancers"]
        health = elbv2.describe_target_health(TargetGroupArn=group["TargetGroupArn"])["TargetHealthDescriptions"]
        return listed[0]["State"]["Code"], health[0]["TargetHealth"]["State"]

    assert ("provisioning", "initial") == states()
    clock.time += 30
    assert ("provisioning", "healthy") == states()
    clock.time += 90
    assert ("active", "healthy") == states()


def test_an_instance_takes_its_time_between_its_states(client: Client, clock: Clock) -> None:
    """An instance is pending, stopping and shutting-down before it is running, stopped and terminated."""
    ec2 = client("ec2")
    name = ec2.run_instances(ImageId=IMAGE, MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]

    def state() -> str:
        listed = ec2.describe_instances(InstanceIds=[name])["Reservations"][0]["Instances"][0]
        return str(listed["State"]["Name"])

    found = [state()]
    clock.time += 30
    found.append(state())
    stopping = ec2.stop_instances(InstanceIds=[name])["StoppingInstances"][0]["CurrentState"]
    assert {"Code": 64, "Name": "stopping"} == stopping
    found.append(state())
    clock.time += 40
    found.append(state())
    ec2.terminate_instances(InstanceIds=[name])
    found.append(state())
    clock.time += 40
    found.append(state())
    assert ["pending", "running", "stopping", "stopped", "shutting-down", "terminated"] == found


def test_a_filter_by_state_means_the_state_that_is_shown(client: Client, clock: Clock) -> None:
    """A pending instance is not found among the running ones, nor one that shuts down among the terminated."""
    ec2 = client("ec2")
    name = ec2.run_instances(ImageId=IMAGE, MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]

    def found(*states: str) -> list[str]:
        filters = [{"Name": "instance-state-name", "Values": states}, {"Name": "instance-id", "Values": [name]}]
        reservations = ec2.describe_instances(Filters=filters)["Reservations"]
        return [item["InstanceId"] for each in reservations for item in each["Instances"]]

    assert ([], [name]) == (found("running"), found("pending", "stopped"))
    clock.time += 30
    assert ([name], []) == (found("running"), found("pending", "stopped"))
    ec2.terminate_instances(InstanceIds=[name])
    assert ([name], []) == (found("shutting-down"), found("terminated"))
    clock.time += 40
    assert ([], [name]) == (found("shutting-down"), found("terminated"))


def test_images_snapshots_and_volumes_take_their_time(client: Client, clock: Clock) -> None:
    """Each has its own time before it is there to be used."""
    ec2 = client("ec2")
    instance = ec2.run_instances(ImageId=IMAGE, MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
    image = ec2.create_image(InstanceId=instance, Name="golden")["ImageId"]
    volume = ec2.create_volume(AvailabilityZone="us-east-1a", Size=8)["VolumeId"]
    snapshot = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]

    def states() -> list[str]:
        return [
            ec2.describe_images(ImageIds=[image])["Images"][0]["State"],
            ec2.describe_volumes(VolumeIds=[volume])["Volumes"][0]["State"],
            ec2.describe_snapshots(SnapshotIds=[snapshot])["Snapshots"][0]["State"],
        ]

    assert ["pending", "creating", "pending"] == states()
    clock.time += 10
    assert ["pending", "available", "pending"] == states()
    clock.time += 110
    assert ["pending", "available", "completed"] == states()
    clock.time += 60
    assert ["available", "available", "completed"] == states()


def test_a_distribution_is_deployed_after_each_change(client: Client, clock: Clock) -> None:
    """A distribution is in progress after it was made and after each update, and keeps its ETag readable."""
    cloudfront = client("cloudfront")
    made = cloudfront.create_distribution(DistributionConfig=DISTRIBUTION)
    name = made["Distribution"]["Id"]

    def states() -> list[str]:
        listed = cloudfront.list_distributions()["DistributionList"]["Items"][0]["Status"]
        return [cloudfront.get_distribution(Id=name)["Distribution"]["Status"], listed]

    assert ["InProgress", "InProgress"] == states()
    clock.time += 300
    assert ["Deployed", "Deployed"] == states()
    found = cloudfront.get_distribution_config(Id=name)
    changed = {**found["DistributionConfig"], "Comment": "changed"}
    updated = cloudfront.update_distribution(Id=name, IfMatch=found["ETag"], DistributionConfig=changed)
    assert updated["ETag"]
    assert ["InProgress", "InProgress"] == states()
    clock.time += 300
    assert ["Deployed", "Deployed"] == states()
    shown = cloudfront.get_distribution(Id=name)["Distribution"]["DistributionConfig"]
    assert ("changed", "example.com") == (shown["Comment"], shown["Origins"]["Items"][0]["DomainName"])


def test_a_certificate_shows_its_records_while_it_is_pending(client: Client, clock: Clock) -> None:
    """A certificate waits for its validation by the clock, and says meanwhile which record that takes."""
    acm = client("acm")
    arn = acm.request_certificate(DomainName="example.com", ValidationMethod="DNS")["CertificateArn"]
    pending = acm.describe_certificate(CertificateArn=arn)["Certificate"]
    (option,) = pending["DomainValidationOptions"]
    assert ("PENDING_VALIDATION", "PENDING_VALIDATION") == (pending["Status"], option["ValidationStatus"])
    assert "CNAME" == option["ResourceRecord"]["Type"]
    assert "IssuedAt" not in pending
    clock.time += 120
    issued = acm.describe_certificate(CertificateArn=arn)["Certificate"]
    (option,) = issued["DomainValidationOptions"]
    assert ("ISSUED", "SUCCESS") == (issued["Status"], option["ValidationStatus"])
