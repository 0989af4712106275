from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from unfold.widgets import UnfoldAdminSelectWidget

from catalog.admin.pages import Page
from catalog.models import Category
from catalog.services import categories


class _Indented(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, obj: Category) -> str:
        return f"{'— ' * (obj.depth - 1)}{obj.name}"


class CategoryForm(forms.ModelForm):  # type: ignore[type-arg]
    parent = _Indented(
        Category.objects.order_by("path"),
        required=False,
        empty_label="(none: a root)",
        widget=UnfoldAdminSelectWidget,
    )

    class Meta:
        model = Category
        fields = ("name", "slug")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["parent"].initial = Category.objects.get_parent(self.instance)


@admin.register(Category)
class CategoryAdmin(Page):
    """The tree of categories in its order; one is moved by giving another parent."""

    form = CategoryForm
    fields = ("name", "slug", "parent")
    list_display = ("indented_name", "slug", "depth", "numchild")
    list_select_related = ()
    list_filter = ("depth",)
    search_fields = ("name", "slug")
    search_help_text = "Name or slug"
    ordering = ("path",)
    sortable_by = ()
    prepopulated_fields = {"slug": ("name",)}
    actions = None

    @admin.display(description="category")
    def indented_name(self, category: Category) -> str:
        return format_html(
            '<span style="padding-inline-start: {}rem">{}</span>', 1.5 * (category.depth - 1), category
        )

    def save_model(self, request: HttpRequest, obj: Category, form: CategoryForm, change: bool) -> None:  # noqa: FBT001 - Django's signature
        given = {name: form.cleaned_data[name] for name in ("name", "slug")}
        parent = form.cleaned_data["parent"] and form.cleaned_data["parent"].slug
        if change:
            changes = categories.CategoryChanges(name=given["name"], slug=given["slug"])
            if "parent" in form.changed_data:
                changes["parent"] = parent
            categories.update(slug=form.initial["slug"], changes=changes)
        else:
            obj.pk = categories.create(**given, parent=parent).pk

    def delete_model(self, request: HttpRequest, obj: Category) -> None:
        categories.delete(slug=obj.slug)
