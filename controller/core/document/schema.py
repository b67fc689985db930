"""What a document looks like: the models around the kinds' own specs, and the JSON Schema of it all.

`core/document/loader.py` reads documents with these models; editors (yaml-language-server) use the JSON Schema.
"""

import inspect
import json
import re
from copy import deepcopy
from datetime import datetime
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    Field,
    GetCoreSchemaHandler,
    ValidationError,
    create_model,
)
from pydantic.json_schema import models_json_schema
from pydantic_core import CoreSchema, PydanticCustomError

from controller.core.model.documented import Documented
from controller.core.model.facts import Facts
from controller.core.model.kind import Catalog
from controller.core.model.shape import Many, Tree, tree_of
from controller.core.model.spec import Spec
from controller.core.model.stack import Allow, DeletionPolicy, Mode, Stack

API_VERSION = "holdfast.dev/v1alpha1"
KIND = "Stack"
STACK_NAME = r"^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$"
NODE_NAME = r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"
REGION = r"^[a-z]{2,4}(-[a-z]+)+-[0-9]$"
ACCOUNT = r"^[0-9]{12}$"
PATTERNS = {
    STACK_NAME: "a name has at most 40 lowercase letters, digits and hyphens, and no hyphen at either end",
    NODE_NAME: "a name has at most 63 lowercase letters, digits and hyphens, and no hyphen at either end",
    REGION: "a region looks like eu-west-1",
    ACCOUNT: "an account ID has 12 digits",
}
"""What each pattern means, in words."""
NODE_REGION = "Where it is, if not in the stack's region. Moving it to another region replaces it."
"""What `region` means beside the fields of a node."""
RESERVED_TAGS = ("aws:", "holdfast.dev/")
SPOKEN_TAGS = ("holdfast.dev/skip-final-snapshot",)
"""Tags by which a document tells Holdfast something that has to be known from the live thing."""


def _tag_key(key: str) -> str:
    reserved = next((prefix for prefix in RESERVED_TAGS if key.lower().startswith(prefix)), None)
    if reserved and key not in SPOKEN_TAGS:
        message = 'a tag key must not begin with "{prefix}", which is reserved'
        raise PydanticCustomError("tag", message, {"prefix": reserved})
    return key


def _some(resources: dict[str, Any]) -> dict[str, Any]:
    if not resources:
        raise PydanticCustomError(
            "empty", "resources is empty, which is never taken to mean that everything should be deleted"
        )
    return resources


def _until(text: str) -> str:
    try:
        zone = datetime.fromisoformat(text).tzinfo
    except ValueError:
        zone = None
    if zone is None:
        raise PydanticCustomError("until", "write the time with its time zone, such as 2026-01-31T18:00:00Z")
    return text


_FREE, _SPOKEN = ("|".join(map(re.escape, tags)) for tags in (RESERVED_TAGS, SPOKEN_TAGS))
TagKey = Annotated[
    str,
    Field(min_length=1, max_length=128, json_schema_extra={"pattern": f"^(?:{_SPOKEN})$|^(?!{_FREE})"}),
    AfterValidator(_tag_key),
]
TagValue = Annotated[str, Field(max_length=256)]
Tags = dict[TagKey, TagValue]


class Section(Documented, BaseModel):  # named again: linters know models by this name
    """A part of the document that belongs to no kind."""


class Adopt(Section):
    """Take over something live. It has no owner tags yet."""

    id: Annotated[str, Field(min_length=1)]
    """Its id in AWS, such as `vpc-0abc`."""


class Hold(Section):
    """Correct nothing until a time. Drift of this node is still detected."""

    until: Annotated[str, AfterValidator(_until)]
    """When the hold ends, with a time zone: `2026-01-31T18:00:00Z`."""
    by: str = ""
    """Who holds it."""
    why: str = ""
    """The reason. It is shown wherever the hold is."""


