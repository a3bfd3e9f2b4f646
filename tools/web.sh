#!/bin/sh
# Build the web app into web/out: `sh tools/web.sh`, or with `client` write the typed client anew.
# A stamp by the content of what it is built from makes every later run do nothing; only the first needs the network.
set -eu
cd "$(dirname "$0")/.."
if command -v flock >/dev/null 2>&1 && [ -z "${CLOBUS_WEB_LOCKED:-}" ]; then
    CLOBUS_WEB_LOCKED=1 exec flock tools/web.sh sh tools/web.sh "$@"
fi
export NEXT_TELEMETRY_DISABLED=1 NODE_ENV=production

digest() { LC_ALL=C sort | while read -r file; do cksum "$file"; done | cksum | cut -d ' ' -f 1; }
sources() { find web/src web/messages web/public web/scripts -type f; find web -maxdepth 1 -type f ! -name '*.md' ! -name 'next-env.d.ts' ! -name '*.tsbuildinfo'; }

packages() {
    lock="$(cksum web/package-lock.json | cut -d ' ' -f 1) $(pwd -P)"
    [ "$(cat web/node_modules/.stamp 2>/dev/null)" = "$lock" ] && return
    echo "installing the packages of web/package-lock.json" >&2
    (cd web && npm ci --include=dev --ignore-scripts --no-audit --no-fund --loglevel=error >&2) ||
        { echo "error: the packages of the web app could not be installed: is the npm registry within reach?" >&2; exit 1; }
    echo "$lock" > web/node_modules/.stamp
}

stamp=$(sources | digest)
[ "${1:-}" != client ] && [ "$(cat web/out/.stamp 2>/dev/null)" = "$stamp" ] && exit 0
PATH="$(sh tools/node.sh):$PATH"
export PATH
packages
cd web
if [ "${1:-}" = client ]; then
    node_modules/.bin/openapi-typescript ../tests/api/openapi.json -o src/shared/api/generated/schema.ts >&2
    exit 0
fi
echo "building the web app" >&2
rm -rf out
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! { WEB_STAMP=$stamp node_modules/.bin/next build && node scripts/pack.mjs; } >"$log" 2>&1; then
    cat "$log" >&2
    echo "error: the web app could not be built" >&2
    exit 1
fi
echo "$stamp" > out/.stamp
