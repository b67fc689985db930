"""Tests of the parts that benchmarks and tests stand on."""
