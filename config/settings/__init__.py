"""Settings by topic. Every value from outside is an environment variable, read in config/settings/env.py."""

from config.settings.accounts import *
from config.settings.api import *
from config.settings.apps import *
from config.settings.broker import *
from config.settings.cache import *
from config.settings.celery import *
from config.settings.database import *
from config.settings.env import *
from config.settings.files import *
from config.settings.http import *
from config.settings.logs import *
from config.settings.mail import *
from config.settings.orders import *
from config.settings.workshop import *
