#!/bin/sh
# Make .venv and install one requirements file into it; does nothing where that is done already.
#   sh deploy/environment.sh requirements-local.txt
# Every package is pinned by hash. Paths are relative: the checkout's own path may hold a space.
set -eu
requirements=$1

find_python() {
    for name in python3.11 python3.12 python3.13 python3.14 python3; do
        if command -v "$name" >/dev/null && "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
            echo "$name"
            return
        fi
    done
    echo "Python 3.11 or newer is needed, and none is on PATH. On Debian or Ubuntu: apt install python3 python3-venv" >&2
    exit 1
}

fingerprint() {
    cksum <"$1"
}

make_environment() {
    python=$(find_python)
    echo "Making .venv with $("$python" --version)"
    if ! "$python" -m venv .venv; then
        rm -rf .venv
        echo "Python's venv module is missing. On Debian or Ubuntu: apt install python3-venv" >&2
        exit 1
    fi
}

stamp=".venv/installed-$requirements"
if [ ! -x .venv/bin/python ]; then make_environment; fi
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$(fingerprint "$requirements")" ]; then exit 0; fi

echo "Installing the packages of $requirements (once; two minutes or so) ..."
started=$(date +%s)
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input --require-hashes -r "$requirements"
fingerprint "$requirements" >"$stamp"
if [ "$requirements" = requirements-dev.txt ]; then # holds all of the other
    fingerprint requirements-local.txt >.venv/installed-requirements-local.txt
fi
echo "Installed in $(($(date +%s) - started)) s."
