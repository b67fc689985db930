"""Load balancers answer as AWS does: see `emulators.patched_moto.patches.elbv2`."""

from typing import Any

import pytest

from tests.emulators.conftest import Client
from tests.emulators.refusals import refusal


@pytest.fixture
def elb(client: Client) -> Any:
    """The client of Elastic Load Balancing."""
    return client("elbv2")


@pytest.fixture
def balancer(elb: Any, subnets: list[str]) -> str:
    """The ARN of an application load balancer."""
    return str(elb.create_load_balancer(Name="web", Subnets=subnets)["LoadBalancers"][0]["LoadBalancerArn"])


@pytest.fixture
def group(elb: Any, vpc: str) -> str:
    """The ARN of a target group."""
    return make_group(elb, vpc, "web")


@pytest.fixture
def listener(elb: Any, balancer: str, group: str) -> str:
    """The ARN of a listener that forwards to the target group."""
    return str(listen(elb, balancer, {"Type": "forward", "TargetGroupArn": group})["ListenerArn"])


def make_group(elb: Any, vpc: str, name: str, **asked: Any) -> str:
    """The ARN of another target group."""
    asked = {"Protocol": "HTTP", "Port": 80, "VpcId": vpc, **asked}
    return str(elb.create_target_group(Name=name, **asked)["TargetGroups"][0]["TargetGroupArn"])


def listen(elb: Any, balancer: str, action: dict[str, Any], port: int = 80) -> dict[str, Any]:
    """A new listener."""
    asked = {"LoadBalancerArn": balancer, "Protocol": "HTTP", "Port": port, "DefaultActions": [action]}
    return dict(elb.create_listener(**asked)["Listeners"][0])


def attributes(answer: dict[str, Any]) -> dict[str, str]:
    """The attributes by their names."""
    return {attribute["Key"]: attribute["Value"] for attribute in answer["Attributes"]}


def test_a_name_stands_for_one_balancer(elb: Any, balancer: str, subnets: list[str]) -> None:
    """The same call again gives it, and another call is refused."""
    [again] = elb.create_load_balancer(Name="web", Subnets=subnets)["LoadBalancers"]
    assert balancer == again["LoadBalancerArn"]
    other = {"Name": "web", "Subnets": subnets, "Scheme": "internal"}
    assert "DuplicateLoadBalancerName" == refusal(elb.create_load_balancer, **other)
    assert 1 == len(elb.describe_load_balancers()["LoadBalancers"])


def test_what_aws_fills_in(client: Client, elb: Any, balancer: str, subnets: list[str], vpc: str) -> None:
    """A balancer has a scheme, a group, and an ARN of its type; it spans two zones."""
    [found] = elb.describe_load_balancers()["LoadBalancers"]
    named = [{"Name": "vpc-id", "Values": [vpc]}]
    [default] = client("ec2").describe_security_groups(Filters=named)["SecurityGroups"]
    assert ("internet-facing", [default["GroupId"]]) == (found["Scheme"], found["SecurityGroups"])
    network = {"Name": "net", "Subnets": subnets[:1], "Type": "network", "Tags": [{"Key": "a", "Value": "1"}]}
    [made] = elb.create_load_balancer(**network)["LoadBalancers"]
    assert ":loadbalancer/net/net/" in made["LoadBalancerArn"]
    [described] = elb.describe_tags(ResourceArns=[made["LoadBalancerArn"]])["TagDescriptions"]
    assert network["Tags"] == described["Tags"]
    narrow = {"Name": "narrow", "Subnets": subnets[:1]}
    assert "InvalidConfigurationRequest" == refusal(elb.create_load_balancer, **narrow)


def test_a_protected_balancer_stays(elb: Any, balancer: str) -> None:
    """Until the protection is taken away."""
    of_balancer = {"LoadBalancerArn": balancer}
    protect = {"Key": "deletion_protection.enabled", "Value": "true"}
    elb.modify_load_balancer_attributes(**of_balancer, Attributes=[protect])
    assert "OperationNotPermitted" == refusal(elb.delete_load_balancer, **of_balancer)
    elb.modify_load_balancer_attributes(**of_balancer, Attributes=[{**protect, "Value": "false"}])
    elb.delete_load_balancer(**of_balancer)
    assert [] == elb.describe_load_balancers()["LoadBalancers"]


