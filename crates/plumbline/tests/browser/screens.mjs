// The screens of the demo contractor in a real browser. Each check can fail by itself, and the
// last line counts them as the other test runners do.
//
//   node screens.mjs PROGRAM OUTPUT-FOLDER
//
// PROGRAM is the built plumbline; it serves its demo on this machine only. Screenshots of every
// screen are kept in the output folder.
import { spawn } from "node:child_process";
import fs from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";

// Installed beside the pins or where the environment says, so that the tree stays clean.
const require = createRequire(path.join(process.env.PLUMBLINE_BROWSER_NODE_MODULES ?? import.meta.dirname, "x.js"));
const { chromium } = require("playwright-core");
const axe = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const [program, output] = process.argv.slice(2);
if (!program || !output) throw new Error("usage: node screens.mjs PROGRAM OUTPUT-FOLDER");
fs.mkdirSync(output, { recursive: true });

let passed = 0;
const failures = [];
const check = async (name, work) => {
  try {
    await work();
    passed += 1;
  } catch (error) {
    failures.push(name);
    console.log(`FAIL ${name}\n  ${String(error.message).replaceAll("\n", "\n  ")}`);
  }
};
const must = (holds, text) => { if (!holds) throw new Error(text); };

const data = fs.mkdtempSync(path.join(os.tmpdir(), "plumbline-browser-"));
const server = spawn(program, ["--data", path.join(data, "demo"), "demo"], { stdio: ["ignore", "pipe", "pipe"] });
const origin = await new Promise((resolve, reject) => {
  let told = "";
  const hear = (chunk) => {
    told += chunk;
    const found = told.match(/Open (http:\/\/\S+) in your browser/);
    if (found) resolve(found[1]);
  };
  server.stdout.on("data", hear);
  server.stderr.on("data", hear);
  server.on("exit", () => reject(new Error(`the demo ended:\n${told}`)));
});

const browser = await chromium.launch({
  executablePath: process.env.PLUMBLINE_CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox"],
});

// Everything is looked at as the owner, who signs in once.
const signIn = await (await browser.newContext()).newPage();
await signIn.goto(`${origin}/sign-in`);
await signIn.fill("[name=mail]", "dana@demo.plumbline.example");
await signIn.fill("[name=password]", "plumb bob and chalk line");
await signIn.click("main button[type=submit]");
await signIn.waitForURL(`${origin}/`);
const signedIn = await signIn.context().storageState();
await signIn.context().close();
const door = ["/sign-in", "/sign-in/forgotten"];

// A page whose console and whose requests to elsewhere count as failures.
const opened = async (address, width, theme) => {
  const storageState = door.includes(address) ? undefined : signedIn;
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme: theme, storageState });
  const page = await context.newPage();
  page.said = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) page.said.push(message.text());
  });
  page.on("pageerror", (error) => page.said.push(error.message));
  page.on("request", (request) => {
    if (!request.url().startsWith(origin)) page.said.push(`asked ${request.url()}`);
  });
  const answer = await page.goto(origin + address, { waitUntil: "load" });
  page.status = answer.status();
  return page;
};

const first = await opened("/worklist", 1440, "light");
const item = await first.getAttribute(".row", "href");
const bridge = "/jobs/400093/bridge/cost";
await first.goto(`${origin}/approvals`);
const approval = await first.getAttribute("main tbody th a", "href");
await first.context().close();

const screens = {
  today: "/",
  worklist: "/worklist",
  "worklist-by-job": "/worklist?group=job",
  "worklist-nothing": "/worklist?find=nothing-is-called-so",
  item,
  reconciliation: "/jobs",
  bridge,
  approvals: "/approvals",
  "approvals-over": "/approvals?tab=over",
  approval,
  figure: "/figures/bridge.cost.procore:400093",
  "matches-jobs": "/matches?tab=jobs",
  "matches-documents": "/matches?tab=documents",
  "matches-decided": "/matches?tab=decisions",
  find: "/find?q=supply",
  connections: "/connections",
  "set-up-procore": "/connections/procore/set-up",
  "set-up-quickbooks": "/connections/quickbooks/set-up",
  audit: "/audit",
  settings: "/settings",
  people: "/people",
  account: "/account",
  "second-factor": "/sign-in/set-up",
  "sign-in": "/sign-in",
  forgotten: "/sign-in/forgotten",
};

