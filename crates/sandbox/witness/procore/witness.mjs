// Procore's own JavaScript client against the sandbox.
//
// Usage: node witness.mjs AUTH_URL API_URL COMPANY_ID PROJECT_ID
// PLUMBLINE_WITNESS_NODE_MODULES names the node_modules folder that holds @procore/js-sdk.
// The client was written for the real service by its vendor, so what it accepts was not made up
// here. Prints "N passed, 0 failed" and exits with 1 when anything failed.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import path from "node:path";

const modules = process.env.PLUMBLINE_WITNESS_NODE_MODULES;
if (!modules) {
  console.error("PLUMBLINE_WITNESS_NODE_MODULES is not set");
  process.exit(2);
}
const require = createRequire(path.join(modules, "witness.js"));
const sdk = require("@procore/js-sdk");

const [authUrl, apiUrl, company, project] = process.argv.slice(2);
const application = { id: "sandbox-procore-client", secret: "sandbox-procore-secret" };
const uri = "http://localhost:4567/callback";

let passed = 0;
let failed = 0;

async function check(name, work) {
  try {
    await work();
    passed += 1;
  } catch (error) {
    failed += 1;
    const detail = error?.stack ?? JSON.stringify(error?.body ?? error);
    console.error(`FAILED ${name}: ${detail}`);
  }
}

// The client rejects with {body, request, response} when the status is not a success.
async function refused(promise) {
  try {
    await promise;
  } catch (refusal) {
    return { status: refusal.response.status, body: refusal.body };
  }
  throw new Error("the request was expected to be refused");
}

async function newCode() {
  const answer = await fetch(sdk.authorize({ clientId: application.id, uri }, authUrl), {
    redirect: "manual",
  });
  assert.equal(answer.status, 302);
  return new URL(answer.headers.get("location")).searchParams.get("code");
}

function clientWith(token) {
  return sdk.client(sdk.oauth(token), {}, { apiHostname: apiUrl, defaultCompanyId: company });
}

let tokens;
let procore;

await check("a code is exchanged for tokens, once", async () => {
  const code = await newCode();
  tokens = await sdk.token({ ...application, code, uri }, authUrl);
  assert.equal(tokens.token_type.toLowerCase(), "bearer");
  assert.equal(tokens.expires_in, 5400);
  const again = await sdk.token({ ...application, code, uri }, authUrl);
  assert.equal(again.error, "invalid_grant");
});

await check("a refresh rotates the pair and kills the old refresh token", async () => {
  const old = tokens;
  const asked = { ...application, uri, token: old.access_token, refresh: old.refresh_token };
  tokens = await sdk.refresh(asked, authUrl);
  assert.notEqual(tokens.refresh_token, old.refresh_token);
  const reuse = await sdk.refresh(asked, authUrl);
  assert.equal(reuse.error, "invalid_grant");
});

await check("the token endpoint tells about a token", async () => {
  const info = await sdk.info(tokens.access_token, authUrl);
  assert.equal(info.application.uid, application.id);
  assert.ok(info.expires_in_seconds > 0);
});

await check("client credentials give a token without a refresh token", async () => {
  const body = new FormData();
  body.set("grant_type", "client_credentials");
  body.set("client_id", application.id);
  body.set("client_secret", application.secret);
  const answer = await fetch(`${authUrl}/oauth/token`, { method: "POST", body });
  const bot = await answer.json();
  assert.equal(answer.status, 200);
  assert.equal(bot.refresh_token, undefined);
  const me = await clientWith(bot.access_token).get({ base: "/me" });
  const owner = await clientWith(tokens.access_token).get({ base: "/me" });
  assert.notEqual(me.body.id, owner.body.id);
});

procore = clientWith(tokens?.access_token);

await check("an expired token is renewed by the client itself", async () => {
  const stale = sdk.refresher(sdk.oauth("no-longer-valid"), async () => {
    const asked = { ...application, uri, refresh: tokens.refresh_token };
    tokens = await sdk.refresh(asked, authUrl);
    return tokens;
  });
  const client = sdk.client(stale, {}, { apiHostname: apiUrl, defaultCompanyId: company });
  const { body } = await client.get({ base: "/companies" });
  assert.equal(String(body[0].id), company);
  procore = clientWith(tokens.access_token);
});

await check("every page is reached by Link and no row comes twice", async () => {
  const seen = new Set();
  let pages = 0;
  let total = 0;
  let page = await procore.get({
    base: "/projects/{project_id}/rfis",
    params: { project_id: project },
    qs: { per_page: 25 },
  });
  for (;;) {
    pages += 1;
    total = Number(page.response.headers.get("total"));
    assert.equal(page.response.headers.get("per-page"), "25");
    for (const row of page.body) {
      assert.ok(!seen.has(row.id));
      seen.add(row.id);
    }
    const next = /<([^>]+)>; rel="next"/.exec(page.response.headers.get("link") ?? "");
    if (!next) break;
    page = await procore.get(next[1].slice(apiUrl.length));
  }
  assert.equal(seen.size, total);
  assert.ok(pages > 1);
});

