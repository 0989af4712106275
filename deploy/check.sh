#!/bin/sh
# Everything that can be said about the code without running it. Each check prints one line, and its
# output only where it fails; all of them run, whatever fails.
set -u
python=.venv/bin/python
output=$(mktemp)
JWT_KEYS_DIR=$(mktemp -d) # a key of its own: a clean checkout has none
export JWT_KEYS_DIR
trap 'rm -rf "$output" "$JWT_KEYS_DIR"' EXIT
failed=""

# The settings of a public installation, for the checks that read them. No server is asked.
export SECRET_KEY="only-for-checks-9fQ2xV7bT4mK8wZ1rN6cJ3hL5dG0sYpA7uE"
export DATABASE_URL=postgres://shop@127.0.0.1:1/shop REDIS_URL=redis://127.0.0.1:1
export ALLOWED_HOSTS=shop.example PUBLIC_URL=https://shop.example
export PAYMENT_GATEWAY=stripe STRIPE_SECRET_KEY=none STRIPE_WEBHOOK_SECRET=none CARRIER=manual
export DEBUG=false LOCAL_STACK=false
export READ_ENV_FILES=false # of this checkout: what is checked is the same on every machine

check() {
    text=$1
    shift
    printf '  %-58s' "$text"
    if "$@" >"$output" 2>&1; then
        echo ok
    else
        echo FAILED
        sed 's/^/      /' "$output"
        failed="$failed\n  $text"
    fi
}

import_contracts() {
    $python -c 'from importlinter.cli import lint_imports_command; lint_imports_command()' --no-cache
}

fit_for_production() {
    $python manage.py create_signing_key && $python manage.py check --deploy --fail-level WARNING
}

check "format (ruff)" $python -m ruff format --check .
check "lint (ruff; each exception is explained)" $python -m ruff check .
check "types (mypy, strict)" $python -m mypy .
check "imports run one way (import-linter)" import_contracts
check "every model change has its migration" $python manage.py makemigrations --check --dry-run
check "OpenAPI schema without warnings (drf-spectacular)" \
    $python manage.py spectacular --fail-on-warn --validate --file /dev/null
check "settings fit for production (manage.py check --deploy)" fit_for_production
check "Dockerfile (hadolint)" .venv/bin/hadolint Dockerfile
check "docker-compose.yml (compose schema)" \
    $python -m check_jsonschema --builtin-schema vendor.compose-spec docker-compose.yml
check "CI workflow (GitHub's schema)" \
    $python -m check_jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml

if [ -n "$failed" ]; then
    printf "\nFailed:$failed\n"
    exit 1
fi
