import json
import shlex

import pytest

from localstack import banner as banner_
from localstack.banner import banner

COLUMNS = 80


@pytest.fixture
def shown(monkeypatch):
    """The banner of a shop with the longest port, that sells this SKU."""

    def show(sku):
        products = {"results": [{"slug": "mug"}] if sku else []}
        variants = {"variants": [{"sku": "GONE", "available": 0}, {"sku": sku, "available": 1}]}
        monkeypatch.setattr(banner_, "_get", lambda port, path: products if "?" in path else variants)
        return banner(65535, {"DEMO_PASSWORD": "demo-Pa55word"})

    return show


@pytest.mark.parametrize("sku", ["MUG", "X" * 64, ""])
def test_banner__each_line__fits_a_terminal_of_80_columns(shown, sku):
    assert [line for line in shown(sku).splitlines() if len(line) > COLUMNS] == []


def test_banner__its_curl_command__is_one_for_a_shell(shown):
    command = "curl" + shown("MUG").split("curl", 1)[1].split("\n\n")[0]

    words = shlex.split(command)

    assert words[:2] == ["curl", "http://localhost:65535/api/v1/orders"]
    assert json.loads(words[-1])["items"] == [{"quantity": 1, "sku": "MUG"}]


def test_banner__nothing_is_in_stock__names_a_placeholder(shown):
    assert '"SKU"' in shown("")
