"""Checks a copy made by `plumbline audit export`, without anything of Plumbline's.

python3 verify_audit.py COPY.jsonl
"""
import hashlib
import json
import sys

with open(sys.argv[1], encoding="utf-8") as copy:
    head, *entries = [json.loads(line) for line in copy]
before = "0" * 64
for number, entry in enumerate(entries, 1):
    actor = [0] if entry["actor"] is None else [1, entry["actor"]]
    told = [*actor, entry["action"], entry["about"]]
    digest = hashlib.sha256()
    for part in [head["purpose"], head["tenant"], number, before, entry["at"], *told]:
        field = part.to_bytes(8, "big") if isinstance(part, int) else part.encode()
        digest.update(len(field).to_bytes(8, "big") + field)
    if entry["number"] != number or entry["hash"] != digest.hexdigest():
        sys.exit(f"entry {number} is not what was written, or not in its place")
    before = entry["hash"]
print(f"{len(entries)} entries are whole; the last hash is {before}")
