"""The CustomResourceDefinition of a Stack: one for all kinds, made from the schema of the document.

`make generated` writes it to `crds/`. Its size is bounded: `kubectl apply` keeps what it applied in an annotation,
and Kubernetes takes 256 KiB of those. So a kind and its fields have only the first sentence of their descriptions
here, and what is nested deeper has none; docs/kinds.md has the whole.
"""

import re
from typing import Any

import yaml

from controller.core.document.schema import (
    ACCOUNT,
    API_VERSION,
    KIND,
    PATTERNS,
    REGION,
    RESERVED_TAGS,
    SPOKEN_TAGS,
    STACK_NAME,
    json_schema,
)
from controller.core.model.kind import Catalog
from controller.core.model.shape import Tree
from controller.kube.status_schema import STATUS
from controller.kube.structural import Structural, in_short

GROUP, _, VERSION = API_VERSION.partition("/")
SINGULAR, PLURAL = KIND.lower(), f"{KIND.lower()}s"
NAME = f"{PLURAL}.{GROUP}"
_DEFAULTS = ("mode", "allow", "deletionPolicy")
"""The fields whose defaults Kubernetes writes into the object, where everybody can read them."""
_TOLD = 2
"""So deep the fields of a kind are described: what it has, and what that has."""
_LINE = 1000
"""A mapping that has at most so many characters stands on one line of the file."""

_HOW_TO_READ = (
    "The nodes: kind, then name, then the fields of the kind; only the fields that are set are managed. If a "
    "description begins with a word in brackets, that is the type of the field, which may also be {from: Kind/name, "
    "attribute: …}, {text: …, with: {…}}, {secret: {secretKeyRef: {name: …, key: …}}}, {secret: {secretsManager: …, "
    "key: …}} or {secret: {env: …}}. An arrow means the name of a node of that kind, {id: …}, "
    "{stack: …, name: …} or {find: {…}}. `region` is where a node is, if not in the stack's region. "
    "`holdfast kinds KIND` describes every field in full."
)
_FIXED = "a stack cannot move to another {0}, which would leave behind what it owns: create another Stack for it"
_ONCE_GIVEN = "accountId cannot be removed or changed once it is set: "
_RESERVED = " || ".join(f"key.lowerAscii().startsWith('{prefix}')" for prefix in RESERVED_TAGS)
_SPOKEN = " || ".join(f"key == '{tag}'" for tag in SPOKEN_TAGS)
_RESERVED_TOLD = f"a tag key must not begin with {' or '.join(RESERVED_TAGS)}, which are reserved"
_COLUMNS = [
    ("Region", "string", ".spec.region", "The AWS region."),
    ("Mode", "string", ".spec.mode", "Whether drift is corrected or only reported."),
    ("Ready", "string", '.status.conditions[?(@.type=="Ready")].status', "Whether every node is in its final state."),
    ("Drifted", "integer", ".status.counts.drifted", "How many nodes differ from the document."),
    ("Nodes", "integer", ".status.counts.nodes", "How many nodes the document has."),
    ("Last pass", "date", ".status.lastPass.time", "When the last pass ended."),
    ("Age", "date", ".metadata.creationTimestamp", "When the Stack was created."),
]


def crd_yaml(catalog: Catalog) -> str:
    """The CRD as a file for `kubectl apply` and for the chart."""
    dumped = yaml.dump(
        _laid_out(custom_resource_definition(catalog)),
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        default_flow_style=None,
        width=float("inf"),
    )
    return f"# Generated from the code by `make generated`. docs/kinds.md describes every field in full.\n{dumped}"


def custom_resource_definition(catalog: Catalog) -> Tree:
    """The CRD as Kubernetes takes it."""
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": NAME},
        "spec": {
            "group": GROUP,
            "scope": "Namespaced",
            "names": {
                "kind": KIND,
                "listKind": f"{KIND}List",
                "plural": PLURAL,
                "singular": SINGULAR,
                "shortNames": ["hfs"],
                "categories": ["holdfast"],
            },
            "versions": [_version(catalog)],
        },
    }


