"""Measurements for choices and pages, see benchmarks/README.md; nothing here is part of the product."""
