// How long the server takes for the pages of the demo contractor while many people use them.
//
//   node pages.mjs PROGRAM [PEOPLE] [SECONDS]
//
// PROGRAM is a plumbline built with optimisation. The times are the server's own, from its log; the
// sizes are those of the pages before compression. Whoever asks shares the processors with it.
import { spawn } from "node:child_process";
import fs from "node:fs";
import http from "node:http";
import os from "node:os";
import path from "node:path";

const [program, people = "50", seconds = "20"] = process.argv.slice(2);
if (!program) throw new Error("usage: node pages.mjs PROGRAM [PEOPLE] [SECONDS]");

const data = fs.mkdtempSync(path.join(os.tmpdir(), "plumbline-pages-"));
const lines = [];
const env = { ...process.env, PLUMBLINE_LOG: "info" };
const start = (words, found) => new Promise((resolve, reject) => {
  const server = spawn(program, ["--data", path.join(data, "demo"), "--log-format", "json", ...words], { env });
  let told = "";
  server.stdout.on("data", (chunk) => { told += chunk; const match = told.match(found); if (match) resolve([server, match[1]]); });
  let rest = "";
  server.stderr.on("data", (chunk) => {
    rest += chunk;
    const whole = rest.split("\n");
    rest = whole.pop();
    lines.push(...whole);
  });
  server.on("exit", () => reject(new Error(`the server ended:\n${told}\n${lines.slice(-20).join("\n")}`)));
});
const ended = (server) => new Promise((resolve) => { server.removeAllListeners("exit"); server.on("exit", resolve); server.kill("SIGINT"); });

const agent = new http.Agent({ keepAlive: true, maxSockets: Number(people) });
const ask = (origin, method, address, headers = {}, body = "") => new Promise((resolve, reject) => {
  const request = http.request(origin + address, { method, agent, headers }, (response) => {
    const parts = [];
    response.on("data", (part) => parts.push(part));
    response.on("end", () => resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(parts) }));
  });
  request.on("error", reject);
  request.end(body);
});
const signedIn = async (origin, mail) => {
  const form = new URLSearchParams({ mail, password: "plumb bob and chalk line" });
  const headers = { "content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin", origin };
  const answer = await ask(origin, "POST", "/sign-in", headers, form.toString());
  const cookies = (answer.headers["set-cookie"] ?? []).map((one) => one.split(";")[0]);
  if (answer.status !== 303 || cookies.length === 0) throw new Error(`signing in was answered with ${answer.status}`);
  return { cookie: cookies.join("; ") };
};

let [server, origin] = await start(["demo"], /Open (http:\/\/\S+) in your browser/);
const session = await signedIn(origin, "dana@demo.plumbline.example");
// A viewer needs no second factor where one is demanded.
const viewer = await signedIn(origin, "vic@demo.plumbline.example");
const list = (await ask(origin, "GET", "/worklist", session)).body.toString();
const item = list.match(/href="(\/worklist\/fnd_[^"]+)"/)[1];
const pages = [
  "/", "/worklist", "/worklist?group=job", "/worklist?group=class&page=2", item, "/jobs",
  "/jobs/400093/bridge/cost", "/figures/bridge.cost.procore:400093", "/matches?tab=documents",
  "/find?q=supply", "/connections", "/people", "/audit", "/settings", "/account",
];
const sizes = new Map();
const until = Date.now() + Number(seconds) * 1000;
lines.length = 0;
await Promise.all(Array.from({ length: Number(people) }, async (_, person) => {
  for (let at = person; Date.now() < until; at += 1) {
    const address = pages[at % pages.length];
    const answer = await ask(origin, "GET", address, session);
    if (answer.status !== 200) throw new Error(`${address} was answered with ${answer.status}`);
    sizes.set(address, Math.max(sizes.get(address) ?? 0, answer.body.length));
  }
}));
await new Promise((resolve) => setTimeout(resolve, 500));
const times = new Map();
for (const line of lines) {
  let told;
  try { told = JSON.parse(line); } catch { continue; }
  if (told.message !== "answered") continue;
  for (const name of [told.route, "all pages"]) {
    if (!times.has(name)) times.set(name, []);
    times.get(name).push(told.ms);
  }
}
console.log(`${people} people, ${seconds} s, ${os.cpus().length} processors\n`);
console.log("| page | requests | server ms: median | p99 | most |\n|---|---:|---:|---:|---:|");
for (const [name, all] of [...times].sort()) {
  all.sort((one, other) => one - other);
  const at = (part) => all[Math.floor((all.length - 1) * part)];
  console.log(`| ${name} | ${all.length} | ${at(0.5)} | ${at(0.99)} | ${at(1)} |`);
}
const largest = [...sizes].sort((one, other) => other[1] - one[1])[0];
console.log(`\nLargest page: ${largest[0]}, ${Math.ceil(largest[1] / 1000)} kB.`);

// From the start of the program on the same data to the first page of somebody who is signed in.
await ended(server);
agent.destroy();
const began = performance.now();
[server, origin] = await start(["serve", "--listen", new URL(origin).host], /(http:\/\/\S+?)\.? Ctrl-C/);
const listening = performance.now();
const first = await ask(origin, "GET", "/", viewer);
console.log(`Started on these data: listening after ${Math.round(listening - began)} ms, first page (${first.status}) after ${Math.round(performance.now() - began)} ms.`);
await ended(server);
fs.rmSync(data, { recursive: true });
