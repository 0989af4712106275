from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from accounts.models import Session, User
from accounts.services import sessions

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
        """Save the user; whoever knew an old password is signed out everywhere."""
        user: User = super().save(commit)
        sessions.end_all(user_id=user.pk, now=timezone.now())
        return user


@admin.register(User)
class UserAdmin(DjangoUserAdmin, ModelAdmin):  # type: ignore[type-arg]
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

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Orders point at their customers: put the account out of action instead."""
        return False

    @admin.display(boolean=True, description="verified", ordering="email_verified_at")
    def is_email_verified(self, user: User) -> bool:
        return user.is_email_verified


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, ModelAdmin):
    """Django's, in the theme of the others."""


@admin.register(Session)
class SessionAdmin(ModelAdmin):
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
