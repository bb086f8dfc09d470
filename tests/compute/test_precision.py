"""Laws of the choice of arithmetic: what is asked for is taken, `auto` is what the hardware multiplies."""

import pytest

from gan_core.compute.precision import multiplies_bfloat16, native, resolve_policy


def test_what_is_asked_for_is_taken() -> None:
    assert [resolve_policy(name) for name in ("float32", "mixed_bfloat16", "auto")] == [
        "float32",
        "mixed_bfloat16",
        native(),
    ]


@pytest.mark.parametrize(
    ("cpuinfo", "expected"),
    [
        ("flags\t\t: fpu fma avx2 avx512f avx512_vnni", False),
        ("flags\t\t: fpu fma avx2 avx512f avx512_bf16", True),
        ("flags\t\t: fpu fma avx2 amx_bf16", True),
        ("Features\t: fp asimd bf16", True),
        ("Features\t: fp asimd svebf16", False),
        ("", False),
    ],
)
def test_only_processors_with_the_instructions_multiply_bfloat16(cpuinfo: str, expected: bool) -> None:
    assert multiplies_bfloat16(cpuinfo) is expected
