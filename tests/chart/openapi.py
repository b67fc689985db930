"""The API server's own description of its kinds, as JSON Schemas for kubeconform.

What kubeconform loads from the internet otherwise is made from the same description; this way the schemas are those
of the server that the tests run on.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Schema = dict[str, Any]

LOCATION = "{{.Group}}/{{.ResourceKind}}_{{.ResourceAPIVersion}}.json"
"""Where kubeconform looks below the folder. The core group goes by its version there."""
_REF = "#/definitions/"
_QUANTITY = "io.k8s.apimachinery.pkg.api.resource.Quantity"


def write_schemas(description: Schema, folder: Path) -> None:
    """One file for each kind that the server knows, nothing but what is described being allowed in it."""
    definitions = {name: strict(schema) for name, schema in description["definitions"].items()}
    definitions[_QUANTITY] = {"type": ["string", "number"]}
    for name, schema in description["definitions"].items():
        for kind in schema.get("x-kubernetes-group-version-kind", ()):
            needed = {each: definitions[each] for each in sorted(_closure(name, definitions))}
            write_schema(folder, kind, {"$ref": f"{_REF}{name}", "definitions": needed})


def write_schema(folder: Path, kind: Schema, schema: Schema) -> None:
    """One schema, where kubeconform looks for it."""
    path = folder / (kind["group"] or kind["version"]) / f"{kind['kind'].lower()}_{kind['version']}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(schema))


def strict(schema: Schema) -> Schema:
    """A schema that refuses every field it does not describe."""
    if schema.get("format") == "int-or-string":
        return {"type": ["string", "integer"]}
    made = dict(schema)
    if "properties" in made:
        made["properties"] = {name: strict(each) for name, each in made["properties"].items()}
        made.setdefault("additionalProperties", False)
    for inner in ("items", "additionalProperties"):
        if isinstance(made.get(inner), dict):
            made[inner] = strict(made[inner])
    return made


def _closure(name: str, definitions: dict[str, Schema]) -> set[str]:
    found, rest = {name}, [name]
    while rest:
        new = set(_references(definitions[rest.pop()])) - found
        found |= new
        rest += new
    return found


def _references(schema: Any) -> Iterator[str]:
    if isinstance(schema, list):
        for each in schema:
            yield from _references(each)
    elif isinstance(schema, dict):
        if isinstance(reference := schema.get("$ref"), str):
            yield reference.removeprefix(_REF)
        for each in schema.values():
            yield from _references(each)
