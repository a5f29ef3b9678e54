"""Which values of earlier answers are followed, and which are equal by chance."""

import json

import pytest

from locust_ext.drafts.locustfile import render_locustfile
from locust_ext.har.document import read
from locust_ext.har.translation import translate

ANSWER = {
    "categories": [{"id": 12}, {"id": 20}],
    "total": 10_000,
    "size": 65_536,
    "cart": {"_id": "bbe80c46d1fb6dfbdb0ae075"},
}


def of(url="/x", body=None):
    """What is written of a request after an answer."""
    sent = {"postData": {"mimeType": "application/json", "text": json.dumps(body)}} if body else {}
    entries = [
        {
            "request": {"method": "GET", "url": "https://a.example/c"},
            "response": {"status": 200, "content": {"text": json.dumps(ANSWER)}},
        },
        {"request": {"method": "POST", "url": f"https://a.example{url}", **sent}, "response": {"status": 200}},
    ]
    found = translate(read(json.dumps({"log": {"entries": entries}}).encode(), "x.har"), (), "x.har", "locust-ext init")
    return render_locustfile(found.draft)


FOLLOWED = {
    "path": ({"url": "/categories/20"}, "/categories/{categories_id}"),
    "field of an id": ({"body": {"categoryId": 20}}, '"categoryId": categories_id'),
    "what it is called": ({"url": "/p?category=20"}, "category={categories_id}"),
    "JSON within a text": (
        {"body": {"p": json.dumps({"cart": ANSWER["cart"]["_id"]})}},
        """f'{{"cart": "{cart_id}"}}'""",
    ),
    "a number in that": (
        {"body": {"p": '{"categoryId":20,"n":200}'}},
        """f'{{"categoryId":{categories_id},"n":200}}'""",
    ),
}
CHANCE = {
    "a size": {"url": "/p?per_page=20"},
    "a page": {"url": "/page/12"},
    "a quantity": {"body": {"quantity": 12}},
    "a round number": {"url": "/p?take=10000", "body": {"n": 10_000}},
    "a power of two": {"body": {"bytes": 65_536}},
}


@pytest.mark.parametrize("name", FOLLOWED)
def test_followed(name):
    """By its name, or by where it stands."""
    request, expected = FOLLOWED[name]
    assert expected in of(**request)


@pytest.mark.parametrize("name", CHANCE)
def test_equal_by_chance(name):
    """Another id in a run would change what has nothing to do with it."""
    assert "json_value" not in of(**CHANCE[name])
