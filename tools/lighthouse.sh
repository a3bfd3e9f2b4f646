#!/bin/sh
# Put Google's Lighthouse into tools/lighthouse/node_modules; does nothing when the lock's packages are there.
set -eu
cd "$(dirname "$0")/.."
lock=$(cksum tools/lighthouse/package-lock.json | cut -d ' ' -f 1)
[ "$(cat tools/lighthouse/node_modules/.stamp 2>/dev/null)" = "$lock" ] && exit 0
PATH="$(sh tools/node.sh):$PATH"
export PATH
echo "installing the packages of tools/lighthouse/package-lock.json" >&2
(cd tools/lighthouse && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2) ||
    { echo "error: Lighthouse could not be installed: is the npm registry within reach?" >&2; exit 1; }
echo "$lock" > tools/lighthouse/node_modules/.stamp
