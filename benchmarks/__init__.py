"""Measurements for choices and pages, see benchmarks/README.md; nothing here is part of the product."""

import sys

if any(argument.startswith("PyTorch") for argument in sys.argv):  # a contestant in a process of its own
    import torch._dynamo  # noqa: F401  before TensorFlow, after which its Triton would crash
