"""What callers are promised: an allow only where the component allows, and everything else told in full."""

import json
import os
import tempfile
import threading
import unittest
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import yaml
from handoff import Answer, Disbelieved, HandoffError, Limits, Policy, Problems, read_yaml
from handoff.answers import Decision, believe, read
from handoff.documents import to_json

from tests import ROOT, handoff

EXAMPLES = ROOT / "examples"


def facts(path: str) -> dict[str, Any]:
    tree: dict[str, Any] = json.loads((EXAMPLES / path).read_text(encoding="utf-8"))
    return tree


class Policies(unittest.TestCase):
    policy: Policy

    @classmethod
    def setUpClass(cls) -> None:
        cls.policy = handoff().load(read_yaml(EXAMPLES / "reference-policy/policy.yaml"))

    def test_what_is_in_order_closes(self) -> None:
        decision = self.policy.close(facts("closure-in-order/facts.json"))
        self.assertTrue(decision)
        self.assertEqual((decision.decision, decision.findings, decision.to), ("allow", (), "fulfilled"))
        assert decision.valid_until
        self.assertGreater(decision.valid_until, decision.at)

    def test_what_is_not_is_denied_with_every_reason(self) -> None:
        decision = self.policy.close(facts("monday-laptop/facts.json"), "ticket:REQ-2041")
        self.assertFalse(decision)
        self.assertEqual(len(decision.findings), 27)
        self.assertIn("serial-matches-at-handover", {finding.requirement for finding in decision.findings})
        self.assertEqual(decision.policy.name, "reference")

    def test_without_an_actor_nothing_is_allowed(self) -> None:
        tree = facts("closure-in-order/facts.json")
        actor = tree.pop("actor")
        decision = self.policy.close(tree)
        self.assertEqual((bool(decision), decision.ready, decision.permitted), (False, True, None))
        self.assertTrue(self.policy.close(tree, actor=actor))

    def test_the_time_may_be_named(self) -> None:
        tree = facts("closure-in-order/facts.json")
        at = datetime.fromisoformat(tree["at"])
        self.assertTrue(self.policy.close(tree, at=at))
        self.assertFalse(self.policy.close(tree, at=at - timedelta(days=30)))
        with self.assertRaises(ValueError):
            self.policy.close(tree, at=at.replace(tzinfo=None))

    def test_steps_and_what_comes_next(self) -> None:
        tree = facts("monday-laptop/facts.json")
        (laptop,) = self.policy.next(tree, "asset:LT-4471")
        self.assertEqual((laptop.state, [bool(option) for option in laptop.options]), ("verified", [False] * 4))
        for option in laptop.options:
            assert option.to
            self.assertEqual(self.policy.transition(tree, "asset:LT-4471", option.to), option)
        with self.assertRaises(TypeError):
            bool(laptop)

    def test_any_question_is_answered_and_is_no_verdict(self) -> None:
        question = {"ask": "plan", "person": "iadeyemi", "direction": "joiner"}
        answer = self.policy.ask(facts("nurse-comes-moves-leaves/facts-joining.json"), question)
        self.assertEqual(answer["plan"]["profile"], "nurse")
        with self.assertRaises(TypeError):
            bool(answer)

    def test_every_problem_is_told(self) -> None:
        with self.assertRaises(Problems) as raised:
            self.policy.close({"at": "today", "assets": [{"idd": "LT-1"}]})
        self.assertEqual([problem.path for problem in raised.exception.problems], ["/assets/0/idd", "/at"])
        with self.assertRaises(Problems) as raised:
            handoff().load('{"format": 1,')
        self.assertEqual(raised.exception.problems[0].position and raised.exception.problems[0].position.line, 1)
        self.assertIn("line 1", str(raised.exception))

    def test_policies_are_compared(self) -> None:
        tree = read_yaml(EXAMPLES / "reference-policy/policy.yaml")
        tree["requirements"]["disk-is-encrypted"]["waivable"] = True
        laxer = handoff().load(tree).laxer(self.policy)
        self.assertEqual([problem.path for problem in laxer], ["/requirements/disk-is-encrypted/waivable"])
        self.assertEqual(self.policy.laxer(self.policy), ())
        self.assertEqual(self.policy.describe()["name"], "reference")

    def test_threads_share_a_policy(self) -> None:
        allowed, denied = facts("closure-in-order/facts.json"), facts("monday-laptop/facts.json")
        got: list[bool] = []

        def ask() -> None:
            for _ in range(10):
                got.append(bool(self.policy.close(allowed)) and not self.policy.close(denied))

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(got, [True] * 40)

    def test_nothing_is_left_behind(self) -> None:
        text = to_json(read_yaml(EXAMPLES / "reference-policy/policy.yaml"))
        policy = Policy(handoff()._compiled, Limits(memory=16 << 20), text)
        tree = to_json(facts("closure-in-order/facts.json"))
        for _ in range(300):
            self.assertTrue(policy.close(tree))
        for _ in range(30):
            self.assertEqual(policy.laxer(self.policy), ())


