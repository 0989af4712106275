import orjson
import pytest

from tests.orders.conftest import Caller

CARTS = "/api/v1/carts"


class Shopper(Caller):
    """A caller with a cart: `cart` is its last document, `token` a guest's."""

    def __init__(self, user=None):
        super().__init__(user)
        self.cart, self.token = None, ""

    def call(self, method, path="", body=None, *, cart_id=None, **headers):
        """`path` below the cart."""
        if self.token:
            headers.setdefault("X-Cart-Token", self.token)
        url = f"{CARTS}/{cart_id or self.cart['id']}{path}"
        raw = b"" if body is None else orjson.dumps(body)
        return self.generic(method, url, raw, content_type="application/json", headers=headers)

    def open(self, quantities=None, **headers):
        """A cart with `quantities` by SKU."""
        items = [{"sku": sku, "quantity": units} for sku, units in (quantities or {}).items()]
        response = self.post(
            CARTS, orjson.dumps({"items": items}), content_type="application/json", headers=headers
        )
        if response.status_code in (200, 201):
            self.cart = response.json()
            self.token = self.cart.get("token", self.token)
        return response

    def read(self):
        response = self.call("GET")
        assert response.status_code == 200, response.content
        return response.json()

    def order_cart(self, body, **headers):
        """The order of `body`, with the cart instead of its items."""
        rest = {name: value for name, value in body.items() if name != "items"}
        return self.order({**rest, "cart": self.cart["id"]}, **{"X-Cart-Token": self.token, **headers})


@pytest.fixture
def guest(db):
    return Shopper()


@pytest.fixture
def alice(alice):
    return Shopper(alice.user)


@pytest.fixture
def charlie(charlie):
    return Shopper(charlie.user)


@pytest.fixture(autouse=True)
def no_limit(settings):
    wide = dict.fromkeys(("orders", "carts", "cart_reads"), (100_000, 60))
    settings.RATE_LIMITS = settings.RATE_LIMITS | wide
