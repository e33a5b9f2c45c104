"""Drives the local QuickBooks sandbox with the clients that others use against the real one.

Usage: witness.py BASE_URL
Prints "N passed, 0 failed" and exits with 1 when anything failed.
"""

import os
import sys
import tempfile
import urllib.parse

os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"

import requests
from intuitlib.client import AuthClient
from intuitlib.enums import Scopes
from intuitlib.exceptions import AuthClientError
from quickbooks import QuickBooks
from quickbooks.batch import batch_create, batch_delete, batch_update
from quickbooks.cdc import change_data_capture
from quickbooks.exceptions import QuickbooksException
from quickbooks.objects.account import Account
from quickbooks.objects.attachable import Attachable
from quickbooks.objects.base import AttachableRef, LinkedTxn, Ref
from quickbooks.objects.bill import Bill
from quickbooks.objects.billpayment import BillPayment, BillPaymentLine, CheckPayment
from quickbooks.objects.company_info import CompanyInfo
from quickbooks.objects.customer import Customer
from quickbooks.objects.detailline import (
    AccountBasedExpenseLine,
    AccountBasedExpenseLineDetail,
    SalesItemLine,
    SalesItemLineDetail,
)
from quickbooks.objects.invoice import Invoice
from quickbooks.objects.item import Item
from quickbooks.objects.payment import Payment, PaymentLine
from quickbooks.objects.preferences import Preferences
from quickbooks.objects.vendor import Vendor

BASE = sys.argv[1].rstrip("/")
CLIENT_ID = "ABplumblineSandboxClient0001"
CLIENT_SECRET = "plumbline-sandbox-secret"
REDIRECT = "http://localhost:8123/callback"

passed = 0
failed = 0


def check(name, condition):
    global passed, failed
    if condition:
        passed += 1
    else:
        failed += 1
        print(f"FAILED: {name}")


def step(function):
    """Runs one step; an exception is a failure, not the end."""
    global failed
    try:
        function()
    except Exception as error:  # the report must name every step that broke
        failed += 1
        print(f"FAILED: {function.__name__}: {type(error).__name__}: {error}")


def expect_code(name, code, function):
    try:
        function()
    except QuickbooksException as error:
        check(f"{name}: code {error.error_code}", error.error_code == code)
        return
    check(f"{name}: nothing was refused", False)


auth = AuthClient(
    CLIENT_ID,
    CLIENT_SECRET,
    REDIRECT,
    f"{BASE}/.well-known/openid_sandbox_configuration/",
)
client = None


def oauth():
    global client
    url = auth.get_authorization_url([Scopes.ACCOUNTING], state_token="witness-state")
    check("authorization address is ours", url.startswith(f"{BASE}/connect/oauth2"))
    answer = requests.get(url, allow_redirects=False, timeout=20)
    check("consent redirects", answer.status_code == 302)
    target = urllib.parse.urlparse(answer.headers["location"])
    fields = dict(urllib.parse.parse_qsl(target.query))
    check("state comes back", fields.get("state") == "witness-state")
    auth.get_bearer_token(fields["code"], realm_id=fields["realmId"])
    check("access token", bool(auth.access_token))
    check("token lives an hour", auth.expires_in == 3600)
    old = auth.refresh_token
    auth.refresh()
    check("refresh rotates", auth.refresh_token != old)
    try:
        auth.refresh(refresh_token=old)
        check("an old refresh token is refused", False)
    except AuthClientError as error:
        check("an old refresh token is invalid_grant", "invalid_grant" in str(error.content))
        check("trace id", bool(error.intuit_tid))
    QuickBooks.sandbox_api_url_v3 = QuickBooks.api_url_v3 = f"{BASE}/v3"
    client = QuickBooks(
        auth_client=auth, refresh_token=auth.refresh_token, company_id=fields["realmId"], minorversion=75
    )
    info = auth.get_user_info(access_token=auth.access_token)
    check("user info", info.status_code == 200)


def settings():
    info = CompanyInfo.get(client.company_id, qb=client)
    check("company name", bool(info.CompanyName))
    preferences = Preferences.get(qb=client)
    check("preferences", preferences is not None)


state = {}


