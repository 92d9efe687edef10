#!/usr/bin/env python3
"""Audits a register of devices that is kept in a spreadsheet: what does not fit, who mends it, and how.

    python3 register.py register/assets.csv register/people.csv --at 2026-03-02T09:00:00+00:00

The rules are those of the policy. This script only says what the cells mean.
"""

from __future__ import annotations

import argparse
import csv
import re
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta, tzinfo
from pathlib import Path
from typing import Any

from handoff import Handoff, HandoffError, read_yaml

HERE = Path(__file__).resolve().parent
Row = dict[str, str]

# Two things that spreadsheets write alike. Of a cell that tells nothing, nothing is known, so the key is left out; of a cell that says
# "none" it is known that there is none, which is `null`. An empty cell is the first: an owner that nobody filled in proves no free device.
UNTOLD = {"", "?", "n/a", "na", "null", "#n/a", "tbc", "tbd", "unknown"}
NONE = {"-", "none", "nobody", "no one", "free"}
YES, NO = {"yes", "y", "true", "x", "1"}, {"no", "n", "false", "0"}


def cell(row: Row, column: str) -> str:
    """The text of a cell; exports leave blanks of all sorts around it."""
    return " ".join((row.get(column) or "").split())


def told(row: Row, column: str) -> dict[str, str | None]:
    """What a cell tells, as a key of the facts or none."""
    text = cell(row, column)
    if text.casefold() in UNTOLD:
        return {}
    return {column: None if text.casefold() in NONE else text}


def word(text: str) -> str:
    """`In Use ` as the policy writes it. What it does not know goes through, so that the audit tells of it."""
    return text.casefold().replace(" ", "-")


def login(text: str) -> str:
    """People are named by login or by mail address, in any case; to the facts an id in another case is somebody else."""
    return text.casefold().partition("@")[0]


def day(text: str) -> date:
    if re.fullmatch(r"[0-9]{5}", text):
        # A day that the spreadsheet forgot to format: it counts them from here.
        return date(1899, 12, 30) + timedelta(days=int(text))
    return datetime.strptime(text, "%d.%m.%Y" if "." in text else "%Y-%m-%d").date()


def serial(row: Row) -> dict[str, str | None]:
    """Of `3.52E+14` the last digits are gone for good, so nobody knows the serial. Case is left: the component compares serials."""
    return {} if re.fullmatch(r"[0-9.,]+E\+[0-9]+", cell(row, "serial")) else told(row, "serial")


def asset(row: Row, zone: tzinfo | None) -> dict[str, Any]:
    facts: dict[str, Any] = {"id": cell(row, "tag"), **serial(row)}
    for column, key in ("type", "kind"), ("status", "state"):
        if text := told(row, column).get(column):
            facts[key] = word(text)
    for owner in told(row, "owner").values():
        facts["owner"] = owner and f"person:{login(owner)}"
    for site in told(row, "site").values():
        facts["location"] = site
    if seen := told(row, "last seen").get("last seen"):
        # A day has no time: the earliest one, so that nothing looks fresher than it is.
        facts["last_used"] = datetime.combine(day(seen), time(), zone)
    encrypted = cell(row, "encrypted").casefold()
    if encrypted in YES | NO:
        facts["attributes"] = {"encrypted": encrypted in YES}
    return facts


def person(row: Row) -> dict[str, Any]:
    facts: dict[str, Any] = {"id": login(cell(row, "login")), "name": cell(row, "name"), "status": word(cell(row, "status"))}
    if last := told(row, "last day").get("last day"):
        facts["last_day"] = day(last)
    return facts


def rows(path: Path) -> Iterator[Row]:
    # Excel begins its UTF-8 with a mark that else would be part of the first column's name.
    with path.open(encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file)


def lines(assets: Path, people: Path, zone: tzinfo | None) -> Iterator[dict[str, Any]]:
    """The register, row by row: people come first, as the head of it."""
    for row in rows(people):
        yield {"person": person(row)}
    for number, row in enumerate(rows(assets), start=2):
        try:
            yield {"asset": asset(row, zone)}
        except ValueError as error:
            raise ValueError(f"{assets.name}, line {number}: {error}") from error


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("assets", type=Path, help="the devices, as CSV")
    parser.add_argument("people", type=Path, help="the people, as CSV")
    parser.add_argument("--at", required=True, type=datetime.fromisoformat, help="the time of the audit, with its offset")
    parser.add_argument("--policy", type=Path, default=HERE / "register/policy.yaml", help="the policy, as YAML")
    parser.add_argument("--component", type=Path, default=HERE / "../../host/component/handoff.wasm", help="the component that decides")
    parser.add_argument("--cache", action="store_true", help="keep the compiled component in the user's cache directory")
    options = parser.parse_args()
    if options.at.tzinfo is None:
        parser.error("--at has no offset")
    codes: Counter[str] = Counter()
    try:
        policy = Handoff(options.component, cache=options.cache).load(read_yaml(options.policy))
        audit = policy.audit(lines(options.assets, options.people, options.at.tzinfo), options.at)
        for found in audit:
            finding = found.finding
            codes[finding.code] += 1
            print(finding)
            who = " or ".join(finding.responsible)
            print(f"  -> {who}: {finding.remedy}" if who else f"  -> {finding.remedy}")
        records = audit.summary["records"]
    except (HandoffError, OSError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(f"\n{codes.total()} findings in {records['assets']} devices: {', '.join(f'{code} {count}' for code, count in codes.most_common())}")
    return 1 if codes else 0


if __name__ == "__main__":
    sys.exit(main())