const accessible = async (page) => {
  if (!await page.evaluate(() => "axe" in globalThis)) await page.evaluate(axe);
  const result = await page.evaluate(() => globalThis.axe.run(document, {
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
  }));
  const found = result.violations.map((one) => `${one.id}: ${one.nodes[0].html.slice(0, 160)} (${one.nodes.length}) ${one.nodes[0].failureSummary?.split("\n")[1] ?? ""}`);
  must(found.length === 0, found.join("\n"));
};

for (const [name, address] of Object.entries(screens)) {
  const page = await opened(address, 1440, "light");
  await check(`${name}: answers, quiet console, nothing from elsewhere`, () => {
    must(page.status === 200, `status ${page.status}`);
    must(page.said.length === 0, page.said.join("\n"));
  });
  for (const width of [1440, 820, 390]) {
    await page.setViewportSize({ width, height: 900 });
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme });
      await page.screenshot({ path: path.join(output, `${name}-${width}-${colorScheme}.png`) });
      if (width !== 820) await check(`${name} at ${width} in ${colorScheme}: axe`, () => accessible(page));
    }
  }
  for (const width of [320, 390, 768, 970, 1024, 1190, 1440]) {
    await page.setViewportSize({ width, height: 900 });
    await check(`${name} at ${width}: no sideways overflow`, async () => {
      const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      must(over <= 0, `${over} px too wide`);
    });
  }
  await page.context().close();
}

await check("a page that is not there is accessible too", async () => {
  const page = await opened("/nowhere", 1440, "light");
  must(page.status === 404, `status ${page.status}`);
  await accessible(page);
  await page.context().close();
});

await check("the worklist is triaged with keys alone", async () => {
  const page = await opened("/worklist", 1440, "light");
  const current = () => page.evaluate(() => document.activeElement?.dataset?.row);
  const rows = await page.$$eval("[data-row].row", (rows) => rows.map((row) => row.dataset.row));
  await page.keyboard.press("j");
  must(await current() === rows[1], "J goes to the next row");
  await page.keyboard.press("j");
  await page.keyboard.press("k");
  must(await current() === rows[1], "K goes back");
  await page.keyboard.press("Enter");
  await page.waitForSelector(`article[data-item="${rows[1]}"]`);
  await page.waitForFunction(() => document.activeElement?.id === "item-h");
  must(new URL(page.url()).pathname === `/worklist/${rows[1]}`, "the address names the item");
  const marked = await page.getAttribute(".row[aria-current]", "data-row");
  must(marked === rows[1], "the list marks the open row");
  await page.keyboard.press("n");
  await page.waitForSelector(`article[data-item="${rows[2]}"]`);
  await page.waitForFunction(() => document.activeElement?.id === "item-h");
  await page.goBack();
  await page.waitForSelector(`article[data-item="${rows[1]}"]`);
  must(page.said.length === 0, page.said.join("\n"));
  await page.context().close();
});

