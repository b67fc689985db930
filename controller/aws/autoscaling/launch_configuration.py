"""How an older Auto Scaling group launches its instances; new ones take a launch template."""

from controller.aws.autoscaling.launch_configuration_spec import LaunchConfigurationSpec
from controller.aws.declaration.kind import AwsKind
from controller.aws.declaration.words import Attribute, Create, Listing
from controller.aws.structures.offerings import instance_types


class LaunchConfiguration(AwsKind):
    """A launch configuration. It is immutable: a change creates a new one, which its groups are moved to.

    It takes no tags and has no description; its generated name proves ownership. In new accounts AWS no longer
    creates any.
    """

    spec, service, id_field, id_from = (
        LaunchConfigurationSpec,
        "autoscaling",
        "LaunchConfigurationName",
        "launchConfigurationName",
    )
    natural_key = ("launchConfigurationName",)
    offerings = instance_types()
    listing = Listing("DescribeLaunchConfigurations", "LaunchConfigurations", page=100)
    creation, deletion = Create("CreateLaunchConfiguration", ""), "DeleteLaunchConfiguration"
    attributes = {"arn": Attribute("Its ARN.", "LaunchConfigurationARN")}
