"""Migrations that the old code survives, by django-migration-linter. It asks a database, so it is a test."""

import pytest
from django.conf import settings
from django_migration_linter import MigrationLinter
from django_migration_linter.sql_analyser import PostgresqlAnalyser, analyse_sql_statements

OURS = ["accounts", "catalog", "core", "orders", "todos"]


@pytest.mark.django_db(transaction=True)  # indexes are made concurrently, which no transaction can
def test_migrations__all_of_ours__can_run_while_the_old_code_serves():
    linter = MigrationLinter(path=str(settings.BASE_DIR), include_apps=OURS, no_cache=True)

    linter.lint_all_migrations()  # prints what it finds

    assert linter.nb_valid + linter.nb_warnings >= len(OURS)
    assert not linter.has_errors


@pytest.mark.parametrize(
    "sql",
    [
        'ALTER TABLE "orders_order" DROP COLUMN "email" CASCADE;',
        'ALTER TABLE "orders_order" ADD COLUMN "gift" boolean NOT NULL;',
        'ALTER TABLE "orders_order" RENAME COLUMN "email" TO "mail";',
        'DROP TABLE "orders_order" CASCADE;',
    ],
)
def test_linter__change_that_breaks_the_old_code__is_an_error(sql):
    errors, _, _ = analyse_sql_statements(PostgresqlAnalyser, [sql])

    assert errors
