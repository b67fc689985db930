"""The CustomResourceDefinition of what the operator remembers of a Stack; `make generated` writes it to `crds/`."""

import yaml

from controller.core.document.schema import API_VERSION
from controller.core.model.shape import Tree

MEMORY_KIND = "StackMemory"
MEMORY_PLURAL = "stackmemories"
_GROUP, _, _VERSION = API_VERSION.partition("/")
MEMORY_NAME = f"{MEMORY_PLURAL}.{_GROUP}"
_DESCRIPTION = (
    "What the operator remembers about the Stack of the same name. Only the operator writes it; it is deleted with "
    "the Stack. Nothing depends on it: if deleted, it is created again."
)
_FIELDS = {
    "format": ("integer", "The version of the format; other versions are ignored."),
    "stack": ("string", "The uid of the Stack that it belongs to."),
    "encoding": ("string", "The encoding of the content: json, or gzip for compressed JSON in base64."),
    "content": ("string", "What is remembered."),
}


def memory_crd_yaml() -> str:
    """The CRD as a file for `kubectl apply` and for the chart."""
    return (
        f"# Generated from the code by `make generated`.\n{yaml.safe_dump(_definition(), sort_keys=False, width=120)}"
    )


def _definition() -> Tree:
    names = {
        "kind": MEMORY_KIND,
        "listKind": f"{MEMORY_KIND}List",
        "plural": MEMORY_PLURAL,
        "singular": "stackmemory",
    }
    own = {key: {"type": "string"} for key in ("apiVersion", "kind")} | {"metadata": {"type": "object"}}
    fields = {name: {"type": kind, "description": told} for name, (kind, told) in _FIELDS.items()}
    schema = {
        "description": _DESCRIPTION,
        "type": "object",
        "required": list(_FIELDS),
        "properties": {**own, **fields},
    }
    version = {"name": _VERSION, "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": MEMORY_NAME},
        "spec": {"group": _GROUP, "scope": "Namespaced", "names": names, "versions": [version]},
    }
