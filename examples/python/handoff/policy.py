"""Policies, and what can be asked of them."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, TypeVar

from handoff.answers import Actor, Answer, Decision, NextAnswer, NextItem, believe, parse, read
from handoff.audit import Audit
from handoff.documents import Document, time_text, to_json
from handoff.engine import DECISIONS, Compiled, Instance, Limits
from handoff.errors import Disbelieved, Problem, Problems, Stopped, problems

T = TypeVar("T")
Time = datetime | str


class Handoff:
    """The component, compiled. That takes seconds; with `cache` it is kept in the user's cache directory for later processes."""

    def __init__(self, component: str | os.PathLike[str], limits: Limits = Limits(), *, cache: bool = False) -> None:
        self._limits = limits
        self._compiled = Compiled(component, limits, cache)

    def load(self, policy: Document) -> Policy:
        """Loads a policy, or tells every problem that it has."""
        return Policy(self._compiled, self._limits, to_json(policy))


class Policy:
    """A policy, in a component of its own. Several threads may ask it; they are answered one after the other."""

    def __init__(self, compiled: Compiled, limits: Limits, document: str) -> None:
        self._compiled = compiled
        self._limits = limits
        self._document = document
        self._lock = threading.Lock()
        self._running: tuple[Instance, Any] | None = self._start(limits)

    def close(
        self, facts: Document, item: str | None = None, to: str | None = None, *, at: Time | None = None, actor: Actor | None = None
    ) -> Decision:
        """May this ticket close? It may be left out where the facts hold one, the state where the workflow has a default one."""
        return self._ask(facts, Decision, ask="closure", item=item, to=to, at=at, actor=actor)

    def transition(
        self,
        facts: Document,
        item: str,
        to: str,
        *,
        kind: str | None = None,
        ticket: str | None = None,
        at: Time | None = None,
        actor: Actor | None = None,
    ) -> Decision:
        """May this item enter that state? `ticket` is the one that counts where several link the asset, `kind` a new kind."""
        return self._ask(facts, Decision, ask="transition", item=item, to=to, kind=kind, ticket=ticket, at=at, actor=actor)

    def next(
        self, facts: Document, item: str | None = None, *, at: Time | None = None, actor: Actor | None = None
    ) -> tuple[NextItem, ...]:
        """What may come next for an item, or for all of them, and what is missing for it?"""
        return self._ask(facts, NextAnswer, ask="next", item=item, at=at, actor=actor).items

    def ask(self, facts: Document, question: Document) -> Answer:
        """Asks any question, by `docs/schema/question.json`: also for plans, reviews, and several decisions together."""
        return self._call(lambda instance, policy: _answer(instance, policy, to_json(facts), to_json(question)))

    def audit(self, lines: Iterable[Document], at: Time | None = None, limits: Limits = Limits.of_registers()) -> Audit:
        """Audits a register of any size that comes line by line, in a component of its own."""
        return Audit(lambda: self._start(limits), lines, at)

    def warnings(self) -> tuple[Problem, ...]:
        """What is doubtful in a policy that loads all the same."""
        return self._call(lambda instance, policy: problems(instance.call(DECISIONS, "[method]policy.warnings", policy)))

    def laxer(self, than: Policy) -> tuple[Problem, ...]:
        """What became laxer against an older policy: one warning each, none where nothing did."""

        def compare(instance: Instance, policy: Any) -> tuple[Problem, ...]:
            old = _load(instance, than._document)
            found = problems(instance.call(DECISIONS, "[method]policy.laxer", policy, old))
            instance.drop(old)
            return found

        return self._call(compare)

    def describe(self) -> dict[str, Any]:
        """The policy's name, version, digest, workflows with states and transitions, roles and requirements."""
        return self._call(lambda instance, policy: parse(instance.call(DECISIONS, "[method]policy.describe", policy)))

    def _ask(self, facts: Document, shape: type[T], /, at: Time | None, **question: Any) -> T:
        asked = {key: value for key, value in question.items() if value is not None}
        if at is not None:
            asked["at"] = time_text(at)
        return self._call(lambda instance, policy: read(shape, _answer(instance, policy, to_json(facts), to_json(asked)).data))

    def _call(self, use: Callable[[Instance, Any], T]) -> T:
        """Every call goes through here: a component that was stopped or is not believed is not called again."""
        with self._lock:
            if self._running is None:
                self._running = self._start(self._limits)
            try:
                return use(*self._running)
            except (Stopped, Disbelieved):
                self._running = None
                raise

    def _start(self, limits: Limits) -> tuple[Instance, Any]:
        instance = Instance(self._compiled, limits)
        return instance, _load(instance, self._document)


def _load(instance: Instance, document: str) -> Any:
    loaded = instance.call(DECISIONS, "[static]policy.load", document)
    if isinstance(loaded, list):
        raise Problems("policy", problems(loaded))
    return loaded


def _answer(instance: Instance, policy: Any, facts: str, question: str) -> Answer:
    answer = instance.call(DECISIONS, "ask-once", policy, facts, question)
    if isinstance(answer, list):
        raise Problems("question or its facts", problems(answer))
    return believe(answer)
