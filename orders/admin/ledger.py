from django.contrib import admin
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin
from unfold.decorators import display

from core.http.admin import ReadOnly
from orders.ledger.discrepancies import Discrepancy
from orders.models import LedgerCheck


@admin.register(LedgerCheck)
class LedgerCheckAdmin(ReadOnly, ModelAdmin):
    list_display = ["at", "shown_count", "payments_compared", "note"]
    ordering = ["-at"]
    fields = ["at", "count", "payments_compared", "note", "shown_discrepancies"]
    readonly_fields = ["shown_discrepancies"]

    @display(description="differences", label={"none": "success", "some": "danger"}, ordering="count")
    def shown_count(self, check: LedgerCheck) -> tuple[str, int]:
        return ("some" if check.count else "none"), check.count

    @display(description="found")
    def shown_discrepancies(self, check: LedgerCheck) -> SafeString:
        sentences = (
            (str(Discrepancy(what=what, subject=subject, expected=expected, found=found)),)
            for what, subject, expected, found in check.drift
        )
        return format_html_join("", "<p>{}</p>", sentences)
