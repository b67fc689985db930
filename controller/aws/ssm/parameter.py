"""A value that programs look up by its name."""

from controller.aws.declaration.kind import AwsKind
from controller.aws.declaration.tags import ServiceTags
from controller.aws.declaration.wire import Item
from controller.aws.declaration.words import Attribute, Create, Join, Listing, Setter, Single
from controller.aws.ssm.parameter_spec import ParameterSpec
from controller.core.model.shape import Tree


class Parameter(AwsKind):
    """A parameter of Systems Manager Parameter Store.

    Its listing shows no values: they are read for the parameters of the documents, ten at a time, and those of
    `SecureString` only as AWS encrypts them. Every change puts the whole parameter and creates a new version.
    """

    spec, service, id_field, id_from = ParameterSpec, "ssm", "Name", "name"
    natural_key = ("name",)
    tagging = ServiceTags(
        "AddTagsToResource",
        "RemoveTagsFromResource",
        "ResourceId",
        of="id",
        constant={"ResourceType": "Parameter"},
        read_with="ListTagsForResource",
        tags="TagList",
        search="ssm:parameter",
    )
    listing = Listing("DescribeParameters", "Parameters", page=50)
    joins = (
        Join(
            "GetParameters",
            "Parameters",
            "Name",
            ids="Names",
            batch=10,
            parameters={"WithDecryption": False},
            always=True,
        ),
    )
    single = Single("GetParameters", "Parameters[]", ("Names",))
    creation, deletion = Create("PutParameter", ""), "DeleteParameter"
    setters = (Setter("PutParameter", whole=True, constant={"Overwrite": True}, renews={"version": "Version"}),)
    attributes = {
        "arn": Attribute("Its ARN.", "ARN"),
        "version": Attribute("Its version number, which increases with every change.", "Version"),
    }

    def fields(self, item: Item) -> Tree:
        """Without the text of a `SecureString`, which is shown as it is encrypted."""
        fields = super().fields(item)
        secure = fields.get("type") == "SecureString"
        return {name: value for name, value in fields.items() if not (secure and name == "value")}
