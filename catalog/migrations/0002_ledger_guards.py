from django.db import migrations

LEVEL_KEYS = """
ALTER TABLE catalog_stockentry ADD CONSTRAINT stock_entry_of_a_level
    FOREIGN KEY (variant_id, location_id) REFERENCES catalog_stocklevel (variant_id, location_id);
ALTER TABLE catalog_reservation ADD CONSTRAINT reservation_of_a_level
    FOREIGN KEY (variant_id, location_id) REFERENCES catalog_stocklevel (variant_id, location_id);
"""
DROP_LEVEL_KEYS = """
ALTER TABLE catalog_stockentry DROP CONSTRAINT stock_entry_of_a_level;
ALTER TABLE catalog_reservation DROP CONSTRAINT reservation_of_a_level;
"""
APPEND_ONLY = """
CREATE FUNCTION catalog_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the stock ledger is append-only' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER stock_entry_append_only BEFORE UPDATE OR DELETE ON catalog_stockentry
    FOR EACH ROW EXECUTE FUNCTION catalog_refuse_change();
"""
DROP_APPEND_ONLY = """
DROP TRIGGER stock_entry_append_only ON catalog_stockentry;
DROP FUNCTION catalog_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("catalog", "0001_initial")]

    operations = [
        migrations.RunSQL(LEVEL_KEYS, DROP_LEVEL_KEYS),
        migrations.RunSQL(APPEND_ONLY, DROP_APPEND_ONLY),
    ]
