#!/bin/sh
# Make .venv and install what the lock names: `sh tools/bootstrap.sh [bench]`.
# A stamp keyed by the locks makes every later run do nothing and touch no network.
set -eu
cd "$(dirname "$0")/.."
lock=requirements.lock
[ "${1:-}" = bench ] && lock=requirements-bench.lock
venv=.venv
export UV_PYTHON_DOWNLOADS=never UV_SYSTEM_CERTS=1 PIP_DISABLE_PIP_VERSION_CHECK=1

say() { printf '%s\n' "$*" >&2; }
die() { say "error: $*"; exit 1; }
digest() { cksum "$@" | cksum | cut -d ' ' -f 1; }

suits() { "$1" -c 'import sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2])' >/dev/null 2>&1; }
tried() { "$1" -c 'import sys; sys.exit(sys.version_info[:2] > (3, 13))' >/dev/null 2>&1; }
whole() { "$1" -c 'import ensurepip' >/dev/null 2>&1; }

# A Python that has all it needs goes before one without ensurepip (Debian without python3-venv).
find_python() {
    spare=
    newer=
    for name in ${PYTHON:-} python3 python3.11 python3.12 python3.13 python python3.14; do
        found=$(command -v "$name" 2>/dev/null) || continue
        suits "$found" || continue
        if ! tried "$found"; then newer=${newer:-$found}; continue; fi
        if whole "$found"; then echo "$found"; return; fi
        spare=${spare:-$found}
    done
    echo "${newer:-$spare}"
}

make_venv() {
    python=$(find_python)
    [ -n "$python" ] || die "Python 3.11 or newer is needed and none was found on PATH. On Debian: apt-get install python3 python3-venv"
    say "making $venv with $python ($("$python" -c 'import platform; print(platform.python_version())'))"
    rm -rf "$venv"
    if whole "$python"; then
        "$python" -m venv "$venv" || die "$python can't make $venv"
    elif "$python" -m pip --version >/dev/null 2>&1; then
        "$python" -m venv --without-pip "$venv"
    elif command -v virtualenv >/dev/null 2>&1; then
        virtualenv -q -p "$python" "$venv"
    elif command -v uv >/dev/null 2>&1; then
        uv venv -q --seed -p "$python" "$venv"
    else
        die "$python comes without pip and ensurepip. On Debian: apt-get install python3-venv"
    fi
}

# pip of the environment, or that of the Python which could not put one in.
pip() {
    if "$venv/bin/python" -m pip --version >/dev/null 2>&1; then "$venv/bin/python" -m pip "$@"
    else "$(find_python)" -m pip --python "$venv/bin/python" "$@"; fi
}

install_packages() {
    say "installing $lock"
    if [ ! -x "$venv/bin/uv" ]; then
        pip install -q --require-hashes -r tools/installer.lock || say "there is no uv for this machine"
    fi
    if [ -x "$venv/bin/uv" ] && "$venv/bin/uv" pip install -q --python "$venv/bin/python" --require-hashes -r "$lock"
    then return; fi
    say "going on with pip, which takes longer and knows this machine's own settings"
    pip install -q --require-hashes -r "$lock" || die "the packages of $lock could not be installed: is the package index within reach?"
}

install_project() {
    if [ -x "$venv/bin/uv" ]; then
        "$venv/bin/uv" pip install -q --python "$venv/bin/python" --offline --no-build-isolation --no-deps -e .
    else
        pip install -q --no-index --no-build-isolation --no-deps -e .
    fi || die "the project could not be installed into $venv"
}

main() {
    [ -f "$lock" ] || die "$lock is missing: make lock"
    stamp="$(digest "$lock" tools/installer.lock) $(pwd -P)"
    project="$(digest pyproject.toml) $(pwd -P)"
    # An environment that was moved, or whose Python is gone, is made anew.
    if ! "$venv/bin/python" -c '' 2>/dev/null || [ "$(cat $venv/.place 2>/dev/null)" != "$(pwd -P)" ]; then
        make_venv
        pwd -P > $venv/.place
    fi
    if [ "$(cat "$venv/.stamp-$lock" 2>/dev/null)" != "$stamp" ]; then
        install_packages
        echo "$stamp" > "$venv/.stamp-$lock"
        rm -f $venv/.stamp-project
    fi
    if [ "$(cat $venv/.stamp-project 2>/dev/null)" != "$project" ]; then
        install_project
        echo "$project" > $venv/.stamp-project
    fi
}

# One at a time: two commands started together must not install into each other.
if command -v flock >/dev/null 2>&1 && [ -z "${CLOBUS_BOOTSTRAP_LOCKED:-}" ]; then
    CLOBUS_BOOTSTRAP_LOCKED=1 exec flock tools/bootstrap.sh sh tools/bootstrap.sh "$@"
fi
main