def test_every_attribute_has_a_value(elb: Any, balancer: str, group: str, vpc: str) -> None:
    """Of a balancer and of a target group of each protocol; a change shows beside the defaults."""
    of_balancer = attributes(elb.describe_load_balancer_attributes(LoadBalancerArn=balancer))
    assert ("60", "true") == (of_balancer["idle_timeout.timeout_seconds"], of_balancer["routing.http2.enabled"])
    assert 23 == len(of_balancer)
    logs = [{"Key": "health_check_logs.s3.enabled", "Value": "false"}]
    elb.modify_load_balancer_attributes(LoadBalancerArn=balancer, Attributes=logs)
    delay = {"Key": "deregistration_delay.timeout_seconds", "Value": "30"}
    elb.modify_target_group_attributes(TargetGroupArn=group, Attributes=[delay])
    of_group = attributes(elb.describe_target_group_attributes(TargetGroupArn=group))
    assert ("30", "86400") == (of_group[delay["Key"]], of_group["stickiness.lb_cookie.duration_seconds"])
    network = make_group(elb, vpc, "tcp", Protocol="TCP")
    of_network = attributes(elb.describe_target_group_attributes(TargetGroupArn=network))
    assert ("source_ip", "true") == (of_network["stickiness.type"], of_network["preserve_client_ip.enabled"])


def test_a_target_group_is_one(elb: Any, group: str, vpc: str) -> None:
    """The same call again gives it, and another call is refused."""
    assert group == make_group(elb, vpc, "web")
    other = {"Name": "web", "Protocol": "HTTP", "Port": 81, "VpcId": vpc}
    assert "DuplicateTargetGroupName" == refusal(elb.create_target_group, **other)


def test_a_target_group_names_its_balancers(elb: Any, balancer: str, group: str, listener: str) -> None:
    """Those that use it now; it stays as long as there are any."""
    assert "ResourceInUse" == refusal(elb.delete_target_group, TargetGroupArn=group)
    [found] = elb.describe_target_groups(TargetGroupArns=[group])["TargetGroups"]
    assert [balancer] == found["LoadBalancerArns"]
    elb.delete_listener(ListenerArn=listener)
    [found] = elb.describe_target_groups(TargetGroupArns=[group])["TargetGroups"]
    assert [] == found["LoadBalancerArns"]
    elb.delete_target_group(TargetGroupArn=group)


def test_the_check_of_a_target_group_is_changed(elb: Any, vpc: str) -> None:
    """Also the healthy codes of a group that is not HTTP itself."""
    made = make_group(elb, vpc, "tcp", Protocol="TCP", HealthCheckProtocol="HTTP", HealthCheckPath="/up")
    change = {"HealthCheckPath": "/ok", "Matcher": {"HttpCode": "200-299"}, "HealthyThresholdCount": 3}
    elb.modify_target_group(TargetGroupArn=made, **change)
    [found] = elb.describe_target_groups(TargetGroupArns=[made])["TargetGroups"]
    assert change == {name: found[name] for name in change}


def test_a_target_that_is_not_there_can_be_taken_away(elb: Any, group: str) -> None:
    """Nothing happens, and that is no error."""
    elb.deregister_targets(TargetGroupArn=group, Targets=[{"Id": "i-00000000000000000"}])
    assert [] == elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]


def test_a_target_keeps_its_zone(elb: Any, vpc: str) -> None:
    """It is shown with it; a target without one has none."""
    group = make_group(elb, vpc, "ip", TargetType="ip")
    outside = {"Id": "192.168.0.5", "Port": 80, "AvailabilityZone": "all"}
    elb.register_targets(TargetGroupArn=group, Targets=[outside, {"Id": "10.0.0.5"}])
    found = elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    assert [outside, {"Id": "10.0.0.5", "Port": 80}] == [each["Target"] for each in found]


def test_a_port_has_one_listener(elb: Any, balancer: str, group: str, listener: str) -> None:
    """The same call again gives it, and another call is refused."""
    action = {"Type": "forward", "TargetGroupArn": group}
    assert listener == listen(elb, balancer, action)["ListenerArn"]
    other = {"LoadBalancerArn": balancer, "Protocol": "HTTP", "Port": 80}
    fixed = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}
    assert "DuplicateListener" == refusal(elb.create_listener, **other, DefaultActions=[fixed])


