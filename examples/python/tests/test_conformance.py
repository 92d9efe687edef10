"""Every conformance case of the project gets the same answer here, byte for byte.

`HANDOFF_CASES` names the file that `cargo run --release --example cases > FILE` writes; what is in it stands in `tests/examples/cases.rs`.
"""

import json
import os
import unittest
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from handoff import AuditFinding, Decision, Policy, Problem, Problems
from handoff.answers import NextAnswer, read

from tests import handoff


class Conformance(unittest.TestCase):
    def test_every_case_is_answered_alike(self) -> None:
        counts: Counter[str] = Counter()
        different = []
        loaded: tuple[str, Policy] | None = None
        for case in cases():
            try:
                # Cases of one policy stand together.
                if loaded is None or loaded[0] != case["policy"]:
                    loaded = case["policy"], handoff().load(case["policy"])
                got = answer(loaded[1], case)
            except Problems as error:
                got = {"problems": plain(error.problems)}
            counts += Counter(key for key, value in got.items() if value is not None)
            if got != case["got"]:
                different.append(f"{case['name']}: expected {json.dumps(case['got'])[:300]}, got {json.dumps(got)[:300]}")
        self.assertEqual(different, [])
        self.assertGreater(counts["answer"], 100)
        print(f"{counts.total() - counts['other']} cases alike: {', '.join(f'{kind} {count}' for kind, count in sorted(counts.items()))}")


def cases() -> Iterator[dict[str, Any]]:
    path = os.environ.get("HANDOFF_CASES")
    if not path:
        raise AssertionError("HANDOFF_CASES names no file: write one with `cargo run --release --example cases > FILE`")
    with Path(path).open(encoding="utf-8") as file:
        yield from map(json.loads, file)


def answer(policy: Policy, case: dict[str, Any]) -> dict[str, Any]:
    if case["warnings"]:
        return {"warnings": plain(policy.warnings())}
    if case["old"] is not None:
        return {"laxer": plain(policy.laxer(handoff().load(case["old"])))}
    first = policy.ask(case["facts"], case["question"])
    # Every answer is also of the shape that callers get.
    if "decision" in first.data:
        read(Decision, first.data)
    if "items" in first.data:
        read(NextAnswer, first.data)
    for finding in first.data.get("findings", []) if "summary" in first.data else []:
        read(AuditFinding, finding)
    other = case["other"]
    return {"answer": first.text, "other": None if other is None else policy.ask(other, case["question"]).text}


def plain(problems: tuple[Problem, ...]) -> list[dict[str, Any]]:
    """Problems as JSON has them: what is not there is left out."""
    return [{key: value for key, value in asdict(problem).items() if value is not None} for problem in problems]
