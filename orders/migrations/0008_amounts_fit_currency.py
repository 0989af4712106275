from django.db import migrations, models
from django.db.models.functions import Round

# ISO 4217: currencies without cents.
WHOLE = "BIF CLP DJF GNF ISK JPY KMF KRW MGA PYG RWF UGX UYI VND VUV XAF XOF XPF".split()


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0003_prices_fit_currency"),
        ("orders", "0007_ledger_check"),
    ]

    operations = [
        migrations.AddConstraint(
            model_name="order",
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
                        ("subtotal", Round(models.F("subtotal"))),
                        ("discount", Round(models.F("discount"))),
                        ("shipping", Round(models.F("shipping"))),
                        ("tax", Round(models.F("tax"))),
                    ),
                    _connector="OR",
                ),
                name="order_amounts_fit_currency",
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
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
                        ("amount", Round(models.F("amount"))),
                        ("captured", Round(models.F("captured"))),
                        ("refunded", Round(models.F("refunded"))),
                        ("promised", Round(models.F("promised"))),
                    ),
                    _connector="OR",
                ),
                name="payment_amounts_fit_currency",
            ),
        ),
        migrations.AddConstraint(
            model_name="shippingmethod",
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
                        ("free_over", Round(models.F("free_over"))),
                    ),
                    _connector="OR",
                ),
                name="shipping_prices_fit_currency",
                violation_error_message="The currency has no such amount: there is no half yen.",
            ),
        ),
        migrations.AddConstraint(
            model_name="voucher",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        models.Q(
                            (
                                "currency__in",
                                WHOLE,
                            ),
                            _negated=True,
                        ),
                        ("minimum", Round(models.F("minimum"))),
                        _connector="OR",
                    ),
                    models.Q(
                        models.Q(("kind", "amount"), _negated=True),
                        models.Q(
                            (
                                "currency__in",
                                WHOLE,
                            ),
                            _negated=True,
                        ),
                        ("value", Round(models.F("value"))),
                        _connector="OR",
                    ),
                ),
                name="voucher_amounts_fit_currency",
                violation_error_message="The currency has no such amount: there is no half yen.",
            ),
        ),
    ]