def customers():
    owner = Customer()
    owner.DisplayName = "Witness O'Hara & Sons"
    owner.save(qb=client)
    check("customer id", int(owner.Id) > 0)
    found = Customer.filter(DisplayName="Witness O'Hara & Sons", qb=client)
    check("found by a quoted name", len(found) == 1 and found[0].Id == owner.Id)
    owner.CompanyName = "O'Hara"
    owner = owner.save(qb=client)
    check("update counts the token up", str(owner.SyncToken) == "1")
    check("read back", Customer.get(int(owner.Id), qb=client).CompanyName == "O'Hara")
    twin = Customer()
    twin.DisplayName = "Witness O'Hara & Sons"
    expect_code("duplicate name", 6240, lambda: twin.save(qb=client))
    job = Customer()
    job.DisplayName = "Witness Job"
    job.Job = True
    job.ParentRef = owner.to_ref()
    job = job.save(qb=client)
    check("full name", job.FullyQualifiedName == "Witness O'Hara & Sons:Witness Job")
    state["owner"], state["job"] = owner, job
    vendor = Vendor()
    vendor.DisplayName = "Witness Supply"
    vendor.save(qb=client)
    state["vendor"] = vendor


def reference(identifier):
    ref = Ref()
    ref.value = str(identifier)
    return ref


def first(kind, **filters):
    return kind.filter(qb=client, max_results=1, **filters)[0]


def bill_of(amount, number):
    bill = Bill()
    bill.VendorRef = state["vendor"].to_ref()
    bill.DocNumber = number
    line = AccountBasedExpenseLine()
    line.Amount = amount
    line.DetailType = "AccountBasedExpenseLineDetail"
    line.AccountBasedExpenseLineDetail = AccountBasedExpenseLineDetail()
    cost = first(Account, AccountType="Cost of Goods Sold")
    line.AccountBasedExpenseLineDetail.AccountRef = reference(cost.Id)
    line.AccountBasedExpenseLineDetail.CustomerRef = state["job"].to_ref()
    bill.Line.append(line)
    return bill


def bills():
    bill = bill_of(318.4, "W-1").save(qb=client)
    check("bill total", bill.TotalAmt == 318.4 and bill.Balance == 318.4)
    again = bill_of(1, "W-1")
    expect_code("duplicate number", 6140, lambda: again.save(qb=client))
    payment = BillPayment()
    payment.VendorRef = state["vendor"].to_ref()
    payment.PayType = "Check"
    payment.TotalAmt = 300
    payment.CheckPayment = CheckPayment()
    payment.CheckPayment.BankAccountRef = reference(first(Account, AccountType="Bank").Id)
    line = BillPaymentLine()
    line.Amount = 300
    link = LinkedTxn()
    link.TxnId, link.TxnType = bill.Id, "Bill"
    line.LinkedTxn.append(link)
    payment.Line.append(line)
    payment = payment.save(qb=client)
    paid = Bill.get(int(bill.Id), qb=client)
    check("open after part payment", paid.Balance == 18.4)
    check("linked both ways", paid.LinkedTxn[0].TxnId == payment.Id)
    check("linking bumps the token", int(paid.SyncToken) == 1)
    expect_code("paid bills stay", 6000, lambda: paid.delete(qb=client))
    expect_code("stale token", 5010, lambda: bill.delete(qb=client))
    vendor = Vendor.get(int(state["vendor"].Id), qb=client)
    check("vendor balance follows", vendor.Balance == 18.4)
    payment.void(qb=client)
    check("void reopens the bill", Bill.get(int(bill.Id), qb=client).Balance == 318.4)
    fresh = Bill.get(int(bill.Id), qb=client)
    fresh.delete(qb=client)
    expect_code("deleted is gone", 610, lambda: Bill.get(int(bill.Id), qb=client))


def receivables():
    invoice = Invoice()
    invoice.CustomerRef = state["job"].to_ref()
    line = SalesItemLine()
    line.Amount = 337.5
    line.SalesItemLineDetail = SalesItemLineDetail()
    line.SalesItemLineDetail.ItemRef = reference(first(Item).Id)
    line.SalesItemLineDetail.Qty = 2.5
    line.SalesItemLineDetail.UnitPrice = 135
    invoice.Line.append(line)
    invoice = invoice.save(qb=client)
    check("invoice balance", invoice.Balance == 337.5)
    check("subtotal line", invoice.Line[-1].DetailType == "SubTotalLineDetail")
    payment = Payment()
    payment.CustomerRef = state["owner"].to_ref()
    payment.TotalAmt = 400
    line = PaymentLine()
    line.Amount = 337.5
    link = LinkedTxn()
    link.TxnId, link.TxnType = invoice.Id, "Invoice"
    line.LinkedTxn.append(link)
    payment.Line.append(line)
    payment = payment.save(qb=client)
    check("unapplied", payment.UnappliedAmt == 62.5)
    check("settled", Invoice.get(int(invoice.Id), qb=client).Balance == 0)
    payment.void(qb=client)
    check("payment void", Payment.get(int(payment.Id), qb=client).TotalAmt == 0)
    open_again = Invoice.get(int(invoice.Id), qb=client)
    check("open again", open_again.Balance == 337.5)
    open_again.void(qb=client)
    voided = Invoice.get(int(invoice.Id), qb=client)
    check("invoice void", voided.TotalAmt == 0 and "Voided" in voided.PrivateNote)


