"""The files that are made from the kinds: `python -m tests.generated` writes them, `--check` says whether fresh."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from controller.aws.catalog import catalog
from controller.cli.commands.read import first_line, type_of
from controller.core.document.schema import json_schema
from controller.core.model.facts import Facts
from controller.core.model.kind import Catalog
from controller.core.model.paths import fields_in, rules_in
from controller.core.model.shape import Field, Record
from controller.kube.crd import NAME, crd_yaml
from controller.kube.memory_crd import MEMORY_NAME, memory_crd_yaml

ROOT = Path(__file__).parent.parent


def generated() -> dict[Path, str]:
    """What each generated file should hold."""
    kinds = catalog()
    definitions = {NAME: crd_yaml(kinds), MEMORY_NAME: memory_crd_yaml()}
    places = (ROOT / "crds", ROOT / "charts" / "holdfast" / "files")  # Helm reads only what is inside the chart
    return {
        **{place / f"{name}.yaml": text for place in places for name, text in definitions.items()},
        ROOT / "docs" / "kinds.md": kinds_page(kinds),
        ROOT / "docs" / "stack.schema.json": json.dumps(json_schema(kinds), indent=2) + "\n",
    }


def kinds_page(kinds: Catalog) -> str:
    """Every kind and every field, as documented in the code."""
    lines = [
        "# The kinds",
        "",
        "Generated from the code by `make generated`; `holdfast kinds KIND` prints the same.",
        "",
    ]
    for kind in kinds.values():
        lines += [f"## {kind.name}", "", first_line(kind), "", (kind.spec.__doc__ or "").strip(), ""]
        lines += [*_table(kind.shape), "", *_rules(kind.shape), *_exports(kind)]
    return "\n".join(lines).rstrip() + "\n"


def _table(record: Record) -> Iterator[str]:
    yield "| field | type | | description |"
    yield "|---|---|---|---|"
    for path, part in fields_in(record):
        marks = {"required": part.required, "immutable": part.immutable, "interrupting": part.interrupts is not None}
        words = [word for word, holds in marks.items() if holds]
        words += [limit.told.replace("|", "\\|") for limit in part.limits]
        held = type_of(part).replace("|", "\\|")
        yield f"| `{path}` | {held} | {', '.join(words)} | {described(part)} |"


def _rules(record: Record) -> Iterator[str]:
    """How fields go together; of what an element has in it, with the path of the element."""
    rules = list(rules_in(record))
    if rules:
        yield "`holdfast validate` refuses what AWS would refuse:"
        yield ""
        for path, rule in rules:
            place = f"`{path}`: " if path else ""
            yield f"- {place}{rule.told}{f' ([AWS]({rule.page}))' if rule.page else ''}"
        yield ""


def described(part: Field) -> str:
    """What is said of a field, and how a change of it interrupts what the thing does."""
    word = part.interrupts
    return f"{part.doc} A change interrupts: {word.how} ([AWS]({word.page}))." if word else part.doc


def _exports(kind: Facts) -> Iterator[str]:
    if kind.exports:
        yield "Attributes for references:"
        yield ""
        yield from (f"- `{name}`: {text}" for name, text in kind.exports.items())
        yield ""


def main() -> int:
    """Write the files, or with `--check` name those that are stale."""
    stale = [(path, text) for path, text in generated().items() if not path.exists() or path.read_text() != text]
    for path, text in stale:
        if "--check" in sys.argv:
            sys.stderr.write(f"{path.relative_to(ROOT)} is stale: run `make generated` and commit it\n")
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    return 1 if stale and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
