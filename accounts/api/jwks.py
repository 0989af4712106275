from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts import keys
from accounts.api.documents.jwks import JwkSetDocument
from core.http.conditional import bytes_response, etag_of
from core.json import dumps

# Other services may keep the set this long, so a new key has to be published as long before it signs.
CACHE_CONTROL = "public, max-age=300"


class JwksView(APIView):
    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(operation_id="jwks", responses=JwkSetDocument, auth=[])
    def get(self, request: Request) -> HttpResponse:
        """The public keys that verify our tokens, for other services (RFC 7517)."""
        body = dumps({"keys": [key.jwk for key in keys.ring().all()]})
        return bytes_response(request, body, etag=etag_of(body), cache_control=CACHE_CONTROL)