def test_actions_are_shown_in_full(elb: Any, balancer: str, group: str, listener: str, vpc: str) -> None:
    """A forward in both ways of writing it, a redirect with all its parts."""
    forward = {
        "Type": "forward",
        "TargetGroupArn": group,
        "ForwardConfig": {
            "TargetGroups": [{"TargetGroupArn": group, "Weight": 1}],
            "TargetGroupStickinessConfig": {"Enabled": False},
        },
    }
    [found] = elb.describe_listeners(ListenerArns=[listener])["Listeners"]
    assert [forward] == found["DefaultActions"]
    written = {"Type": "forward", "ForwardConfig": {"TargetGroups": [{"TargetGroupArn": group}]}}
    [found] = elb.modify_listener(ListenerArn=listener, DefaultActions=[written])["Listeners"]
    assert [forward] == found["DefaultActions"]
    two = [{"TargetGroupArn": arn, "Weight": 5} for arn in (group, make_group(elb, vpc, "other"))]
    weighted = {"Type": "forward", "ForwardConfig": {"TargetGroups": two}}
    [found] = elb.modify_listener(ListenerArn=listener, DefaultActions=[weighted])["Listeners"]
    assert "TargetGroupArn" not in found["DefaultActions"][0]
    redirect = {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}
    made = listen(elb, balancer, {"Type": "redirect", "RedirectConfig": redirect}, port=81)
    expected = {**redirect, "Host": "#{host}", "Path": "/#{path}", "Query": "#{query}"}
    assert expected == made["DefaultActions"][0]["RedirectConfig"]


def test_encryption_comes_and_goes(client: Client, elb: Any, listener: str) -> None:
    """An encrypted listener shows its default certificate and keeps the further ones; another has none of it."""
    acm = client("acm")
    one, two, three = (acm.request_certificate(DomainName=f"{n}.example.com")["CertificateArn"] for n in "abc")
    of_listener = {"ListenerArn": listener}
    encrypted = {"Protocol": "HTTPS", "Certificates": [{"CertificateArn": one}]}
    elb.modify_listener(**of_listener, **encrypted)
    elb.add_listener_certificates(**of_listener, Certificates=[{"CertificateArn": two}])
    elb.modify_listener(**of_listener, Certificates=[{"CertificateArn": three}])
    [found] = elb.describe_listeners(ListenerArns=[listener])["Listeners"]
    assert [{"CertificateArn": three}] == found["Certificates"]
    assert ("ELBSecurityPolicy-2016-08", {"Mode": "off"}) == (found["SslPolicy"], found["MutualAuthentication"])
    all_of_it = elb.describe_listener_certificates(**of_listener)["Certificates"]
    assert [three, two] == [certificate["CertificateArn"] for certificate in all_of_it]
    elb.modify_listener(**of_listener, Protocol="HTTP")
    [found] = elb.describe_listeners(ListenerArns=[listener])["Listeners"]
    assert not {"Certificates", "SslPolicy", "MutualAuthentication"} & {name for name in found if found[name]}


def test_rules_are_changed(elb: Any, group: str, listener: str) -> None:
    """Conditions show in both ways of writing them; actions, conditions and priorities can be changed."""
    forward = {"Type": "forward", "TargetGroupArn": group}
    path = {"Field": "path-pattern", "Values": ["/a"]}
    asked = {"ListenerArn": listener, "Priority": 1, "Conditions": [path], "Actions": [forward]}
    [made] = elb.create_rule(**asked)["Rules"]
    assert [{**path, "PathPatternConfig": {"Values": ["/a"]}}] == made["Conditions"]
    of_rule = {"RuleArn": made["RuleArn"]}
    host = {"Field": "host-header", "HostHeaderConfig": {"Values": ["a.b"]}}
    fixed = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}
    elb.modify_rule(**of_rule, Conditions=[host], Actions=[fixed])
    elb.set_rule_priorities(RulePriorities=[{**of_rule, "Priority": 7}])
    [found] = elb.describe_rules(RuleArns=[made["RuleArn"]])["Rules"]
    assert [{**host, "Values": ["a.b"]}] == found["Conditions"]
    assert ("7", "fixed-response") == (found["Priority"], found["Actions"][0]["Type"])


def test_rules_change_places(elb: Any, listener: str) -> None:
    """Two rules in one call; a place that a third one has stays taken, and then nothing is changed."""
    fixed = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}
    asked = {"ListenerArn": listener, "Actions": [fixed], "Conditions": [{"Field": "path-pattern", "Values": ["/a"]}]}
    arns = [elb.create_rule(**asked, Priority=place)["Rules"][0]["RuleArn"] for place in (1, 2, 3)]
    exchanged = [{"RuleArn": arns[0], "Priority": 2}, {"RuleArn": arns[1], "Priority": 1}]
    elb.set_rule_priorities(RulePriorities=exchanged)
    taken = [{"RuleArn": arns[0], "Priority": 3}]
    assert "PriorityInUse" == refusal(elb.set_rule_priorities, RulePriorities=taken)
    found = {rule["RuleArn"]: rule["Priority"] for rule in elb.describe_rules(RuleArns=arns)["Rules"]}
    assert dict(zip(arns, ["2", "1", "3"], strict=True)) == found


