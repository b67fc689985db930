"""Measurements of Holdfast, against the strict stand-in for AWS in `emulators`."""
