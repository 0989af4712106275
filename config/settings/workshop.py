"""What stands beside the shop: the one place that includes any of it.

The image holds none of it. Demo data can be loaded from any checkout; the rest belongs to the local stack.
"""

from importlib.util import find_spec

from config.settings.env import LOCAL_STACK

_wanted = ["localstack", "demo", "drills"] if LOCAL_STACK else ["demo"]
WORKSHOP_APPS = [app for app in _wanted if find_spec(app)]
WORKSHOP_URLS = ["localstack.urls"] if "localstack" in WORKSHOP_APPS else []
