"""The arithmetic that this machine is fast in."""

from functools import cache
from pathlib import Path

import tensorflow as tf

CPU_FLAGS = {"avx512_bf16", "amx_bf16", "bf16"}  # of the bfloat16 instructions of x86 and ARM
GPU_CAPABILITY = (8, 0)  # of the first CUDA devices with bfloat16 arithmetic


def resolve_policy(setting: str) -> str:
    """The Keras dtype policy that a setting stands for: `auto` is what this machine is fast in."""
    return native() if setting == "auto" else setting


@cache
def native() -> str:
    """`mixed_bfloat16` where the hardware multiplies bfloat16, else `float32`.

    A CPU without such instructions can emulate them, ten times slower than float32.
    """
    return "mixed_bfloat16" if _gpus_multiply() or (not _gpus() and _cpu_multiplies()) else "float32"


def multiplies_bfloat16(cpuinfo: str) -> bool:
    """Whether a processor so described in /proc/cpuinfo has such instructions."""
    return not CPU_FLAGS.isdisjoint(cpuinfo.split())


def _cpu_multiplies() -> bool:
    description = Path("/proc/cpuinfo")
    return description.exists() and multiplies_bfloat16(description.read_text("utf-8"))


def gpu_names() -> list[str]:
    """The model of each GPU."""
    return [tf.config.experimental.get_device_details(gpu).get("device_name", gpu.name) for gpu in _gpus()]


def _gpus() -> list[tf.config.PhysicalDevice]:
    return tf.config.list_physical_devices("GPU")


def _gpus_multiply() -> bool:
    capabilities = [tf.config.experimental.get_device_details(gpu).get("compute_capability") for gpu in _gpus()]
    return bool(capabilities) and all(capability and capability >= GPU_CAPABILITY for capability in capabilities)