await check("keys find, list themselves, go places and can be switched off", async () => {
  const page = await opened("/", 1440, "light");
  await page.keyboard.press("?");
  must(await page.$eval("#keys", (keys) => keys.open), "? lists the keys");
  await page.keyboard.press("Escape");
  await page.waitForFunction(() => !document.querySelector("#keys").open);
  await page.keyboard.press("/");
  must(await page.evaluate(() => document.activeElement.id) === "find", "/ goes to the finder");
  await page.keyboard.type("gw");
  must(await page.inputValue("#find") === "gw", "keys are text while typing");
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.press("?");
  const focused = await page.evaluate(() => {
    document.querySelector("#keys").close();
    // The box has the focus until the next frame.
    document.querySelector("#keys-on").dispatchEvent(new KeyboardEvent("keydown", { key: "/", bubbles: true }));
    return document.activeElement.id;
  });
  must(focused === "find", "a key in the moment after the list is closed counts");
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.press("g");
  await page.keyboard.press("w");
  await page.waitForURL("**/worklist");
  await page.keyboard.press("?");
  await page.uncheck("#keys-on");
  await page.keyboard.press("Escape");
  await page.waitForFunction(() => !document.querySelector("#keys").open);
  await page.keyboard.press("j");
  must(await page.evaluate(() => !document.activeElement?.dataset?.row), "switched off, J does nothing");
  await page.context().close();
});

await check("a figure opens its receipt, one at a time, and Escape gives the focus back", async () => {
  const page = await opened(bridge, 1440, "light");
  const figures = await page.$$("details.receipt > summary");
  await figures[0].click();
  await page.waitForSelector("details.receipt[open] .work .total");
  const [value, total] = await page.evaluate(() => {
    const receipt = document.querySelector("details.receipt[open]");
    return [receipt.querySelector("summary").textContent, receipt.querySelector("dd.total").textContent];
  });
  must(value === total, `${value} opens a receipt of ${total}`);
  await accessible(page);
  await page.screenshot({ path: path.join(output, "receipt-1440-light.png") });
  await figures[1].click();
  await page.waitForFunction(() => document.querySelectorAll("details.receipt[open]").length === 1);
  await page.keyboard.press("Escape");
  must(await page.evaluate(() => document.activeElement.tagName) === "SUMMARY", "the focus is back");
  must(await page.$("details.receipt[open]") === null, "the receipt is closed");
  must(page.said.length === 0, page.said.join("\n"));
  await page.context().close();
});

await check("a pair is refused, undone by key, and both are in the history", async () => {
  const page = await opened("/matches?tab=documents", 1440, "light");
  await page.click("tbody tr:first-child button[value=refused]");
  await page.waitForSelector(".toast");
  must((await page.textContent(".toast")).includes("are not the same"), "the message says what was done");
  await page.keyboard.press("u");
  await page.waitForFunction(() => document.querySelector(".toast")?.textContent.includes("Undone"));
  await page.goto(`${origin}/matches?tab=decisions`);
  must(await page.locator("tbody tr").count() === 2, "both are listed");
  await page.context().close();
});

// Somebody else of the demo, on a browser of their own.
const enter = async (who) => {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  page.said = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) page.said.push(message.text());
  });
  await page.goto(`${origin}/sign-in`);
  await page.fill("[name=mail]", `${who}@demo.plumbline.example`);
  await page.fill("[name=password]", "plumb bob and chalk line");
  await page.click("main button[type=submit]");
  await page.waitForURL(`${origin}/`);
  return page;
};

// Opens a proposal again until it stands where it should; a worker does what was approved.
const until = async (page, address, words) => {
  for (let tries = 0; tries < 240; tries += 1) {
    await page.goto(origin + address);
    if ((await page.textContent("main")).includes(words)) return;
    await page.waitForTimeout(250);
  }
  throw new Error(`${address} never said: ${words}\n${await page.textContent("main")}`);
};

