#!/bin/sh
# Resolve requirements*.in into requirements*.txt: every version pinned, every file by its hash.
set -eu
for name in requirements requirements-local requirements-dev; do
    uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
        --output-file "$name.txt" "$name.in"
done