await check("bracketed filters of the client narrow a list", async () => {
  const { body } = await procore.get({
    base: "/projects/{project_id}/rfis",
    params: { project_id: project },
    qs: { per_page: 500, filters: { status: ["closed"] } },
  });
  assert.ok(body.length > 0);
  assert.ok(body.every((row) => row.status === "closed"));
});

await check("versions are chosen per call", async () => {
  const { body } = await procore.get({
    base: "/projects",
    version: "v1.1",
    qs: { company_id: company },
  });
  assert.ok(body.some((row) => String(row.id) === project));
  const second = await procore.get({
    base: "/companies/{company_id}/projects/{project_id}/commitment_contracts",
    version: "v2.0",
    params: { company_id: company, project_id: project },
  });
  assert.ok(second.body.data.every((row) => typeof row.id === "string"));
});

await check("amounts are text where the vendor writes text", async () => {
  const { body } = await procore.get({ base: "/prime_contracts", qs: { project_id: project } });
  assert.match(body[0].grand_total, /^-?\d+\.\d+$/);
  const shown = await procore.get({
    base: "/prime_contract",
    params: { id: body[0].id },
    qs: { project_id: project },
  });
  assert.equal(shown.body.grand_total, body[0].grand_total);
  assert.ok(Array.isArray(shown.body.line_items));
});

await check("rate headers come with every answer", async () => {
  const { response } = await procore.get({ base: "/me" });
  for (const name of ["limit", "remaining", "reset"]) {
    assert.match(response.headers.get(`x-rate-limit-${name}`), /^\d+$/);
  }
  assert.ok(response.headers.get("x-request-id"));
});

await check("a vendor is created, changed and found again", async () => {
  const qs = { company_id: company };
  const created = await procore.post(
    { base: "/vendors", qs },
    { company_id: Number(company), vendor: { name: "Witness Supply" } },
  );
  assert.equal(created.response.status, 201);
  const id = created.body.id;
  assert.ok(id > 2 ** 32);
  await procore.patch({ base: "/vendors", params: { id }, qs }, { vendor: { city: "Tacoma" } });
  const shown = await procore.get({ base: "/vendors", params: { id }, qs });
  assert.deepEqual([shown.body.name, shown.body.city], ["Witness Supply", "Tacoma"]);
});

await check("a direct cost is created and deleted", async () => {
  const base = "/projects/{project_id}/direct_costs";
  const params = { project_id: project };
  const created = await procore.post(
    { base, params, version: "v1.1" },
    { direct_cost: { direct_cost_type: "expense", line_items: [{ amount: "10.5" }] } },
  );
  assert.equal(created.body.grand_total, "10.5");
  const one = { base, params: { ...params, id: created.body.id }, version: "v1.1" };
  const deleted = await procore.delete(one);
  assert.equal(deleted.response.status, 204);
  assert.equal((await refused(procore.get(one))).status, 404);
});

await check("sync answers 200 and reports row by row", async () => {
  const { body, response } = await procore.patch(
    { base: "/vendors", action: "sync", qs: { company_id: company } },
    { updates: [{ name: "Synced", origin_id: "WITNESS-1" }, { id: 1, name: "Nobody" }] },
  );
  assert.equal(response.status, 200);
  assert.equal(body.entities.length, 1);
  assert.equal(body.errors.length, 1);
});

await check("refusals are told in the vendor's shapes", async () => {
  const anonymous = await refused(clientWith("nonsense").get({ base: "/me" }));
  assert.deepEqual(anonymous, {
    status: 401,
    body: { code: 401, message: "The access token is invalid" },
  });
  const foreign = await refused(
    procore.get({ base: "/vendors", qs: { company_id: company } }, { companyId: 1 }),
  );
  assert.equal(foreign.status, 403);
  assert.deepEqual(foreign.body.errors, ["App is not connected to this company."]);
  const blank = await refused(
    procore.post({ base: "/vendors", qs: { company_id: company } }, { vendor: { name: "" } }),
  );
  assert.equal(blank.status, 422);
  assert.ok(Array.isArray(blank.body.errors.name));
  const missing = await refused(procore.get({ base: "/punch_items" }));
  assert.equal(missing.status, 400);
});

await check("a revoked token is dead", async () => {
  const body = await sdk.revoke(
    { token: tokens.access_token, clientId: application.id, clientSecret: application.secret },
    authUrl,
  );
  assert.deepEqual(body, {});
  assert.equal((await refused(procore.get({ base: "/me" }))).status, 401);
});

console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
