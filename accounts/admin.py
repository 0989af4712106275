from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, Permission
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils import timezone
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from accounts import rights
from accounts.models import Session, User
from accounts.services import sessions
from accounts.services.credentials import credentials_changed
from core.http.admin import ShownLookups

admin.site.unregister(Group)


class UserCreation(UserCreationForm):
    class Meta:
        model = User
        fields = ("email", "name")


class UserChange(UserChangeForm):
    class Meta:
        model = User
        fields = "__all__"


class PasswordChange(AdminPasswordChangeForm):
    def save(self, commit: bool = True) -> User:  # noqa: FBT001, FBT002 - Django's signature
        """Save the user, and end the sessions also where it takes the password away (no change to Django)."""
        user: User = super().save(commit)
        credentials_changed(user=user, fields=["password"], now=timezone.now())
        return user


class GrantsWhatOneHas:
    """Mixed in front of ModelAdmin, for users and groups: staff give rights that they have themselves, and
    change nobody who has more.
    """

    def is_within_reach(self, giver: User, row: Any) -> bool:
        raise NotImplementedError

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and self._reaches(request, obj)  # type: ignore[misc]

    def _reaches(self, request: HttpRequest, obj: Any) -> bool:
        giver = cast("User", request.user)
        return obj is None or giver.is_superuser or self.is_within_reach(giver, obj)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **more: Any) -> Any:
        giver = cast("User", request.user)
        if db_field.related_model is Permission:
            more["queryset"] = rights.permissions_of(giver).select_related("content_type")
        elif db_field.related_model is Group:
            more["queryset"] = rights.groups_within(giver)
        return super().formfield_for_manytomany(db_field, request, **more)  # type: ignore[misc]


@admin.register(User)
class UserAdmin(ShownLookups, GrantsWhatOneHas, DjangoUserAdmin, ModelAdmin):  # type: ignore[type-arg]
    form, add_form, change_password_form = UserChange, UserCreation, PasswordChange
    list_display = ("email", "name", "is_active", "is_staff", "is_email_verified", "created_at")
    list_filter = ("is_staff", "is_superuser", "is_active", "groups", "created_at")
    search_fields = ("email", "name")
    search_help_text = "E-mail or name"
    ordering = ("-created_at",)
    show_full_result_count = False
    list_per_page = 50
    readonly_fields = ("id", "email_verified_at", "last_login", "created_at")
    filter_horizontal = ("groups", "user_permissions")
    fieldsets = (
        (None, {"fields": ("email", "name", "password")}),
        ("Rights", {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")}),
        ("Record", {"fields": ("id", "email_verified_at", "last_login", "created_at")}),
    )
    add_fieldsets = ((None, {"classes": ("wide",), "fields": ("email", "name", "password1", "password2")}),)

    def is_within_reach(self, giver: User, row: Any) -> bool:
        return rights.has_all_of(giver, row)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        """Only a superuser makes another."""
        fields = tuple(super().get_readonly_fields(request, obj))
        return fields if cast("User", request.user).is_superuser else (*fields, "is_superuser")

    def save_model(self, request: HttpRequest, obj: User, form: "ModelForm[User]", change: bool) -> None:  # noqa: FBT001
        super().save_model(request, obj, form, change)
        if change:
            credentials_changed(user=obj, fields=form.changed_data, now=timezone.now())

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Orders point at their customers: put the account out of action instead."""
        return False

    @admin.display(boolean=True, description="verified", ordering="email_verified_at")
    def is_email_verified(self, user: User) -> bool:
        return user.is_email_verified


@admin.register(Group)
class GroupAdmin(ShownLookups, GrantsWhatOneHas, DjangoGroupAdmin, ModelAdmin):
    """Django's, in the theme of the others."""

    def is_within_reach(self, giver: User, row: Any) -> bool:
        return rights.groups_within(giver).filter(pk=row.pk).exists()

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return super().has_delete_permission(request, obj) and self._reaches(request, obj)


@admin.register(Session)
class SessionAdmin(ShownLookups, ModelAdmin):
    """The devices on which somebody is signed in, which staff may inspect and end."""

    list_display = ("user", "is_live", "last_used_at", "created_at", "expires_at", "address", "user_agent")
    list_select_related = ("user",)
    list_filter = ("created_at", ("revoked_at", admin.EmptyFieldListFilter))
    search_fields = ("user__email", "address")
    search_help_text = "E-mail or address"
    ordering = ("-id",)  # UUIDv7: newest first, by the primary key's index
    show_full_result_count = False
    list_per_page = 50
    fields = readonly_fields = (
        "id",
        "user",
        "created_at",
        "last_used_at",
        "expires_at",
        "revoked_at",
        "address",
        "user_agent",
    )
    actions = ("end",)

    @admin.display(boolean=True, description="signed in")
    def is_live(self, session: Session) -> bool:
        return session.is_live(timezone.now())

    @admin.action(description="End the selected sessions")
    def end(self, request: HttpRequest, queryset: QuerySet[Session]) -> None:
        ids = list(queryset.values_list("pk", flat=True))
        ended = sessions.end(session_ids=ids, now=timezone.now())
        self.message_user(request, f"{ended} of {len(ids)} sessions ended", messages.SUCCESS)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Session | None = None) -> bool:
        return False