await check("an owner lets it write, a lead approves, it is done, and taken back", async () => {
  const owner = await opened("/settings", 1440, "light");
  await owner.selectOption("#f-writes-writes", "on");
  await owner.selectOption("#f-writes-connection_writes", "on");
  await owner.fill("#f-writes-together_up_to", "1,000,000.00");
  await owner.click("form[action='/settings/writes'] button");
  await owner.waitForFunction(() => document.querySelector(".writes")?.textContent.includes("what a lead approves"));
  const lead = await enter("priya");
  await lead.goto(`${origin}/approvals`);
  const mine = lead.locator("section", { hasText: "For you" }).locator("tbody th a");
  let address = null;
  for (const href of await mine.evaluateAll((all) => all.map((one) => one.getAttribute("href")))) {
    await lead.goto(origin + href);
    if (await lead.locator("form[action$='/approve']").count() === 1) { address = href; break; }
  }
  must(address, "something can be approved");
  for (const [width, colorScheme] of [[1440, "light"], [1440, "dark"], [390, "light"]]) {
    await lead.setViewportSize({ width, height: 900 });
    await lead.emulateMedia({ colorScheme });
    await lead.screenshot({ path: path.join(output, `to-approve-${width}-${colorScheme}.png`), fullPage: true });
    await accessible(lead);
    const over = await lead.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    must(over <= 0, `${over} px too wide at ${width}`);
  }
  await lead.setViewportSize({ width: 1440, height: 900 });
  await lead.click("form[action$='/approve'] button");
  await lead.waitForSelector(".toast");
  await until(lead, address, "Propose to take it back");
  await lead.screenshot({ path: path.join(output, "done-1440-light.png"), fullPage: true });
  await accessible(lead);
  const preparer = await enter("tom");
  await preparer.goto(origin + address);
  await preparer.click("form[action$='/take-back'] button");
  await preparer.waitForURL((url) => url.pathname !== address && url.pathname.startsWith("/approvals/prp_"));
  const back = new URL(preparer.url()).pathname;
  await lead.goto(origin + back);
  await lead.click("form[action$='/approve'] button");
  await until(lead, address, "Taken back");
  await lead.screenshot({ path: path.join(output, "taken-back-1440-light.png"), fullPage: true });
  for (const page of [owner, lead, preparer]) {
    must(page.said.length === 0, page.said.join("\n"));
    await page.context().close();
  }
});

// A page as it is looked at: in both themes, on a desk and on a phone, without a violation.
const looked = async (page, name) => {
  for (const [width, colorScheme] of [1440, 820, 390].flatMap((width) => [[width, "light"], [width, "dark"]])) {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme });
    await page.screenshot({ path: path.join(output, `${name}-${width}-${colorScheme}.png`), fullPage: true });
    await accessible(page);
    const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    must(over <= 0, `${over} px too wide at ${width}`);
  }
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.emulateMedia({ colorScheme: "light" });
};

await check("a draft is changed on a sheet, and what is wrong is told beside what was written", async () => {
  const preparer = await enter("tom");
  await preparer.goto(`${origin}/approvals`);
  let address = null;
  for (const href of await preparer.locator("main tbody th a").evaluateAll((all) => all.map((one) => one.getAttribute("href")))) {
    await preparer.goto(origin + href);
    if (await preparer.locator("a[href$='/edit']").count() === 1) { address = href; break; }
  }
  must(address, "something can be changed");
  await preparer.click("a[href$='/edit']");
  await looked(preparer, "edit");
  await preparer.fill("[name=amount-0]", "a lot");
  await preparer.fill("[name=number]", "BY-HAND-1");
  await preparer.click("text=Keep this version");
  must((await preparer.textContent(".problems")).includes("no amount"), "the amount is refused");
  must(await preparer.inputValue("[name=number]") === "BY-HAND-1", "what was written is still there");
  await looked(preparer, "edit-refused");
  await preparer.fill("[name=amount-0]", "31,250.00");
  await preparer.click("text=Keep this version");
  await preparer.waitForSelector(".toast");
  must((await preparer.textContent("h1")).includes("BY-HAND-1"), "the sentence says what was written");
  await preparer.context().close();
});

