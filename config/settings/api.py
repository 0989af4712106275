from config.settings.env import VERSION, env

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.authentication.TokenAuthentication"],
    # Nothing is open by accident: each view states its own permissions.
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAdminUser"],
    "DEFAULT_RENDERER_CLASSES": ["core.http.renderers.JSONRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "core.http.negotiation.OneFormat",
    "DEFAULT_PARSER_CLASSES": ["core.http.parsers.JSONParser"],
    "DEFAULT_PAGINATION_CLASS": "core.http.drf_pagination.KeysetPagination",
    "DEFAULT_SCHEMA_CLASS": "core.http.schema.AutoSchema",
    "EXCEPTION_HANDLER": "core.http.problems.exception_handler",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "DATETIME_FORMAT": "iso-8601",
    "COERCE_DECIMAL_TO_STRING": True,
}

SPECTACULAR_SETTINGS = {
    "TITLE": "Shop",
    "VERSION": VERSION,
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": {
        "CheckStatus": ["OK", "ERROR"],
        "ComputeStatus": "core.compute.models.ComputeJob.Status",
        "MailStatus": "core.mail.models.Mail.Status",
        "OrderStatus": "orders.models.Status",
        "RefundStatus": "orders.models.Refund.Status",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "core.http.schema.add_problem_responses",
    ],
}

# Multiplies every rate limit, for load tests. Refused at start outside the local stack.
THROTTLE_SCALE: int = env.int("THROTTLE_SCALE", default=1)
RATE_LIMITS = {
    # Each scope: how many requests in how many seconds.
    "register": (20, 3600),
    "login": (10, 60),
    "login_account": (20, 600),
    "refresh": (60, 60),
    "verify_email": (20, 600),
    "orders": (60, 60),
    "quotes": (120, 60),
    "carts": (240, 60),
    "cart_reads": (600, 60),
    "emails": (60, 60),
    "compute": (10, 60),
}
RATELIMIT_USE_CACHE = "limits"
RATELIMIT_FAIL_OPEN = False
