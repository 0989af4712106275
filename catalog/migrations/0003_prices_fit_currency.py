from django.db import migrations, models
from django.db.models.functions import Round

# ISO 4217: currencies without cents.
WHOLE = "BIF CLP DJF GNF ISK JPY KMF KRW MGA PYG RWF UGX UYI VND VUV XAF XOF XPF".split()


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0002_ledger_guards"),
    ]

    operations = [
        migrations.AddConstraint(
            model_name="variant",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        (
                            "currency__in",
                            WHOLE,
                        ),
                        _negated=True,
                    ),
                    models.Q(
                        ("price", Round(models.F("price"))),
                        (
                            "compare_at_price",
                            Round(models.F("compare_at_price")),
                        ),
                    ),
                    _connector="OR",
                ),
                name="variant_prices_fit_currency",
                violation_error_message="The currency has no such amount: there is no half yen.",
            ),
        ),
    ]