let entered = null;
let enteredBy = null;
await check("a paper is added to what is entered, approved with it, and attached", async () => {
  const preparer = await enter("tom");
  await preparer.goto(`${origin}/approvals`);
  const all = preparer.locator("main tbody th a");
  let address = null;
  for (const href of await all.evaluateAll((all) => all.map((one) => one.getAttribute("href")))) {
    await preparer.goto(origin + href);
    if (await preparer.locator("form[action$='/document']").count() === 1) { address = href; break; }
  }
  must(address, "something takes a document");
  await preparer.click("section[aria-labelledby=pr-do] summary");
  await accessible(preparer);
  await preparer.setInputFiles("[name=document]", { name: "not a paper.exe", mimeType: "application/pdf", buffer: Buffer.from("MZ") });
  await preparer.click("form[action$='/document'] button");
  must((await preparer.textContent("body")).includes("Only PDF, PNG and JPEG"), "another kind of file is refused");
  await preparer.goto(origin + address);
  await preparer.click("section[aria-labelledby=pr-do] summary");
  await preparer.setInputFiles("[name=document]", { name: "the paper.pdf", mimeType: "application/pdf", buffer: Buffer.from("%PDF-1.7 the paper") });
  await preparer.click("form[action$='/document'] button");
  await preparer.waitForSelector(".toast");
  must((await preparer.textContent("section[aria-labelledby=pr-do]")).includes("the paper.pdf"), "it is on the page");
  for (const [width, colorScheme] of [[1440, "light"], [390, "dark"]]) {
    await preparer.setViewportSize({ width, height: 900 });
    await preparer.emulateMedia({ colorScheme });
    await preparer.screenshot({ path: path.join(output, `with-paper-${width}-${colorScheme}.png`), fullPage: true });
    await accessible(preparer);
  }
  const who = (await preparer.textContent(".terms")).includes("A/P lead") ? "marcus" : "priya";
  const lead = await enter(who);
  await lead.goto(origin + address);
  await lead.click("form[action$='/approve'] button");
  await until(lead, address, "Propose to take it back");
  let attach = null;
  for (let tries = 0; tries < 240 && !attach; tries += 1) {
    await lead.goto(`${origin}/approvals`);
    attach = await lead.locator("main tbody th a", { hasText: "the paper.pdf" }).first().getAttribute("href", { timeout: 250 }).catch(() => null);
  }
  must(attach, "to attach it is proposed");
  await lead.goto(origin + attach);
  await lead.click("form[action$='/approve'] button");
  await until(lead, attach, "Propose to take it back");
  [entered, enteredBy] = [address, who];
  await lead.screenshot({ path: path.join(output, "attached-1440-light.png"), fullPage: true });
  await accessible(lead);
  for (const page of [preparer, lead]) await page.context().close();
});

await check("alike proposals are looked at together and approved at once", async () => {
  const preparer = await enter("tom");
  for (const name of ["one.pdf", "other.pdf"]) {
    await preparer.goto(origin + entered);
    await preparer.click("section[aria-labelledby=pr-do] summary");
    await preparer.setInputFiles("[name=document]", { name, mimeType: "application/pdf", buffer: Buffer.from(`%PDF-1.7 ${name}`) });
    await preparer.click("form[action$='/document'] button");
    await preparer.waitForSelector(".toast");
  }
  await preparer.context().close();
  const lead = await enter(enteredBy);
  await lead.goto(`${origin}/approvals`);
  await looked(lead, "to-choose");
  const box = (name) => lead.locator("tbody tr", { hasText: name }).locator("input[type=checkbox]");
  await box("one.pdf").focus();
  await lead.keyboard.press("Space");
  await box("other.pdf").check();
  await lead.click("text=Look at the chosen together");
  must((await lead.textContent("h1")).includes("2 proposals together"), "both are on the page");
  await looked(lead, "together");
  await lead.click("form[action='/approvals/together'] button");
  await lead.waitForFunction(() => document.querySelector("h1")?.textContent.includes("2 of 2"));
  await looked(lead, "approved-together");
  must(lead.said.length === 0, lead.said.join("\n"));
  await lead.context().close();
});

