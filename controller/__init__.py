"""Holdfast keeps an AWS web architecture the way its document says.

Read `engine` for the loop, `core` for the decisions it takes, `aws` for the kinds it knows.
"""

from importlib.metadata import version

__version__ = version("holdfast")
