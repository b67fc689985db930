"""EC2's protocol: a query form as the typed parameters of an operation, and members as the XML of its answer.

Both follow AWS's own description of EC2, as botocore ships it.
"""

from functools import cache
from typing import Any
from xml.sax.saxutils import escape

from botocore.loaders import Loader
from botocore.model import ServiceModel

from emulators.ec2.store import ACCOUNT, Fault, Members, Thing


@cache
def model() -> ServiceModel:
    """AWS's own description of EC2, as botocore ships it."""
    return ServiceModel(Loader().load_service_model("ec2", "service-2"), "ec2")


def parameters_of(operation: str, form: dict[str, str]) -> Members:
    """A query form as the typed parameters of an operation."""
    if operation not in model().operation_names:
        message = f"The action {operation} is not valid for this web service."
        raise Fault("InvalidAction", message=message)
    shape = model().operation_model(operation).input_shape
    tree: Members = {}
    for key, value in form.items():
        *path, leaf = key.split(".")
        node = tree
        for step in path:
            node = node.setdefault(step, {})
        node[leaf] = value
    given: Members = typed(shape, tree)
    for name in shape.required_members if shape else []:
        if name not in given:
            raise Fault("MissingParameter", message=f"The request must contain the parameter {name}")
    return given


def typed(shape: Any, tree: Any) -> Any:
    """One value of a form in the type of its shape."""
    match shape.type_name:
        case "structure":
            return {
                name: typed(member, tree[wire])
                for name, member in shape.members.items()
                if (wire := query_name(name, member.serialization)) in tree
            }
        case "list":
            return [typed(shape.member, tree[number]) for number in sorted(tree, key=int)]
        case "boolean":
            return tree == "true"
        case "integer" | "long":
            return int(tree)
    return tree


def query_name(name: str, serialization: Members) -> str:
    """What a member is called in a form: EC2 capitalises the name it has in XML."""
    wire: str = serialization.get("queryName") or serialization.get("name") or name
    return wire[0].upper() + wire[1:]


def rendered(shape: Any, value: Any) -> str:
    """A value as XML of its shape; a thing is rendered once and then again only when it has changed."""
    if shape.type_name == "list":
        return "".join(f"<item>{rendered(shape.member, item)}</item>" for item in value)
    if shape.type_name != "structure":
        return escape(str(value).lower() if isinstance(value, bool) else str(value))
    if isinstance(value, Thing) and shape.name in value.rendered:
        return value.rendered[shape.name]
    xml = ""
    for name, item in value.items():
        member = shape.members.get(name)
        if member is not None and item is not None:
            tag = member.serialization.get("name", name)
            xml += f"<{tag}>{rendered(member, item)}</{tag}>"
    if isinstance(value, Thing):
        value.rendered[shape.name] = xml
    return xml


def answer(operation: str, value: Members, request_id: str) -> str:
    """The whole answer to a request that was granted."""
    shape = model().operation_model(operation).output_shape
    body = rendered(shape, value) if shape else "<return>true</return>"
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><{operation}Response xmlns="http://ec2.amazonaws.com/doc/'
        f'2016-11-15/"><requestId>{request_id}</requestId>{body}</{operation}Response>'
    )


def refusal(fault: Fault, request_id: str) -> str:
    """The whole answer to a request that was not."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><Response><Errors><Error><Code>{fault.code}</Code><Message>'
        f"{escape(fault.message)}</Message></Error></Errors><RequestID>{request_id}</RequestID></Response>"
    )


def caller_identity(request_id: str) -> str:
    """STS's answer to who is calling: always the one account there is."""
    return (
        '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">'
        f"<GetCallerIdentityResult><Arn>arn:aws:iam::{ACCOUNT}:user/stand-in</Arn><UserId>AIDASTANDIN</UserId>"
        f"<Account>{ACCOUNT}</Account></GetCallerIdentityResult><ResponseMetadata><RequestId>{request_id}"
        "</RequestId></ResponseMetadata></GetCallerIdentityResponse>"
    )