class LifecycleSection(Section):
    """How this one node is treated. The key is reserved in every kind."""

    retain: bool = False
    """Never delete it. It stays also when it leaves the document."""
    ignore: list[str] = []
    """Paths of fields to leave alone. They are neither compared nor written: `tags.Owner`, `routes[0.0.0.0/0]`,
    `website.errorDocument`, `routes[].natGateway`."""
    adopt: Adopt | None = None
    hold: Hold | None = None
    exclusive: dict[str, bool] = {}
    """Collections with `false` keep unmanaged. What the document does not name stays, and is reported."""


class Metadata(Section):
    """The name of the stack; the rest is Kubernetes' and means nothing here."""

    name: Annotated[str, Field(pattern=STACK_NAME)]
    """Marks everything that the stack owns. Another name is another stack."""
    namespace: str | None = None
    """Used by Kubernetes alone."""
    labels: dict[str, str] | None = None
    """Used by Kubernetes alone."""
    annotations: dict[str, str] | None = None
    """Used by Kubernetes alone."""


class MovedFrom(Section):
    """The mark that a stack's things carry until now."""

    name: Annotated[str, Field(pattern=STACK_NAME)] | None = None
    """The stack's name before. Unset, it is the same."""
    origin: str = ""
    """The origin that a conflict tells. Empty for what a command keeps or kept."""


class StackSection(Section):
    """The desired state of one account."""

    region: Annotated[str, Field(pattern=REGION)]
    """AWS's name of the region, such as `eu-west-1`. A node may name another, if its kind is in a region."""
    account_id: Annotated[str, Field(pattern=ACCOUNT)] | None = None
    """Twelve digits in quotes. When given, nothing is read or written in any other account."""
    mode: Annotated[Mode, Field(strict=False)] = Stack.mode
    """Whether drift is corrected (`Enforce`) or only detected and reported (`Observe`)."""
    allow: list[Annotated[Allow, Field(strict=False)]] = sorted(Stack.allow)
    """What may be done without asking. Replacing and deleting are off unless named here."""
    deletion_policy: Annotated[DeletionPolicy, Field(strict=False)] = Stack.deletion_policy
    """What happens with all that the stack owns when the Stack object is deleted from Kubernetes: it stays
    (`Retain`), or it is deleted, in order (`Delete`). Used by the operator alone."""
    moved_from: MovedFrom | None = None
    """Take over all that another stack, or this one kept elsewhere, has marked as its own: a move to another name,
    namespace, cluster or program. The plan shows each node as adopted. Stop what kept them before."""
    tags: Tags = {}
    """Put on everything that can carry tags."""
    resources: Annotated[dict[str, Any], AfterValidator(_some), Field(json_schema_extra={"minProperties": 1})]
    """The nodes: kind, then name, then the fields of the kind."""


class Document(Section):
    """One stack: one graph of AWS resources in one account."""

    api_version: Literal["holdfast.dev/v1alpha1"]
    """The version of this format."""
    kind: Literal["Stack"]
    """What the document describes."""
    metadata: Metadata
    spec: StackSection


def elementwise(kind: Facts) -> list[str]:
    """The fields of a kind that are compared element by element, so that unmanaged can be kept."""
    return [
        name for name, part in kind.shape.fields.items() if isinstance(part.shape, Many) and part.shape.elementwise
    ]