// The simulated QuickBooks: of the ports that the demo listens on, the one with the books in it.
const simulated = async (page) => {
  const sockets = fs.readdirSync(`/proc/${server.pid}/fd`).flatMap((fd) => {
    try {
      return fs.readlinkSync(`/proc/${server.pid}/fd/${fd}`).match(/^socket:\[(\d+)\]$/)?.[1] ?? [];
    } catch { return []; }
  });
  const listening = fs.readFileSync("/proc/net/tcp", "utf8").split("\n").map((line) => line.trim().split(/\s+/))
    .filter((cells) => cells[3] === "0A" && sockets.includes(cells[9]))
    .map((cells) => `http://127.0.0.1:${parseInt(cells[1].split(":")[1], 16)}`);
  for (const address of listening) {
    const dump = await page.request.get(`${address}/_sandbox/dump`, { timeout: 5000 }).then((answer) => answer.json()).catch(() => null);
    if (dump?.Bill) return [address, dump];
  }
  throw new Error(`no simulated QuickBooks among ${listening}`);
};

await check("what somebody changed since is not taken back, and shown in three states", async () => {
  const page = await opened("/", 1440, "light");
  const [ledger, dump] = await simulated(page);
  const bill = dump.Bill.find((one) => one.DocNumber === "BY-HAND-1");
  must(bill, "the bill that was written by hand is in QuickBooks");
  const edited = async (edits) => {
    const answer = await page.request.post(`${ledger}/_sandbox/edits`, { data: edits });
    must(answer.ok(), await answer.text());
  };
  const preparer = await enter("tom");
  const takeBack = async () => {
    await preparer.goto(origin + entered);
    await preparer.click("form[action$='/take-back'] button");
    await preparer.waitForFunction(() => document.querySelector("h1")?.textContent === "Not taken back");
  };
  const bank = dump.Account.find((one) => one.AccountType === "Bank");
  await edited([{ action: "create", entity: "BillPayment", body: {
    VendorRef: bill.VendorRef, PayType: "Check", CheckPayment: { BankAccountRef: { value: bank.Id } }, TotalAmt: 1,
    TxnDate: bill.TxnDate, Line: [{ Amount: 1, LinkedTxn: [{ TxnId: bill.Id, TxnType: "Bill" }] }],
  } }]);
  await takeBack();
  must((await preparer.textContent("main")).includes("It was paid or linked since"), "a payment is told as one");
  await looked(preparer, "not-taken-back-paid");
  await preparer.click("form[action$='/take-back/instead'] button");
  await preparer.waitForURL((url) => url.pathname !== entered && url.pathname.startsWith("/approvals/prp_"));
  must((await preparer.textContent("h1")).includes("Taken back by another document"), "a credit is proposed");
  must((await preparer.textContent("main")).includes("New Vendor credit BY-HAND-1"), "of the same number");
  await looked(preparer, "taken-back-by-another");
  const lead = await enter(enteredBy);
  await lead.goto(preparer.url());
  await lead.click("summary:has-text('Decline')");
  await lead.selectOption("form[action$='/decline'] select", "Not now");
  await lead.click("form[action$='/decline'] button");
  await lead.waitForSelector(".toast");
  await lead.context().close();
  await edited([{ action: "update", entity: "Bill", id: bill.Id, body: { PrivateNote: "Seen by Ray" } }]);
  await takeBack();
  must((await preparer.textContent("main")).includes("Seen by Ray"), "what somebody wrote is shown");
  must(await preparer.locator("form[action$='/take-back/instead']").count() === 0, "and nothing is written over it");
  await looked(preparer, "not-taken-back-changed");
  for (const one of [page, preparer]) await one.context().close();
});

await check("the theme is chosen and remembered", async () => {
  const page = await opened("/", 1440, "light");
  await page.click("#theme");
  must(await page.evaluate(() => document.documentElement.dataset.theme) === "dark", "dark is chosen");
  await page.goto(`${origin}/jobs`);
  must(await page.evaluate(() => document.documentElement.dataset.theme) === "dark", "and remembered");
  await page.context().close();
});

