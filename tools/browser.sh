#!/bin/sh
# Install Debian's Chromium, which the tests of pages drive; does nothing when it is there.
set -eu
command -v chromium >/dev/null 2>&1 && exit 0
[ "$(id -u)" = 0 ] || { echo "error: the tests of pages need Chromium: apt-get install chromium" >&2; exit 1; }
echo "installing Debian's chromium" >&2
export DEBIAN_FRONTEND=noninteractive
apt-get install -y -q --no-install-recommends chromium >/dev/null 2>&1 || {
    apt-get update -q >/dev/null
    apt-get install -y -q --no-install-recommends chromium >/dev/null
}
