"""Nine ordered SQL passes in DuckDB, from strict to loose: how an analyst matches two tables.

usage: duckdb_passes.py A.csv B.csv PAIRS.csv

Every pass looks only at rows that no earlier pass has taken, and takes a pair when each row is the
other's nearest in time under the keys of the pass. Amounts are whole cents throughout.
"""

import sys

import duckdb

# Spellings of trade words, applied to whole words of the upper-case name.
WORDS = [
    ("CONSTRUCTION|CONSTR|CONST", "CONSTR"),
    ("ELECTRICAL|ELECTRIC|ELEC", "ELEC"),
    ("MECHANICAL|MECH", "MECH"),
    ("PLUMBING|PLBG", "PLBG"),
    ("CONCRETE|CONC", "CONC"),
    ("EXCAVATING|EXCAVATION|EXCAV", "EXCAV"),
    ("EQUIPMENT|EQUIP", "EQUIP"),
    ("SERVICES|SERVICE|SVCS|SVC", "SVC"),
    ("SUPPLY|SUP", "SUP"),
    ("MATERIALS|MATLS", "MATLS"),
    ("BUILDING|BLDG", "BLDG"),
    ("ENGINEERING|ENG", "ENG"),
    ("HEATING|HTG", "HTG"),
    ("BROTHERS|BROS", "BROS"),
    ("STEEL|STL", "STL"),
    ("ROOFING|RFG", "RFG"),
    ("LANDSCAPING|LANDSCAPE", "LANDSCAPE"),
]


def vendor_expression() -> str:
    name = "regexp_replace(replace(upper(vendor), '.', ''), '[^A-Z0-9 ]', ' ', 'g')"
    name = f"regexp_replace({name}, '\\b(LLC|INC|CO|CORP|COMPANY|LTD|AND|THE)\\b', '', 'g')"
    for spellings, kept in WORDS:
        name = f"regexp_replace({name}, '\\b({spellings})\\b', '{kept}', 'g')"
    return f"trim(regexp_replace({name}, ' +', ' ', 'g'))"


NUMBER = """
regexp_replace(
    regexp_replace(
        regexp_replace(upper(coalesce(doc_no, '')), '[^A-Z0-9]', '', 'g'),
        '^(INVOICE|INV|NO)', ''),
    '(^|[A-Z])0+([0-9])', '\\1\\2', 'g')
"""

RETAINAGE = "(abs(a.cents*95 - b.cents*100) <= 100 or abs(a.cents*90 - b.cents*100) <= 100 " \
            "or abs(a.cents*925 - b.cents*1000) <= 1000)"
TAX = "(b.cents*1000 between a.cents*1029 and a.cents*1115)"


def load(con: duckdb.DuckDBPyConnection, table: str, path: str) -> None:
    # Names repeat, so each spelling is normalised once.
    con.execute(f"""
        create temp table {table}_raw as
        select id, vendor, doc_no, amount_cents as cents, "date" as day, coalesce(job, '') as job
        from read_csv(?, header = true, columns = {{'id': 'VARCHAR', 'vendor': 'VARCHAR',
            'doc_no': 'VARCHAR', 'amount_cents': 'BIGINT', 'date': 'DATE', 'job': 'VARCHAR'}})
    """, [path])
    con.execute(f"""
        create temp table {table}_names as
        select vendor, {vendor_expression()} as name
        from (select distinct vendor from {table}_raw)
    """)
    con.execute(f"""
        create temp table {table} as
        select id, cents, day, job, {NUMBER} as number, name
        from {table}_raw join {table}_names using (vendor)
    """)
    con.execute(f"drop table {table}_raw")


def take(con: duckdb.DuckDBPyConnection, score: str, condition: str, order: str = "") -> None:
    """One pass: mutual nearest pairs under a condition, then the rest is what remains."""
    nearest = "abs(a.day - b.day)"
    con.execute(f"""
        create or replace temp table found as
        with candidates as (
            select a.id as a_id, b.id as b_id,
                row_number() over (partition by a.id order by {order}{nearest}, b.id) as a_rank,
                row_number() over (partition by b.id order by {order}{nearest}, a.id) as b_rank
            from a join b on {condition}
        )
        select a_id, b_id from candidates where a_rank = 1 and b_rank = 1
    """)
    con.execute(f"insert into pairs select a_id, b_id, {score} from found")
    remove(con)


