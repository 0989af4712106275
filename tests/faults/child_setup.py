"""Loaded once by the process that forks the children: Django is ready, no connection is open."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()
