"""Attributes: all that the service knows of a thing, as texts under names of their own."""

PAIR = ("AttributeName", "AttributeValue")
"""The parameters of the calls that set one attribute."""
