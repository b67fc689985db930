"""What an instance is made from: image, size, disks, network, and what it does first."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from controller.aws.declaration.keeping import laid_over
from controller.aws.declaration.kind import AwsKind
from controller.aws.declaration.tags import Ec2Tags
from controller.aws.declaration.wire import Item
from controller.aws.declaration.words import Attribute, Create, Join, Listing, Op, Setter
from controller.aws.ec2.launch_template_spec import LaunchTemplateSpec
from controller.aws.structures.offerings import instance_types
from controller.core.model.call import Call, Change
from controller.core.model.cloud import Cloud
from controller.core.model.live import Live, Prepared
from controller.core.model.node import Node
from controller.core.model.reference import Placeholder, replace_expressions
from controller.core.model.writer import WriteContext
from controller.core.planning.diff import Unknowable, diff

_VERSION, _DATA, _SWITCH = "LaunchTemplateVersion", "LaunchTemplateData", Op("ModifyLaunchTemplate")


class LaunchTemplate(AwsKind):
    """A launch template, as its default version shows it: a newer version that is not the default is ignored.

    A change creates a new version, with the desired values merged into the live ones, and makes it the default. If
    interrupted in between, it leaves an unused version; the next pass makes that the default, because a newest
    version that already matches is not created again. What was launched before is unchanged: an Auto Scaling group
    with `instanceRefresh` replaces it.
    """

    spec, service, id_field, tagging = LaunchTemplateSpec, "ec2", "LaunchTemplateId", Ec2Tags("launch-template")
    natural_key = ("launchTemplateName",)
    offerings = instance_types()
    listing = Listing("DescribeLaunchTemplates", "LaunchTemplates", page=200)
    joins = (
        Join(
            "DescribeLaunchTemplateVersions",
            "LaunchTemplateVersions",
            key="LaunchTemplateId",
            parameters={"Versions": ["$Default", "$Latest"]},
            page=200,
            always=True,
        ),
    )
    creation = Create("CreateLaunchTemplate", "LaunchTemplate", constant={_DATA: {}})
    deletion = "DeleteLaunchTemplate"
    attributes = {
        "version": Attribute("The number of its default version.", "DefaultVersionNumber"),
        "launchTemplateName": Attribute("Its name.", "LaunchTemplateName"),
    }
    setters = (
        Setter(
            "CreateLaunchTemplateVersion",
            whole=True,
            constant={_DATA: {}},
            renews={"version": "LaunchTemplateVersion.VersionNumber"},
        ),
    )

    def setting(self, setter: Setter, node: Node, group: list[str], live: Live | None, me: Placeholder) -> Call:
        """AWS takes the id of a template or its name, and not both."""
        call = super().setting(setter, node, group, live, me)
        rest = {name: value for name, value in call.parameters.items() if name != "LaunchTemplateName"}
        return replace(call, parameters=rest)

    def update(
        self, node: Node, changes: Iterable[Change], live: Live | None, around: WriteContext
    ) -> tuple[Call, ...]:
        """A new version, which becomes the default; where it is there already, that alone."""
        made = super().update(node, changes, live, around)
        if not made:
            return ()
        prepared = self.wanted(node, live, around)
        version = prepared.attributes["version"] if prepared else Placeholder(node.address, "version")
        switch = self.call(_SWITCH, {"DefaultVersion": version}, made[-1].fields, Placeholder(node.address))
        switch = replace(switch, renews={"version": "LaunchTemplate.DefaultVersionNumber"})
        return (switch,) if prepared else (*made, switch)

    def wanted(self, node: Node, live: Live | None, around: WriteContext) -> Prepared | None:
        """What is prepared, if it is the desired laid over the live, as the new version would be."""
        if live is None or live.prepared is None:
            return None
        (setter,) = self.whole_setters
        wanted = replace_expressions(laid_over(self.shape, node.fields, live.fields), around.known)
        trees = (wanted, live.prepared.fields)
        one, other = ({name: tree[name] for name in setter.fields if name in tree} for tree in trees)
        differences = [
            diff(self.shape, a, b, lambda _: Unknowable("not known yet")) for a, b in ((one, other), (other, one))
        ]
        return (
            None if any(difference.changes or difference.uncompared for difference in differences) else live.prepared
        )

    def joining(self, cloud: Cloud, join: Join, wanted: list[Item]) -> Iterator[Item]:
        """The default version of each template, with the newest beside it where that is another."""
        versions = [*super().joining(cloud, join, wanted)]
        others = [version for version in versions if not version.get("DefaultVersion")]
        newest = {version["LaunchTemplateId"]: {_VERSION: version} for version in others}
        for version in versions:
            if version.get("DefaultVersion"):
                yield {**version, **newest.get(version["LaunchTemplateId"], {})}

    def prepared(self, item: Item) -> Prepared | None:
        """The newest version, unless it has something else for which no field stands: then it is not for this."""
        newest = item.get(_VERSION)
        if newest is None:
            return None
        fields, (setter,) = self.fields(newest), self.whole_setters
        one, other = (
            self.completing(setter, setter.fields, fields, self.spelled(setter, fields), version)[_DATA]
            for version in (newest, item)
        )
        return Prepared(fields, {"version": str(newest["VersionNumber"])}) if one == other else None

    def shown(self, item: Item) -> dict[str, Any]:
        """Numbers of versions are texts wherever AWS takes them."""
        return {name: str(value) for name, value in super().shown(item).items()}

    def renewals(self, call: Call, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """The same."""
        return {name: str(value) for name, value in super().renewals(call, body).items()}