class Register(unittest.TestCase):
    policy: Policy

    @classmethod
    def setUpClass(cls) -> None:
        cls.policy = handoff().load(read_yaml(EXAMPLES / "reference-policy/policy.yaml"))

    def test_a_register_is_audited_line_by_line(self) -> None:
        with (EXAMPLES / "leaver-in-the-register/register.ndjson").open(encoding="utf-8") as lines:
            audit = self.policy.audit(lines)
            with self.assertRaises(HandoffError):
                audit.summary
            codes = sorted(found.finding.code for found in audit)
        self.assertEqual(codes, ["owner-departed", "owner-departed", "owner-missing", "seat-idle"])
        self.assertEqual(audit.summary["records"]["assets"], 3)

    def test_chunks_change_nothing(self) -> None:
        assets = [{"asset": {"id": f"LT-{number}", "kind": "laptop", "serial": f"PF{number % 4990}"}} for number in range(5000)]
        told = [str(found) for found in self.policy.audit(assets, "2026-03-02T09:00:00Z")]
        padded = [json.dumps(line) + " " * 1000 for line in assets]
        self.assertEqual([str(found) for found in self.policy.audit(padded, datetime(2026, 3, 2, 9, tzinfo=timezone.utc))], told)
        self.assertEqual(sum("duplicate-identity" in line for line in told), 10)

    def test_a_text_is_no_end_of_a_line(self) -> None:
        person = {"id": "leo", "status": "left", "name": "a\u2028b\x85c"}
        asset = {"id": "LT-1", "kind": "laptop", "state": "d\u2028e", "serial": "PF1", "owner": "person:leo"}
        lines: list[str | dict[str, Any]] = [{"person": person}, json.dumps({"asset": asset}, ensure_ascii=False)]
        told = list(self.policy.audit(lines, "2026-03-02T09:00:00Z"))
        self.assertIn("unknown-state", [found.finding.code for found in told])

    def test_an_audit_that_lacks_a_line_has_no_end(self) -> None:
        lines = [json.dumps({"asset": {"id": f"LT-{number}"}}) + " " * 1000 for number in range(3000)]
        lines[5], lines[2500] = '{"asset": {"idd": 1}}', "{"
        audit = self.policy.audit(lines, "2026-03-02T09:00:00Z")
        with self.assertRaises(Problems) as raised:
            list(audit)
        places = {problem.position.line for problem in raised.exception.problems if problem.position}
        self.assertEqual(places, {6, 2501})
        with self.assertRaises(HandoffError):
            audit.summary


class Answers(unittest.TestCase):
    def test_an_allow_must_bear_itself_out(self) -> None:
        blocked = {"code": "gate", "severity": "block", "requirement": "wiped", "item": "asset:1"}
        waiver = {"requirement": "wiped", "item": "asset:1"}

        def answer(findings: list[Any], waivers: list[Any], by_exception: bool, permitted: bool = True) -> Answer:
            decision = {"decision": "allow", "permitted": permitted, "by_exception": by_exception, "findings": findings, "waivers": waivers}
            return believe(json.dumps({"options": [decision]}))

        answer([], [], False)
        answer([{**blocked, "severity": "warn"}], [], False)
        answer([blocked], [waiver], True)
        wrong: tuple[list[Any], list[Any], bool, bool]
        for wrong in (
            ([], [], False, False),
            ([blocked], [], False, True),
            ([{**blocked, "severity": "bloc"}], [], False, True),
            ([blocked], [waiver], False, True),
            ([], [waiver], False, True),
            ([blocked], [], True, True),
            ([blocked], [{**waiver, "item": "asset:2"}], True, True),
            ([{"severity": "block"}], [{}], True, True),
            ([1], [], False, True),
        ):
            with self.assertRaises(Disbelieved, msg=str(wrong)):
                answer(*wrong)
        for text in ("", "[]", '{"decision": "Allow"}', '{"decision": true}', "[" * 100_000):
            with self.assertRaises(Disbelieved):
                believe(text)

    def test_what_is_of_another_shape_is_no_decision(self) -> None:
        wrongs: list[Any] = [{}, {"decision": "allow"}, {"decision": ["allow"]}, []]
        for wrong in wrongs:
            with self.assertRaises(Disbelieved):
                read(Decision, wrong)


class Documents(unittest.TestCase):
    def test_yaml_is_plain_data_or_refused(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "policy.yaml")

            def read_text(text: str) -> dict[str, Any]:
                path.write_text(text, encoding="utf-8")
                return read_yaml(path)

            text = 'a: 1\nb: [x, true, null, 2.5, -3]\nc: {d: "14.10", e: 1.0.0, f: 2026-01-05, g: 12:30}\non: |\n  two\n  lines\nh: null\n'
            expected = {
                "a": 1,
                "b": ["x", True, None, 2.5, -3],
                "c": {"d": "14.10", "e": "1.0.0", "f": "2026-01-05", "g": "12:30"},
                "on": "two\nlines\n",
                "h": None,
            }
            self.assertEqual(read_text(text), expected)
            for wrong in ("a: no", "a:", "a: 14.10", "a: 007", "a: 0x1F", "a: 1_000", "a: {b: 1, b: 2}", "a: &x [1]\nb: *x", "a: !!python/name:os", "- a"):
                with self.assertRaises((ValueError, yaml.YAMLError), msg=wrong):
                    read_text(wrong)

    def test_trees_become_json_and_nothing_is_guessed(self) -> None:
        at = datetime(2026, 3, 2, 9, tzinfo=timezone(timedelta(hours=1)))
        self.assertEqual(to_json({"at": at, "day": date(2026, 3, 2), "é": None}), '{"at":"2026-03-02T09:00:00+01:00","day":"2026-03-02","\\u00e9":null}')
        for wrong in ({"at": at.replace(tzinfo=None)}, {"x": float("nan")}, {"x": {1, 2}}):
            with self.assertRaises((TypeError, ValueError)):
                to_json(wrong)
