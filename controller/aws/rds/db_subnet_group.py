"""The subnets that a database may be in."""

from typing import Annotated

from controller.aws.declaration.forms import LETTER_FIRST
from controller.aws.declaration.kind import AwsKind
from controller.aws.declaration.words import Attribute, Create, Listing, Setter
from controller.aws.rds.tags import tags_of
from controller.aws.structures.rules import in_two_zones
from controller.core.model.equality import LowerName
from controller.core.model.limits import Legal
from controller.core.model.rules import Same
from controller.core.model.spec import Aws, Immutable, Named, Tagged, To, Unordered

_NAME = Legal(
    r"[A-Za-z][A-Za-z0-9._ -]{0,254}", "it must consist of letters, digits, spaces and ._-, and begin with a letter"
)


class DbSubnetGroupSpec(Tagged):
    """https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBSubnetGroup.html"""

    constraints = (in_two_zones("subnets"), Same("subnets[].vpc"))

    db_subnet_group_name: Annotated[
        str | None, Named(limit=255, legal=LETTER_FIRST), _NAME, LowerName(), Immutable(), Aws("DBSubnetGroupName")
    ] = None
    """Its name, which AWS keeps in lower case. Unset: `<stack>-<name>`."""
    description: Annotated[str | None, Aws("DBSubnetGroupDescription")] = None
    """What it is for. Unset, a new one says `Managed by Holdfast`."""
    subnets: Annotated[
        list[Annotated[str, To("Subnet")]], Unordered(), Aws("Subnets[].SubnetIdentifier", write="SubnetIds")
    ]
    """Its subnets, in one VPC and at least two zones."""


class DbSubnetGroup(AwsKind):
    """A DB subnet group. A subnet can be removed only when no DB instance uses it any more."""

    spec, service, id_field, id_from = DbSubnetGroupSpec, "rds", "DBSubnetGroupName", "dbSubnetGroupName"
    natural_key = ("dbSubnetGroupName",)
    tagging = tags_of("subgrp")
    listing = Listing("DescribeDBSubnetGroups", "DBSubnetGroups", page=100)
    creation = Create(
        "CreateDBSubnetGroup", "DBSubnetGroup", constant={"DBSubnetGroupDescription": "Managed by Holdfast"}
    )
    deletion = "DeleteDBSubnetGroup"
    attributes = {
        "arn": Attribute("Its ARN.", "DBSubnetGroupArn"),
        "vpcId": Attribute("The VPC of its subnets.", "VpcId"),
    }
    setters = (Setter("ModifyDBSubnetGroup", resets={"description": ("subnets",)}),)
