#!/bin/sh
# Make the secrets that docker-compose.yml mounts, once; existing ones are kept.
set -eu
cd "$(dirname "$0")"
mkdir -p secrets
random() { od -An -N32 -tx1 /dev/urandom | tr -d ' \n'; }
keep() { [ -s "secrets/$1" ] || printf %s "$2" >"secrets/$1"; }
keep secret_key "$(random)"
keep postgres_password "$(random)"
keep redis_password "$(random)"
keep redis_conf "requirepass $(cat secrets/redis_password)"
keep redis_url "redis://:$(cat secrets/redis_password)@redis:6379"
keep rabbitmq_password "$(random)"
keep rabbitmq_conf "default_user = shop
default_pass = $(cat secrets/rabbitmq_password)"
keep broker_url "amqp://shop:$(cat secrets/rabbitmq_password)@rabbitmq:5672//"
keep sandbox_webhook_secret "whsec_$(random | base64 | tr -d '\n')"
keep database_url "postgres://shop:$(cat secrets/postgres_password)@postgres:5432/shop"
chmod 755 secrets && chmod 644 secrets/*  # read by the containers' own users; keep the host's folder private
echo "Secrets are in $(pwd)/secrets"