await check("a system is connected from its page, a wrong secret first", async () => {
  const page = await opened("/connections", 1440, "light");
  await page.click("section[aria-labelledby=c-quickbooks] a.btn");
  await page.waitForURL("**/connections/quickbooks/set-up");
  must(await page.inputValue("[name=client_secret]") === "", "the secret is never filled in");
  must(await page.inputValue("[name=environment]") === "local", "the rest is as it was entered");
  const leave = async (secret) => {
    await page.fill("[name=client_secret]", secret);
    await page.click("main button[type=submit]");
    await page.waitForSelector("main a.btn.primary");
    await page.screenshot({ path: path.join(output, "away-1440-light.png") });
    await page.click("main a.btn.primary");
  };
  await leave("a-wrong-secret");
  await page.waitForSelector(".problems");
  must((await page.textContent(".problems")).includes("check the client id, its secret"), "it says what to do");
  must(await page.evaluate(() => document.activeElement?.classList.contains("problems")), "the focus is on it");
  await accessible(page);
  await page.screenshot({ path: path.join(output, "set-up-wrong-1440-light.png") });
  await leave("plumbline-sandbox-secret");
  await page.waitForURL(`${origin}/connections`);
  await page.waitForSelector(".panel.reading");
  await page.screenshot({ path: path.join(output, "connected-1440-light.png") });
  await page.context().close();
});

await check("an owner alone says why, everybody sees it, and in the first week staffs the office at once", async () => {
  const page = await opened("/settings", 1440, "light");
  await page.fill("#f-alone-reason", "Nobody else works in this office.");
  await page.click("form[action='/settings/alone'] button");
  await page.waitForURL("**/settings");
  must((await page.textContent("main")).includes("Sole approver mode is on"), "the mode is shown");
  await page.goto(`${origin}/people`);
  const vic = page.locator("tbody tr", { hasText: "Vic Sanders" });
  await vic.locator("summary").click();
  await vic.locator("form[action$='/give'] select").selectOption("preparer");
  await vic.locator("form[action$='/give'] button").click();
  await page.waitForFunction(() => [...document.querySelectorAll("tbody tr")].some((row) => row.textContent.includes("Vic Sanders") && row.cells[1].textContent.includes("Preparer")));
  await looked(page, "people-alone");
  // Once nobody leads receivables, the owner stands in there.
  const priya = page.locator("tbody tr", { hasText: "Priya Raman" });
  await priya.locator("summary").click();
  await priya.locator("form[action$='/take'] button").first().click();
  await page.waitForFunction(() => [...document.querySelectorAll("tbody tr")].some((row) => row.textContent.includes("Priya Raman") && row.cells[1].textContent.includes("No role")));
  await page.goto(`${origin}/approvals`);
  const mine = page.locator("section", { hasText: "For you" }).locator("tbody th a");
  let address = null;
  for (const href of await mine.evaluateAll((all) => all.map((one) => one.getAttribute("href")))) {
    await page.goto(origin + href);
    if (await page.locator("form[action$='/approve']").count() === 1) { address = href; break; }
  }
  must(address, "something can be approved alone");
  must((await page.textContent(".terms")).includes("so you decide alone"), "it says so before");
  await looked(page, "approve-alone");
  await page.click("form[action$='/approve'] button");
  await page.waitForSelector(".toast");
  must((await page.textContent("main")).includes("It waits for its delay"), "it waits");
  await looked(page, "approved-alone");
  await page.goto(`${origin}/settings`);
  await page.click("form[action='/settings/alone/end'] button");
  await page.waitForFunction(() => !document.body.textContent.includes("Sole approver mode is on"));
  must(page.said.length === 0, page.said.join("\n"));
  await page.context().close();
});

