"""Tests of the commands, as somebody at a terminal, a pipeline or a platform meets them."""
