from rest_framework.authentication import BaseAuthentication


class TokenAuthentication(BaseAuthentication):
    """Bearer access tokens."""

    def authenticate(self, request):
        return None
