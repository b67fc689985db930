"""Where documents come from: the interface to what keeps them, and the files beside them.

`controller/sources/` has those that read real ones. The core only says how much it takes.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Protocol

from controller.core.document.problem import Problem
from controller.core.model.cloud import HoldfastError

MAX_BYTES = 5 * 1024 * 1024
"""How large a document, or a file beside it, may be. What is larger is not read to its end."""
MAX_FILES = 1_000
"""How many files a folder may hold that is included."""
LIMIT = f"{MAX_BYTES // 1024 // 1024} MiB"
RELATIVE = "paths are relative to the folder of the document"
SMALLER = "put content this large into a bucket, and its location there into the document"


class Unreadable(HoldfastError):
    """Why a file cannot stand where a document wants it, and what would be right."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class Files(Protocol):
    """The files beside documents. Each is known by its place, which is also what people are told of it."""

    def beside(self, document: str, name: str) -> str:
        """The place of the file or folder that a document names by a path relative to its own."""

    def content(self, place: str) -> bytes:
        """What a file holds. Raises `Unreadable`, also for what is no plain file or larger than `MAX_BYTES`."""

    def below(self, folder: str) -> Mapping[str, str]:
        """The place of every file below a folder, hidden ones too, by its path within the folder.

        Raises `Unreadable`, also where there are more than `MAX_FILES`.
        """


class Source(Files, Protocol):
    """What keeps documents, as it is read once; another reading is another source."""

    def documents(self, problems: list[Problem]) -> Iterator[tuple[str, bytes]]:
        """Every document's place and content, each once. What cannot be read goes to `problems`.

        Of what is larger than `MAX_BYTES` it is enough to show that it is.
        """

    def changed(self) -> bool:
        """Whether what was read, documents and files, may be different by now; asked often, and without reading."""


class NoFiles:
    """What stands in a cluster has no files beside it, and the controller's own are nobody's business."""

    def beside(self, document: str, name: str) -> str:
        """Raises `Unreadable`."""
        raise Unreadable("a Stack in Kubernetes cannot include files", "write the content in the document itself")

    def content(self, place: str) -> bytes:
        """There is no place."""
        raise LookupError(place)

    def below(self, folder: str) -> Mapping[str, str]:
        """There is no place."""
        raise LookupError(folder)


def shown(place: str) -> str:
    """A place on one line, whatever its name holds."""
    return place if place.isprintable() else json.dumps(place)