def queries():
    vendors = Vendor.all(qb=client)
    check("all vendors", any(v.Id == state["vendor"].Id for v in vendors))
    check("count", Vendor.count(qb=client) == len(vendors))
    page = Vendor.query("SELECT * FROM Vendor ORDERBY Id STARTPOSITION 1 MAXRESULTS 1", qb=client)
    check("page", len(page) == 1)
    chosen = Vendor.choose([int(v.Id) for v in vendors], field="Id", qb=client)
    check("in", len(chosen) == len(vendors))
    expect_code("parser", 4000, lambda: client.query("select * frm Vendor"))
    expect_code("validator", 4001, lambda: client.query("select * from Bill where PrivateNote = 'x'"))


def changes():
    result = change_data_capture([Invoice, Bill, Customer], "2000-01-01T00:00:00+00:00", qb=client)
    check("changed invoices", len(result.Invoice) >= 1)
    check("changed customers", len(result.Customer) >= 2)
    check("tombstone", any(getattr(b, "status", "") == "Deleted" for b in result.Bill))


def batches():
    made = batch_create([bill_of(1, "W-B1"), bill_of(2, "W-B2"), bill_of(3, "W-B1")], qb=client)
    check("created in batch", len(made.successes) == 2)
    check("one item faults alone", len(made.faults) == 1)
    for bill in made.successes:
        bill.PrivateNote = "from a batch"
    updated = batch_update(made.successes, qb=client)
    check("updated in batch", len(updated.successes) == 2 and not updated.faults)
    deleted = batch_delete(updated.successes, qb=client)
    check("deleted in batch", not deleted.faults)
    items = [
        {"bId": str(n), "Query": "select * from Vendor"} for n in range(31)
    ]
    answer = requests.post(
        f"{BASE}/v3/company/{client.company_id}/batch",
        json={"BatchItemRequest": items},
        headers={"Authorization": f"Bearer {auth.access_token}", "Accept": "application/json"},
        timeout=20,
    )
    check("thirty at most", answer.json()["Fault"]["Error"][0]["code"] == "1040")


def report():
    bill = bill_of(88.88, "W-R").save(qb=client)
    state["bill"] = bill
    trial = client.get_report("TrialBalance", {"accounting_method": "Accrual"})
    keys = [c["MetaData"][0]["Value"] for c in trial["Columns"]["Column"] if c.get("MetaData")]
    check("trial balance has column keys", "debt_amt" in keys or len(trial["Columns"]["Column"]) == 3)
    ledger = client.get_report("GeneralLedger", {"columns": "tx_date,txn_type,debt_amt,credit_amt"})
    check("ledger", "88.88" in str(ledger["Rows"]))
    aged = client.get_report("AgedPayables")
    check("aging", "Witness Supply" in str(aged["Rows"]) and "88.88" in str(aged["Rows"]))


def upload():
    with tempfile.NamedTemporaryFile(suffix=".txt", delete=False) as file:
        file.write(b"delivery ticket 17\n")
        path = file.name
    attachment = Attachable()
    ref = AttachableRef()
    ref.EntityRef = state["bill"].to_ref()
    attachment.AttachableRef.append(ref)
    attachment.FileName = "ticket.txt"
    attachment._FilePath = path
    attachment.ContentType = "text/plain"
    attachment.save(qb=client)
    os.unlink(path)
    check("attachment id", bool(attachment.Id))
    headers = {"Authorization": f"Bearer {auth.access_token}"}
    address = requests.get(
        f"{BASE}/v3/company/{client.company_id}/download/{attachment.Id}", headers=headers, timeout=20
    ).text
    content = requests.get(address, timeout=20).content
    check("content comes back", content == b"delivery ticket 17\n")
    found = Attachable.query("select * from Attachable", qb=client)
    check("attachable listed", any(a.Id == attachment.Id for a in found))


def revoke():
    check("revoked", auth.revoke(token=auth.refresh_token))
    try:
        Vendor.count(qb=client)
        check("a revoked grant opens nothing", False)
    except Exception as error:
        check("a revoked grant answers 401", type(error).__name__ == "AuthorizationException")


for function in (oauth, settings, customers, bills, receivables, queries, changes, batches, report, upload, revoke):
    step(function)

print(f"{passed} passed, {failed} failed")
sys.exit(1 if failed else 0)
