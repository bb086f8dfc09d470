#!/bin/sh
# What a GPU makes of this project, in ten minutes at most; what was measured until then is in benchmarks/results/gpu.csv.
#
#     pip install '.[cuda]' --group dev --group bench
#     benchmarks/gpu.sh --source DIR_OR_URL
#
# PYTHON names another Python than the one on the PATH, LIMIT other seconds; benchmarks/gpu.py says what else to choose.
cd "$(dirname "$0")/.." && exec timeout "${LIMIT:-600}" "${PYTHON:-python}" -m benchmarks.gpu "$@"
