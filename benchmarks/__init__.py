"""Measurements of Holdfast, and the strict stand-in for AWS that they and the tests run against."""
