"""What an instance is made from: image, size, disks, network, and what it does first."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from controller.aws.declaration.kind import AwsKind
from controller.aws.declaration.tags import Ec2Tags
from controller.aws.declaration.wire import Item
from controller.aws.declaration.words import Attribute, Create, Join, Listing, Op, Setter
from controller.aws.ec2.launch_template_spec import LaunchTemplateSpec
from controller.core.model.call import Call
from controller.core.model.live import Live, Prepared
from controller.core.model.node import Node
from controller.core.model.reference import Placeholder
from controller.core.model.shape import shape_of

_VERSION = "LaunchTemplateVersion"
_SAID = {name for part in shape_of(LaunchTemplateSpec).fields.values() for name in part.aws.name.split(".")[1:2]}


def _unsaid(version: Item) -> dict[str, Any]:
    """What a version has in it that no field of the spec stands for."""
    return {name: value for name, value in version.get("LaunchTemplateData", {}).items() if name not in _SAID}


class LaunchTemplate(AwsKind):
    """A launch template, as its default version shows it: a newer version that is not the default is ignored.

    A change creates a new version, with the desired values merged into the live ones, and makes it the default. If
    interrupted in between, it leaves an unused version; the next pass makes that the default, because a newest
    version that already matches is not created again. What was launched before is unchanged: an Auto Scaling group
    with `instanceRefresh` replaces it.
    """

    spec, service, id_field, tagging = LaunchTemplateSpec, "ec2", "LaunchTemplateId", Ec2Tags("launch-template")
    natural_key = ("launchTemplateName",)
    listing = Listing("DescribeLaunchTemplates", "LaunchTemplates", page=200)
    joins = (
        Join(
            "DescribeLaunchTemplateVersions",
            "LaunchTemplateVersions",
            key="LaunchTemplateId",
            parameters={"Versions": ["$Default", "$Latest"]},
            page=200,
            always=True,
            chosen="DefaultVersion",
            beside=_VERSION,
        ),
    )
    creation = Create("CreateLaunchTemplate", "LaunchTemplate", constant={"LaunchTemplateData": {}})
    deletion = "DeleteLaunchTemplate"
    attributes = {
        "version": Attribute("The number of its default version.", "DefaultVersionNumber"),
        "launchTemplateName": Attribute("Its name.", "LaunchTemplateName"),
    }
    setters = (
        Setter(
            "CreateLaunchTemplateVersion",
            whole=True,
            constant={"LaunchTemplateData": {}},
            renews={"version": "LaunchTemplateVersion.VersionNumber"},
            then=Op(
                "ModifyLaunchTemplate",
                own={"DefaultVersion": "version"},
                renews={"version": "LaunchTemplate.DefaultVersionNumber"},
            ),
        ),
    )

    def setting(self, setter: Setter, node: Node, group: list[str], live: Live | None, me: Placeholder) -> Call:
        """AWS takes the id of a template or its name, and not both."""
        call = super().setting(setter, node, group, live, me)
        rest = {name: value for name, value in call.parameters.items() if name != "LaunchTemplateName"}
        return replace(call, parameters=rest)

    def prepared(self, item: Item) -> Prepared | None:
        """The newest version, unless it has something that no field here says: then it is for something else."""
        newest, rest = super().prepared(item), [_unsaid(version) for version in (item, item.get(_VERSION, {}))]
        numbers = {name: str(value) for name, value in newest.attributes.items()} if newest else {}
        return Prepared(newest.fields, numbers) if newest and rest[1] in ({}, rest[0]) else None

    def shown(self, item: Item) -> dict[str, Any]:
        """Numbers of versions are texts wherever AWS takes them."""
        return {name: str(value) for name, value in super().shown(item).items()}

    def renewals(self, call: Call, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """The same."""
        return {name: str(value) for name, value in super().renewals(call, body).items()}