await check("with two owners a role and a limit wait for the other one, who confirms them", async () => {
  const owner = await opened("/people", 1440, "light");
  const row = (page, name) => page.locator("tbody tr", { hasText: name });
  const give = async (name, role) => {
    await row(owner, name).locator("summary").click();
    await row(owner, name).locator("form[action$='/give'] select").selectOption(role);
    await row(owner, name).locator("form[action$='/give'] button").click();
    await owner.waitForURL("**/people**");
  };
  await give("Vic Sanders", "owner");
  await owner.waitForFunction(() => [...document.querySelectorAll("tbody tr")].some((row) => row.textContent.includes("Vic Sanders") && row.cells[1].textContent.includes("Owner")));
  await owner.goto(`${origin}/people`);
  await give("Priya Raman", "lead.collections");
  await owner.waitForSelector("#p-prop");
  await looked(owner, "people-proposed");
  await owner.goto(`${origin}/settings`);
  await owner.fill("#f-writes-together_up_to", "2,000,000.00");
  await owner.click("form[action='/settings/writes'] button");
  await owner.waitForSelector("text=Waiting for a second person");
  await looked(owner, "settings-proposed");
  const second = await enter("vic");
  await second.goto(`${origin}/settings`);
  must((await second.textContent("main")).includes("$1,000,000.00 to $2,000,000.00"), "the other owner sees exactly what would be");
  await looked(second, "settings-to-confirm");
  await second.click("form[action$='/confirm'] button");
  await second.waitForFunction(() => document.querySelector("#f-writes-together_up_to")?.value === "2,000,000.00");
  await second.goto(`${origin}/people`);
  await second.click("form[action$='/confirm'] button");
  await second.waitForFunction(() => !document.querySelector("#p-prop"));
  must((await row(second, "Priya Raman").textContent()).includes("A/R lead"), "and the role is given");
  for (const page of [owner, second]) {
    must(page.said.length === 0, page.said.join("\n"));
    await page.context().close();
  }
});

await check("everything is taken along, and erasing is asked for and taken back", async () => {
  const page = await opened("/settings", 1440, "light");
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.click("form[action='/settings/export'] button"),
  ]);
  const lines = fs.readFileSync(await download.path(), "utf8").trimEnd().split("\n");
  must(JSON.parse(lines[0]).plumbline_tenant === 1, "it begins as an exported tenant");
  must(JSON.parse(lines.at(-1)).digest?.length === 64, "it is whole");
  const name = await page.textContent("#s-leave ~ .body b, section[aria-labelledby=s-leave] b");
  await page.fill("#f-erase-name", name);
  await page.fill("#f-erase-reason", "The demo is over for today.");
  await page.click("form[action='/settings/erase'] button");
  await page.waitForFunction(() => document.body.textContent.includes("This company will be erased"));
  await page.screenshot({ path: path.join(output, "settings-leaving-1440-light.png"), fullPage: true });
  await accessible(page);
  await page.goto(`${origin}/jobs`);
  must((await page.textContent("body")).includes("This company will be erased"), "every page tells it");
  await page.goto(`${origin}/settings`);
  await page.click("form[action='/settings/erase/withdraw'] button");
  await page.waitForFunction(() => !document.body.textContent.includes("This company will be erased"));
  must(page.said.length === 0, page.said.join("\n"));
  await page.context().close();
});

await check("without script every screen still works", async () => {
  const context = await browser.newContext({ javaScriptEnabled: false, storageState: signedIn });
  const page = await context.newPage();
  await page.goto(`${origin}/worklist`);
  await page.locator(".row").nth(2).click();
  must(await page.locator("article.prop").count() === 1, "the item opens");
  await page.goto(`${origin}${bridge}`);
  await page.locator("details.receipt > summary").first().click();
  await page.locator("details.receipt[open] a").first().click();
  must((await page.textContent("h1")).length > 5, "the receipt is a page");
  await context.close();
});

await browser.close();
server.removeAllListeners("exit");
server.kill("SIGINT");
await new Promise((resolve) => { server.on("exit", resolve); });
fs.rmSync(data, { recursive: true, force: true });
console.log(`test result: ${failures.length === 0 ? "ok" : "FAILED"}. ${passed} passed; ${failures.length} failed; 0 ignored`);
process.exitCode = failures.length === 0 ? 0 : 1;
