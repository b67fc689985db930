"""A machine that is made by itself, and not by a group."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from controller.aws.declaration.kind import AwsKind
from controller.aws.declaration.tags import Ec2Tags
from controller.aws.declaration.wire import Item, value_at
from controller.aws.declaration.words import (
    Attribute,
    Collection,
    Create,
    Detail,
    HealthSource,
    Join,
    Listing,
    Op,
    Setter,
    States,
)
from controller.aws.ec2.instance_spec import InstanceSpec
from controller.aws.structures.offerings import instance_types
from controller.core.model.call import Call, Change
from controller.core.model.live import Live
from controller.core.model.node import Node
from controller.core.model.reference import Address, Placeholder
from controller.core.model.shape import Tree

_AT_REST = frozenset({"instanceType", "userData", "ebsOptimized"})
"""The fields that AWS changes in a stopped instance only."""
_DONE = "[Completed]"
"""How AWS begins the description of a scheduled event that is over."""
_OF_INTERFACE = {"SubnetId": "SubnetId", "SecurityGroupIds": "Groups", "PrivateIpAddress": "PrivateIpAddress"}
"""Parameters that stand with the network interface as soon as the call has one."""


def _attribute(name: str) -> Detail:
    return Detail(name, "DescribeInstanceAttribute", f"{name[0].upper()}{name[1:]}.Value", {"Attribute": name})


class Instance(AwsKind):
    """A standalone instance. Instances that an Auto Scaling group launches belong to the group.

    What AWS changes only while it is stopped (`instanceType`, `userData`, `ebsOptimized`) interrupts it: the plan
    stops it, and once it is stopped changes and starts it. If AWS refuses the change, it is started as it was, and
    not stopped for the same again until the document changes or somebody applies it. If the document leaves its state
    to others, such a change waits until somebody stops it. Its own volumes are deleted with it, unless
    `blockDeviceMappings` says otherwise.
    """

    spec, service, id_field, tagging = InstanceSpec, "ec2", "InstanceId", Ec2Tags("instance")
    offerings = instance_types()
    listing = Listing("DescribeInstances", "Reservations[].Instances", page=1000)
    joins = (Join("DescribeInstanceStatus", "InstanceStatuses", "InstanceId", page=1000),)
    states = States(
        "State.Name",
        pending=frozenset({"pending", "stopping"}),
        leaving=frozenset({"shutting-down"}),
        gone=frozenset({"terminated"}),
    )
    # AWS's checks begin when it runs; one that has not ended yet says nothing against it.
    health_source = HealthSource(
        "InstanceStatus.Status", good=frozenset({"ok", "initializing", "insufficient-data", "not-applicable"})
    )
    creation = Create("RunInstances", "Instances[0]", {"MinCount": 1, "MaxCount": 1})
    deletion, protected_by = "TerminateInstances", "disableApiTermination"
    gives_initially = {"sourceDestCheck": True, "instanceState": "running"}
    reads = (
        _attribute("userData"),
        _attribute("instanceInitiatedShutdownBehavior"),
        _attribute("disableApiTermination"),
        _attribute("disableApiStop"),
    )
    setters = (
        Setter(
            "ModifyInstanceAttribute",
            (
                *("instanceType", "userData", "ebsOptimized", "securityGroups", "sourceDestCheck"),
                *("instanceInitiatedShutdownBehavior", "disableApiTermination", "disableApiStop"),
            ),
            one_at_a_time=True,
            separable=True,
            renamed={"securityGroups": "Groups"},
        ),
        Setter("ModifyInstanceMetadataOptions", ("metadataOptions",), spread=True, merges=True),
        Setter("ModifyInstanceMaintenanceOptions", ("maintenanceOptions",), spread=True, merges=True),
        Setter("MonitorInstances", ("monitoring",), empty="UnmonitorInstances"),
        Setter("StartInstances", ("instanceState",), empty="StopInstances"),
    )
    members = (
        Collection(
            "iamInstanceProfile",
            add=Op("AssociateIamInstanceProfile"),
            change=Op("ReplaceIamInstanceProfileAssociation"),
        ),
    )
    attributes = {
        "publicIp": Attribute("Its public address.", "PublicIpAddress"),
        "privateIp": Attribute("Its private IP address.", "PrivateIpAddress"),
        "publicDnsName": Attribute("Its public DNS name.", "PublicDnsName"),
        "privateDnsName": Attribute("Its private DNS name.", "PrivateDnsName"),
        "rootVolume": Attribute("The id of its root volume.", "BlockDeviceMappings[0].Ebs.VolumeId"),
        "profileAssociation": Attribute(
            "The id of the association with its instance profile.",
            "IamInstanceProfileAssociations[0].AssociationId",
            "DescribeIamInstanceProfileAssociations",
            (("instance-id", None), ("state", "associated")),
        ),
    }

    def desired(self, stack: str, address: Address, fields: Tree) -> Tree:
        """It runs, unless the document says otherwise."""
        return {"instanceState": "running", **super().desired(stack, address, fields)}

    def create(self, node: Node) -> tuple[Call, ...]:
        """Once something is said of the network interface, all that concerns it stands there."""
        return tuple(replace(call, parameters=_with_interface(call.parameters)) for call in super().create(node))

    def settings(self, node: Node, changes: Iterable[Change], live: Live | None, me: Placeholder) -> Iterator[Call]:
        """While it runs, one stop in the place of all that needs it stopped; the rest follows when it is."""
        calls = [*super().settings(node, changes, live, me)]
        waiting = [call for call in calls if not _AT_REST.isdisjoint(call.fields)]
        if not waiting or (live and live.fields.get("instanceState") != "running"):
            yield from calls
            return
        rest = [call for call in calls if call not in waiting]
        yield from rest
        stopped = any("instanceState" in call.fields for call in rest)
        if not stopped and "instanceState" not in node.lifecycle.ignore:
            yield self.stop(me, tuple(name for call in waiting for name in call.fields))

    def setting(self, setter: Setter, node: Node, group: list[str], live: Live | None, me: Placeholder) -> Call:
        """The state is set by one of two calls."""
        if "instanceState" in group and node.fields["instanceState"] == "stopped":
            return self.stop(me, tuple(group))
        return super().setting(setter, node, group, live, me)

    def call(self, op: Op, parameters: Mapping[str, Any], paths: tuple[str, ...], me: Any) -> Call:
        """A profile is replaced by the id of its tie, where the operation takes that."""
        tie = Placeholder(me.address, "profileAssociation")
        return super().call(op, {"AssociationId": tie, **parameters}, paths, me)

    def stop(self, me: Placeholder, fields: tuple[str, ...]) -> Call:
        """The call that stops it, for these fields."""
        return Call(self.service, "StopInstances", self.identity("StopInstances", me), fields)

    def notice(self, item: Item) -> str:
        """What AWS has scheduled for it, and has not done yet."""
        events = [event for event in item.get("Events") or () if not str(event.get("Description")).startswith(_DONE)]
        told = (f"{event['Code']} from {event.get('NotBefore')}: {event.get('Description')}" for event in events)
        return "; ".join(f"AWS has scheduled {text}" for text in told)

    def shown(self, item: Item) -> dict[str, Any]:
        """The root volume is the one behind the device that the instance names as its root."""
        root = value_at(item, f"BlockDeviceMappings[DeviceName={item.get('RootDeviceName')}].Ebs.VolumeId")
        attributes = {name: value for name, value in super().shown(item).items() if name != "rootVolume"}
        return {**attributes, "rootVolume": root} if root else attributes


def _with_interface(parameters: Mapping[str, Any]) -> Mapping[str, Any]:
    if "NetworkInterfaces" not in parameters:
        return parameters
    moved = {inside: parameters[name] for name, inside in _OF_INTERFACE.items() if name in parameters}
    interface = {"DeviceIndex": 0, "AssociatePublicIpAddress": parameters["NetworkInterfaces"], **moved}
    rest = {name: value for name, value in parameters.items() if name not in _OF_INTERFACE}
    return {**rest, "NetworkInterfaces": [interface]}
