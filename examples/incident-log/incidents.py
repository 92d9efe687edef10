#!/usr/bin/env python3
"""Turns the UCI incident log into a register for `handoff audit`: one line of JSON for each incident, as it stood at a moment.

    python3 incidents.py incident_event_log.csv --at 2016-03-14T09:00:00Z --offset Z > incidents.ndjson

The log has a row for each update of an incident, with all fields as they were after it. Rows are read one by one, and only those of one
incident are kept at a time.
"""

import argparse
import csv
import itertools
import json
import sys
from datetime import datetime

# Copies of the log, and exports of the platform that it came from, write states as labels or as these codes. What is in neither goes
# through as it stands: then the audit says that the policy does not know it.
CODES = dict(zip("1234567", ["New", "Active", "Awaiting Problem", "Awaiting User Info", "Awaiting Evidence", "Resolved", "Closed"]))
# A few rows say "-100" for a state. It is no state but the platform's word for none, so such a row changes nothing.
NO_STATE = ("?", "-100")


def field(row, name):
    """A field as text, or None. Where the log says "?" the field was empty; some texts have two blanks where one is meant."""
    text = " ".join(row[name].split())
    return None if text in ("", "?") else text


def state(row):
    text = CODES.get(row["incident_state"], row["incident_state"])
    return None if text in NO_STATE else text.lower().replace(" ", "-")


def time(text, offset):
    """Times are written `d/m/Y H:M` or `d-m-Y H:M`, without a zone: the offset has to be told, because nobody can guess it."""
    return datetime.strptime(text.replace("/", "-"), "%d-%m-%Y %H:%M").replace(tzinfo=offset)


def ticket(number, rows, at, offset):
    """An incident at that moment, or None where it was not there yet."""
    # The rows stand in the order in which things happened. Sorting would break that: `sys_updated_at` has whole minutes, so that several
    # updates have the same, and in a few incidents the first row carries a later time, or a later `sys_mod_count`, than the rows after it.
    # Such a time is left as it is: the audit tells that the history contradicts itself.
    history, last = [], None
    for row in rows:
        updated = time(row["sys_updated_at"], offset)
        # Rows after the moment are not known yet.
        if updated > at:
            continue
        last, before, now = row, history[-1]["to"] if history else None, state(row)
        # Most updates change a note, a group or a person. Only a change of state is an entry: a second row that says Closed is no second
        # closing. The first row is the creation, whatever state it is in.
        if now is not None and now != before:
            history.append({"at": updated.isoformat(), "from": before, "to": now, "by": field(row, "sys_updated_by")})
    if last is None:
        return None
    present = history[-1]["to"] if history else None
    columns = {"category": "category", "priority": "priority", "problem": "problem_id", "vendor": "vendor"}
    attributes = {name: field(last, column) for name, column in columns.items()}
    # `resolved_at`, `closed_at` and `closed_code` stand in every row as they were at the end, also in the first: they know the future. The
    # history tells the first two; the code counts from the resolution on.
    if present in ("resolved", "closed"):
        attributes["resolution"] = field(last, "closed_code")
    known = {
        "id": number,
        "kind": "incident",
        "state": present,
        # It is about a service. Who called is no person to or from whom something is handed over.
        "subject": None,
        "requester": field(last, "caller_id"),
        # Nobody, where it is empty: each row has all fields, so this is known.
        "assignee": field(last, "assigned_to"),
        "opened": time(last["opened_at"], offset).isoformat(),
        "updated_at": time(last["sys_updated_at"], offset).isoformat(),
        "attributes": attributes,
        "history": history,
    }
    # What nobody told is left out: somebody called, whoever it was, and an incident is in some state.
    for name in ("state", "requester"):
        if known[name] is None:
            del known[name]
    return known


def moment(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("log", type=argparse.FileType(encoding="utf-8-sig"), help="the log as CSV, or `-`")
    parser.add_argument("--at", required=True, type=moment, help="the moment, as RFC 3339 with an offset")
    parser.add_argument("--offset", required=True, help="the offset of the log's times: `Z`, `+01:00`")
    options = parser.parse_args()
    if options.at.tzinfo is None:
        parser.error("--at has no offset")
    offset = moment(f"2000-01-01T00:00:00{options.offset}").tzinfo
    print(json.dumps({"at": options.at.isoformat()}))
    seen = set()
    for number, rows in itertools.groupby(csv.DictReader(options.log), key=lambda row: row["number"]):
        if number in seen:
            sys.exit(f"{number} stands in two places of the log: sort it by number, and keep the order of its rows")
        seen.add(number)
        found = ticket(number, rows, options.at, offset)
        if found is not None:
            # Facts of their own, and not a bare `ticket`: an incident links nothing, so this is all that belongs to it, and the audit also
            # judges the gate by which it closed.
            print(json.dumps({"tickets": [found]}))


if __name__ == "__main__":
    main()
