"""Verifies captured postbacks or webhooks with the reference library from PyPI. Any failure ends with a traceback."""

import json
import sys

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

with open(sys.argv[1], encoding="utf-8") as file:
    sample = json.load(file)


def is_signed(secret, headers, body):
    try:
        Webhook(secret).verify(body, headers, json_parse=False)
        return True
    except WebhookVerificationError:
        return False


kinds = set()
for request in sample["requests"]:
    headers, body = dict(request["headers"]), request["body"]
    kinds.add((request["method"], headers.get("content-type")))
    for secret in sample["signers"]:
        assert is_signed(secret, headers, body), request
        assert not is_signed(secret, headers, body + " "), "another body"
        assert not is_signed(secret, {**headers, "webhook-id": "another"}, body), "another id"
    for secret in sample["strangers"]:
        assert not is_signed(secret, headers, body), "a stranger's secret"
    if headers.get("content-type") == "application/json":
        verified = Webhook(sample["signers"][0]).verify(body, headers)
        assert sample["json"].items() <= verified.items(), verified

assert len(sample["signers"]) == 2 and len(kinds) == sample["kinds"], kinds
print(f"PyPI: {len(sample['requests'])} requests, two secrets each")