class _Lenient(Spec):
    """A spec without its rules on how fields go together, for they count on all that is required."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        schema: Any = super().__get_pydantic_core_schema__(source, handler)
        while schema["type"] != "model":
            schema = schema["schema"]
        fields: CoreSchema = schema
        return fields


@cache
def _lenient(spec: type[Spec]) -> type[Spec]:
    """The same spec with no field required."""
    parts: dict[str, Any] = {
        name: (Annotated[(part.annotation, Field(alias=part.alias), *part.metadata)], None)
        for name, part in spec.model_fields.items()
    }
    return create_model(spec.__name__, __base__=(_Lenient, spec), **parts)


def sound_fields(spec: type[Spec], raw: Tree, error: ValidationError) -> tuple[Tree, frozenset[str]]:
    """What is left of a faulty node, so that it can be checked all the same, without its faulty fields, and these."""
    faults = error.errors(include_url=False, include_input=False)
    faulty = frozenset(str(fault["loc"][0]) for fault in faults if fault["loc"])
    sound = {name: part for name, part in raw.items() if name not in faulty}
    return tree_of(_lenient(spec).model_validate(sound)), faulty


# --- JSON Schema ------------------------------------------------------------------------------------------

_ADDRESS = {"type": "string", "pattern": r"^[A-Za-z0-9]+/[a-z0-9-]+$"}
_TEXT = {"type": "string", "minLength": 1}
_ATTRIBUTE: Tree = {"from": {**_ADDRESS, "description": "The node, as `Kind/name`."}, "attribute": _TEXT}
_REGION = {"type": "string", "pattern": REGION, "description": "The region, if not that of the node."}
_QUERY = {
    "type": "object",
    "minProperties": 1,
    "additionalProperties": {"type": ["string", "boolean", "integer"]},
}


def _form(description: str, optional: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    return {
        "description": description,
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name not in optional],
        "additionalProperties": False,
    }


_FILE: Tree = {"file": {**_TEXT, "description": "The path, relative to the folder of the document."}}
_HOLES = {"type": "object", "additionalProperties": {"$ref": "#/$defs/Expression"}}
_FILLED: Tree = {"text": {"anyOf": [{"type": "string"}, {"$ref": "#/$defs/File"}]}, "with": _HOLES}
_SECRET_KEY = _form("The name of the Secret, and the key within it.", name=_TEXT, key=_TEXT)
_SECRETS = [
    _form("An environment variable of the controller.", env=_TEXT),
    _form("A secret in AWS Secrets Manager.", optional=("key",), secretsManager=_TEXT, key=_TEXT),
    _form("A Secret in the Stack's own namespace; only with the operator.", secretKeyRef=_SECRET_KEY),
]
_FORMS: dict[str, Any] = {
    "File": _form("A file, as text or in base64.", optional=("as",), **_FILE, **{"as": {"const": "base64"}}),
    "Folder": _form(
        "Every file under a folder, in base64, keyed by its path.",
        folder={**_TEXT, "description": "The path of the folder."},
    ),
    "Expression": {
        "description": "A value that is known only later, or is never printed.",
        "anyOf": [
            _form("An attribute of a node, known once the node has been created.", **_ATTRIBUTE),
            _form("A string with `${…}` in it, filled in from `with`.", optional=("with",), **_FILLED),
            _form("A secret, read when the call is made.", secret={"anyOf": _SECRETS}),
        ],
    },
    "Reference": {
        "description": "A node of this stack by its name, or one of the longer forms.",
        "anyOf": [
            _TEXT,
            _form("A live resource that this document does not describe.", id=_TEXT),
            _form("A node of another stack.", optional=("region",), stack=_TEXT, name=_TEXT, region=_REGION),
            _form("Looked up among live resources.", optional=("region",), find=_QUERY, region=_REGION),
            {"$ref": "#/$defs/Expression"},
        ],
    },
}


def json_schema(catalog: Catalog) -> dict[str, Any]:
    """The whole document as a JSON Schema (draft 2020-12), every field of every kind with its description."""
    sections: list[type[BaseModel]] = [Document, StackSection, LifecycleSection]
    models = [*sections, *dict.fromkeys(kind.spec for kind in catalog.values())]
    references, made = models_json_schema([(model, "validation") for model in models])
    named = {model: reference["$ref"].rpartition("/")[2] for (model, _), reference in references.items()}
    definitions: Tree = {name: _tidy(part) for name, part in made["$defs"].items()}
    plain = set().union(*(_reachable(definitions, named[section]) for section in sections))
    definitions = {name: part if name in plain else _opened(part) for name, part in definitions.items()}
    stack = definitions[named[StackSection]]["properties"]
    stack["tags"]["additionalProperties"] = False
    for kind in catalog.values():
        _complete(definitions[named[kind.spec]]["properties"], kind, named[LifecycleSection], stack["tags"])
    kinds = {name: _nodes(catalog[name], named[catalog[name].spec]) for name in sorted(catalog)}
    stack["resources"] = {**stack["resources"], "properties": kinds, "additionalProperties": False}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"https://{API_VERSION}/stack.schema.json",
        **definitions.pop(named[Document]),
        "$defs": {**definitions, **deepcopy(_FORMS)},
    }


def _nodes(kind: Facts, spec: str) -> Tree:
    """The nodes of one kind by their names."""
    return {
        "description": inspect.cleandoc(type(kind).__doc__ or ""),
        "type": "object",
        "minProperties": 1,
        "patternProperties": {NODE_NAME: {"$ref": f"#/$defs/{spec}"}},
        "additionalProperties": False,
    }


def _complete(properties: Tree, kind: Facts, lifecycle: str, tags: Tree) -> None:
    """Add what every node may say beside the fields of its kind, and give its tags the rules of all tags."""
    names = elementwise(kind)
    exclusive = {
        "propertyNames": {"enum": names},
        "properties": {name: {"type": "boolean"} for name in names},
    }
    if not kind.worldwide:
        properties["region"] = {"type": "string", "pattern": REGION, "description": NODE_REGION}
    properties["lifecycle"] = {"$ref": f"#/$defs/{lifecycle}", "properties": {"exclusive": exclusive}}
    if kind.taggable:
        properties["tags"] = {**tags, "description": properties["tags"].get("description", "")}


def _reachable(definitions: Tree, name: str) -> set[str]:
    """The definition and all that it refers to."""
    reached, waiting = set[str](), [name]
    while waiting:
        definition = waiting.pop()
        if definition not in reached:
            reached.add(definition)
            waiting += re.findall(r"#/\$defs/([^'\"]+)", json.dumps(definitions[definition]))
    return reached


def _tidy(part: Any) -> Any:
    """Without what an editor has no use for: made-up titles, null as a value, null as a default."""
    if isinstance(part, list):
        return [_tidy(item) for item in part]
    if not isinstance(part, dict):
        return part
    kept = {key: _tidy(item) for key, item in part.items() if not _noise(key, item)}
    choices = [choice for choice in kept.pop("anyOf", []) if choice != {"type": "null"}]
    if len(choices) == 1:
        return {**choices[0], **kept}
    return {**kept, "anyOf": choices} if choices else kept


def _noise(key: str, part: Any) -> bool:
    return (key == "title" and isinstance(part, str)) or (key == "default" and part is None)


def _opened(part: Tree) -> Tree:
    """The same schema with every reference and every other scalar in all the forms that a document allows."""
    if "x-reference" in part:
        return {"$ref": "#/$defs/Reference", **part}
    if "properties" in part:
        return {**part, "properties": {name: _opened(field) for name, field in part["properties"].items()}}
    for inner in ("items", "additionalProperties"):
        if isinstance(part.get(inner), dict):
            opened = {**part, inner: _opened(part[inner])}
            files = inner == "additionalProperties" and _is_text(part[inner]) and "enum" not in part[inner]
            return _or(opened, "Folder") if files else opened
    if "$ref" in part or part.get("type") in ("object", "array"):
        return part
    return _or(part, *(["File"] if _is_text(part) else []), "Expression")


def _or(part: Tree, *forms: str) -> Tree:
    """What is said of a value, which may also stand in one of these forms."""
    around: Tree = {key: part[key] for key in ("description", "default") if key in part}
    alone = {key: item for key, item in part.items() if key not in around}
    return {**around, "anyOf": [alone, *({"$ref": f"#/$defs/{form}"} for form in forms)]}


def _is_text(part: Tree) -> bool:
    """Whether it takes a text, so that a file's may stand there."""
    return "string" in (part["type"] if isinstance(part.get("type"), list) else [part.get("type")])
