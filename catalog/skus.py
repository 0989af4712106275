from django.core.validators import RegexValidator

# A SKU stands in paths, in lists and on paper as it is. The API and the admin's forms take no other;
# services.slugs marks the withdrawn ones by a character that is not in this.
SKU = r"[A-Za-z0-9][A-Za-z0-9._+-]{0,63}"
SKU_EXPECTED = "A SKU has at most 64 letters A-Z and digits, and after the first also . _ + -"
check_sku = RegexValidator(rf"\A{SKU}\Z", SKU_EXPECTED)