def test_a_balancer_moves(client: Client, elb: Any, balancer: str, vpc: str, subnets: list[str]) -> None:
    """Its subnets and its groups can be changed."""
    ec2 = client("ec2")
    third = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.9.0/24", AvailabilityZone="us-east-1c")["Subnet"]["SubnetId"]
    group = ec2.create_security_group(GroupName="web", Description="web", VpcId=vpc)["GroupId"]
    elb.set_subnets(LoadBalancerArn=balancer, Subnets=[subnets[0], third])
    elb.set_security_groups(LoadBalancerArn=balancer, SecurityGroups=[group])
    [found] = elb.describe_load_balancers()["LoadBalancers"]
    assert {subnets[0], third} == {zone["SubnetId"] for zone in found["AvailabilityZones"]}
    assert [group] == found["SecurityGroups"]


def test_a_network_balancer_shows_its_addresses(elb: Any, subnets: list[str]) -> None:
    """In each subnet those it was given there, for as long as it stands in it."""
    one, two = subnets
    mappings = [{"SubnetId": one, "PrivateIPv4Address": "10.0.0.9"}, {"SubnetId": two}]
    asked = {"Name": "net", "Type": "network", "Scheme": "internal", "SubnetMappings": mappings}
    [made] = elb.create_load_balancer(**asked)["LoadBalancers"]
    elb.set_subnets(LoadBalancerArn=made["LoadBalancerArn"], SubnetMappings=[{"SubnetId": each} for each in subnets])
    [found] = elb.describe_load_balancers(Names=["net"])["LoadBalancers"]
    addresses = {zone["SubnetId"]: zone["LoadBalancerAddresses"] for zone in found["AvailabilityZones"]}
    assert {one: [{"PrivateIPv4Address": "10.0.0.9"}], two: []} == addresses


def test_tags_of_everything(elb: Any, balancer: str, group: str, listener: str) -> None:
    """Balancers, target groups, listeners and rules have up to 50 tags each; what is not there has none."""
    fixed = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}
    conditions = [{"Field": "path-pattern", "Values": ["/a"]}]
    [rule] = elb.create_rule(ListenerArn=listener, Priority=1, Conditions=conditions, Actions=[fixed])["Rules"]
    arns = [balancer, group, listener, rule["RuleArn"]]
    elb.add_tags(ResourceArns=arns, Tags=[{"Key": f"k{number}", "Value": "v"} for number in range(20)])
    elb.remove_tags(ResourceArns=arns, TagKeys=[f"k{number}" for number in range(1, 20)])
    found = elb.describe_tags(ResourceArns=arns)["TagDescriptions"]
    assert {arn: [{"Key": "k0", "Value": "v"}] for arn in arns} == {
        each["ResourceArn"]: each["Tags"] for each in found
    }
    elb.delete_listener(ListenerArn=listener)
    assert "ListenerNotFound" == refusal(elb.describe_tags, ResourceArns=[listener])


def test_everything_is_found_by_its_tags(client: Client, elb: Any, group: str, listener: str) -> None:
    """Listeners and rules too, each under the type in its ARN."""
    condition = {"Field": "path-pattern", "Values": ["/a"]}
    action = {"Type": "forward", "TargetGroupArn": group}
    [rule] = elb.create_rule(ListenerArn=listener, Priority=1, Conditions=[condition], Actions=[action])["Rules"]
    elb.add_tags(ResourceArns=[listener, rule["RuleArn"]], Tags=[{"Key": "a", "Value": "1"}])
    for sort, arn in (("listener", listener), ("listener-rule", rule["RuleArn"])):
        asked = {"TagFilters": [{"Key": "a"}], "ResourceTypeFilters": [f"elasticloadbalancing:{sort}"]}
        [found] = client("resourcegroupstaggingapi").get_resources(**asked)["ResourceTagMappingList"]
        assert arn == found["ResourceARN"]


def test_pages(elb: Any, balancer: str, vpc: str) -> None:
    """Target groups and listeners come in pages of the size that is asked for."""
    for number in range(3):
        make_group(elb, vpc, f"web-{number}")
        fixed = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}
        listen(elb, balancer, fixed, port=80 + number)
    groups = elb.get_paginator("describe_target_groups").paginate(PageSize=2)
    assert [2, 1] == [len(page["TargetGroups"]) for page in groups]
    listeners = elb.get_paginator("describe_listeners").paginate(LoadBalancerArn=balancer, PageSize=2)
    assert [2, 1] == [len(page["Listeners"]) for page in listeners]