def _version(catalog: Catalog) -> Tree:
    return {
        "name": VERSION,
        "served": True,
        "storage": True,
        "subresources": {"status": {}},
        "selectableFields": [{"jsonPath": ".spec.region"}, {"jsonPath": ".spec.accountId"}],
        "additionalPrinterColumns": [
            {"name": name, "type": kind, "jsonPath": path, "description": told} for name, kind, path, told in _COLUMNS
        ],
        "schema": {"openAPIV3Schema": _root(catalog)},
    }


def _root(catalog: Catalog) -> Tree:
    document = json_schema(catalog)
    said = document["properties"]
    name = f"metadata.name is the name of the stack: {PATTERNS[STACK_NAME]}"
    return {
        "description": document["description"],
        "type": "object",
        "required": ["spec"],
        "x-kubernetes-validations": [_rule(f"self.metadata.name.matches('{STACK_NAME}')", name)],
        "properties": {
            **{key: {"description": said[key]["description"], "type": "string"} for key in ("apiVersion", "kind")},
            "metadata": {"type": "object"},  # Kubernetes' own; it lets nobody else describe it
            "spec": _spec(document),
            "status": STATUS,
        },
    }


def _spec(document: Tree) -> Tree:
    """What is desired: the sections in full, the kinds with the beginning of each description."""
    section = document["$defs"]["StackSection"]
    kinds = section["properties"].pop("resources")
    made = Structural(document["$defs"]).part(section)
    fields = made["properties"]
    fields["resources"] = {**Structural(document["$defs"], in_short).part(kinds), "description": _HOW_TO_READ}
    for nodes in fields["resources"]["properties"].values():
        _shorten(nodes["additionalProperties"])
        _shorten(nodes["additionalProperties"]["properties"]["lifecycle"], _TOLD + 1)  # alike for every kind
    for name in _DEFAULTS:
        fields[name]["default"] = section["properties"][name]["default"]
    fields["region"]["x-kubernetes-validations"] = [_form(REGION), _rule("self == oldSelf", _FIXED.format("region"))]
    fields["accountId"]["x-kubernetes-validations"] = [_form(ACCOUNT)]
    fields["tags"]["x-kubernetes-validations"] = [
        _rule(f"self.all(key, {_SPOKEN} || !({_RESERVED}))", _RESERVED_TOLD)
    ]
    account = "!has(oldSelf.accountId) || has(self.accountId) && self.accountId == oldSelf.accountId"
    stays = _rule(account, _ONCE_GIVEN + _FIXED.format("account"), fieldPath=".accountId")
    return {**made, "x-kubernetes-validations": [stays]}


def _shorten(part: Tree, depth: int = 1) -> None:
    """Leave the deeper parts of a kind with no more than what they hold."""
    for field in part.get("properties", {}).values():
        if depth > _TOLD:
            word = re.match(r"\(.+?\)", field.pop("description", ""))
            field.update({"description": word[0]} if word else {})
        _shorten(field, depth + 1)
    for inner in ("items", "additionalProperties"):
        if inner in part:
            _shorten(part[inner], depth)


def _rule(rule: str, message: str, **more: str) -> Tree:
    """What the API server checks, and what it says where that does not hold."""
    return {"rule": rule, "message": message, **more}


def _form(pattern: str) -> Tree:
    """A pattern in words, beside the pattern itself, which other tools can check."""
    return _rule(f"self.matches('{pattern}')", PATTERNS[pattern])


# --- the file ---------------------------------------------------------------------------------------------


class _Line(dict[str, Any]):
    """A mapping that stands on one line."""


class _Dumper(yaml.SafeDumper):
    """Indents by one, because the schema is deep and the file is bounded."""

    def __init__(self, *words: Any, **settings: Any) -> None:
        super().__init__(*words, **settings)
        self.best_indent = 1


# The reader of kubectl takes these letters for true and false.
_Dumper.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^[yYnN]$"), list("yYnN"))
_Dumper.add_representer(_Line, lambda dumper, line: dumper.represent_mapping("tag:yaml.org,2002:map", line, True))


def _laid_out(part: Any) -> Any:
    """The same tree, with what is short on one line."""
    if isinstance(part, dict):
        return (_Line if len(str(part)) <= _LINE else dict)({key: _laid_out(inner) for key, inner in part.items()})
    return [_laid_out(inner) for inner in part] if isinstance(part, list) else part
