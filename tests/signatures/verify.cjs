// Verifies captured postbacks or webhooks with the reference library from npm. Any failure is thrown.

const assert = require("node:assert");
const { readFileSync } = require("node:fs");
const { Webhook, WebhookVerificationError } = require("standardwebhooks");

const sample = JSON.parse(readFileSync(process.argv[2], "utf8"));

function isSigned(secret, headers, body) {
    try {
        new Webhook(secret).verify(body, headers, { jsonParse: false });
        return true;
    } catch (error) {
        assert(error instanceof WebhookVerificationError, error);
        return false;
    }
}

const kinds = new Set();
for (const request of sample.requests) {
    const headers = Object.fromEntries(request.headers);
    kinds.add(`${request.method} ${headers["content-type"]}`);
    for (const secret of sample.signers) {
        assert(isSigned(secret, headers, request.body), JSON.stringify(request));
        assert(!isSigned(secret, headers, request.body + " "), "another body");
        assert(!isSigned(secret, { ...headers, "webhook-id": "another" }, request.body), "another id");
    }
    for (const secret of sample.strangers) {
        assert(!isSigned(secret, headers, request.body), "a stranger's secret");
    }
    if (headers["content-type"] === "application/json") {
        const verified = new Webhook(sample.signers[0]).verify(request.body, headers);
        assert.deepEqual({ ...verified, ...sample.json }, verified);
    }
}

assert.equal(sample.signers.length, 2);
assert.equal(kinds.size, sample.kinds);
console.log(`npm: ${sample.requests.length} requests, two secrets each`);
