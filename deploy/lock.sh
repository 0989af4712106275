#!/bin/sh
# Resolve requirements*.in into requirements*.txt: every version pinned, every file by its hash.
set -eu
if ! command -v uv >/dev/null; then
    echo "uv is needed for this: python3 -m pip install uv" >&2
    exit 1
fi
for name in requirements requirements-local requirements-dev; do
    uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
        --output-file "$name.txt" "$name.in"
done
