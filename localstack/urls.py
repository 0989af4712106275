"""Included where LOCAL_STACK is on, and nowhere else (config.settings.workshop)."""

from django.urls import path

from localstack import views

urlpatterns = [
    path("dev/mail", views.mail_inbox, name="mail_inbox"),
    path("dev/mail/preview", views.mail_preview, name="mail_preview"),
    path("dev/mail/messages", views.mail_messages, name="mail_messages"),
]
