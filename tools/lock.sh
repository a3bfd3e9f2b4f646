#!/bin/sh
# Resolve the lock files anew. They hold no addresses, so they serve whatever index a machine uses.
set -eu
cd "$(dirname "$0")/.."
export UV_PYTHON_DOWNLOADS=never
options="--universal --python-version 3.11 --generate-hashes --no-header --no-annotate --quiet"
upgrade=${UPGRADE:+--upgrade}
# shellcheck disable=SC2086 # the options are words
.venv/bin/uv pip compile pyproject.toml --group dev $options $upgrade -o requirements.lock >/dev/null
# shellcheck disable=SC2086
.venv/bin/uv pip compile pyproject.toml --group dev --group bench -c requirements.lock $options -o requirements-bench.lock >/dev/null