def remove(con: duckdb.DuckDBPyConnection) -> None:
    for side in ("a", "b"):
        con.execute(f"""
            create or replace temp table {side} as
            select * from {side} where id not in (select {side}_id from found)
        """)


def take_splits(con: duckdb.DuckDBPyConnection, whole: str, part: str) -> None:
    """Parts that carry the number of the whole, with a suffix or without, and add up to it."""
    con.execute(f"""
        create or replace temp table parts as
        with stems as (
            select w.id as whole_id, w.cents as whole_cents, p.id as part_id, p.cents as part_cents
            from {whole} w join {part} p on p.name = w.name and p.number != ''
                and w.number in (p.number, left(p.number, -1)) and p.cents < w.cents
                and abs(p.day - w.day) <= 45
        ), sums as (
            select whole_id, whole_cents, sum(part_cents) as total
            from stems group by all having count(*) between 2 and 6
        )
        select whole_id, part_id from stems join sums using (whole_id)
        where total = sums.whole_cents
           or abs(sums.whole_cents*90 - total*100) <= 200 or abs(sums.whole_cents*95 - total*100) <= 200
           or abs(total*90 - sums.whole_cents*100) <= 200 or abs(total*95 - sums.whole_cents*100) <= 200
           or total * 1000 between sums.whole_cents * 1029 and sums.whole_cents * 1115
           or sums.whole_cents * 1000 between total * 1029 and total * 1115
    """)
    columns = "whole_id as a_id, part_id as b_id" if whole == "a" else "part_id as a_id, whole_id as b_id"
    con.execute(f"""
        create or replace temp table found as
        select {columns} from parts
        qualify count(*) over (partition by part_id) = 1
    """)
    con.execute("insert into pairs select a_id, b_id, 0.85 from found")
    remove(con)


def main() -> None:
    a_path, b_path, out = sys.argv[1:4]
    con = duckdb.connect()
    con.execute("create temp table pairs (a_id varchar, b_id varchar, score double)")
    load(con, "a", a_path)
    load(con, "b", b_path)
    same_number = "a.number = b.number and a.number != ''"
    # 1: everything that identifies a bill agrees.
    take(con, "1.0", f"a.name = b.name and {same_number} and a.cents = b.cents and abs(a.day - b.day) <= 75")
    # 2: the name is written in a way that the normal form does not catch.
    take(con, "0.95", f"{same_number} and a.cents = b.cents and abs(a.day - b.day) <= 45 "
                      "and (a.job = b.job or jaro_winkler_similarity(a.name, b.name) > 0.8)")
    # 3: net of retainage, or with tax.
    take(con, "0.9", f"a.name = b.name and {same_number} and abs(a.day - b.day) <= 60 and ({RETAINAGE} or {TAX})")
    # 4 and 5: one bill here, several there.
    take_splits(con, "a", "b")
    take_splits(con, "b", "a")
    # 6: the same bill with a mistyped or changed amount.
    take(con, "0.8", f"a.name = b.name and {same_number} and abs(a.day - b.day) <= 45")
    # 7: the number is missing, mistyped or another, but vendor, amount and time agree.
    take(con, "0.75", "a.name = b.name and a.cents = b.cents and abs(a.day - b.day) <= 14",
         "(a.number != b.number and levenshtein(a.number, b.number) > 1)::int, ")
    # 8: the number is mistyped or missing and the amount is net or with tax.
    take(con, "0.7", f"a.name = b.name and a.job = b.job and abs(a.day - b.day) <= 35 and ({RETAINAGE} or {TAX}) "
                     "and (a.number = '' or b.number = '' or ends_with(a.number, b.number) "
                     "or ends_with(b.number, a.number) or levenshtein(a.number, b.number) <= 2)")
    # 9: the name is mistyped, and number or amount decide together with job and time.
    take(con, "0.65", "a.job = b.job and a.job != '' and a.cents = b.cents and abs(a.day - b.day) <= 35 "
                      "and jaro_winkler_similarity(a.name, b.name) > 0.85")
    con.execute(f"copy (select * from pairs) to '{out}' (header)")


main()
