"""A kind, as the core sees it: its facts, its reader and its writer. No kind is named here.

`aws/declaration/kind.py` implements this once for all kinds of AWS; a kind itself is data.
"""

from collections.abc import Mapping

from controller.core.model.reader import Reader
from controller.core.model.writer import Writer


class Kind(Reader, Writer):
    """A type of resource: what it is, how it is read, how it is written. Everything but its reads is pure."""


Catalog = Mapping[str, Kind]
