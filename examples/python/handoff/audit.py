"""Audits of whole registers, line by line, in bounded memory."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from handoff.answers import Finding, parse, read
from handoff.documents import Document, milliseconds, to_json
from handoff.engine import AUDITS, Instance
from handoff.errors import Disbelieved, HandoffError, Position, Problem, Problems, problems

# Lines go to the component in chunks of so many characters.
CHUNK = 1 << 20
# So many problems are told.
FAULTS = 100
# How much may come out of what goes in. What is found of a short record is long, and still has an end.
OUT_OF_ONE = 1_000


@dataclass(frozen=True)
class Overstay:
    """A stay that is longer than the policy allows."""

    state: str
    since: datetime
    days: int
    to: str | None
    escalate_to: str | None
    missing: tuple[str, ...]


@dataclass(frozen=True)
class AuditFinding:
    """What was found of one thing; `stay` tells how long it has stayed, where it stays too long."""

    finding: Finding
    stay: Overstay | None

    def __str__(self) -> str:
        return str(self.finding)


class Audit:
    """An audit: iterate over it once for what was found, then ask for the summary.

    An audit that lacks a line has no end but `Problems`, because what is missing would be taken for something in order.
    """

    def __init__(self, start: Callable[[], tuple[Instance, Any]], lines: Iterable[Document], at: datetime | str | None) -> None:
        self._findings = self._audit(start, lines, None if at is None else milliseconds(at))
        self._summary: dict[str, Any] | None = None
        self._given = 0

    def __iter__(self) -> Iterator[AuditFinding]:
        return self._findings

    @property
    def summary(self) -> dict[str, Any]:
        """What was seen in numbers, by `docs/audit.md`; there is none before the last finding was taken."""
        if self._summary is None:
            raise HandoffError("the audit has not come to its end")
        return self._summary

    def _audit(self, start: Callable[[], tuple[Instance, Any]], lines: Iterable[Document], at: int | None) -> Iterator[AuditFinding]:
        instance, policy = start()
        audit = instance.call(AUDITS, "[constructor]audit", policy, at)
        faults: list[Problem] = []
        taken = 0
        for before, chunk in _chunks(lines):
            taken += len(chunk)
            refused = instance.call(AUDITS, "[method]audit.add", audit, chunk)
            if isinstance(refused, list):
                faults += [_placed(problem, before) for problem in problems(refused)]
                if len(faults) >= FAULTS:
                    break
            # Beside a line that can't be read, what is found may be wrong.
            if not faults:
                yield from self._pages(instance, audit, taken)
        if faults:
            raise Problems("register", faults[:FAULTS])
        summary = instance.call(AUDITS, "[method]audit.finish", audit)
        if isinstance(summary, list):
            raise Problems("register", problems(summary))
        yield from self._pages(instance, audit, taken)
        self._summary = parse(summary)

    def _pages(self, instance: Instance, audit: Any, taken: int) -> Iterator[AuditFinding]:
        while page := instance.call(AUDITS, "[method]audit.findings", audit):
            self._given += len(page)
            if self._given > taken * OUT_OF_ONE + CHUNK:
                raise Disbelieved("the component finds without end")
            # Only there: Python also sees the end of a line within texts.
            for line in page.removesuffix("\n").split("\n"):
                yield read(AuditFinding, parse(line))


def _chunks(lines: Iterable[Document]) -> Iterator[tuple[int, str]]:
    """Whole lines together, and how many came before them."""
    before = count = size = 0
    chunk: list[str] = []
    for line in lines:
        chunk.append(to_json(line).rstrip("\r\n"))
        count += 1
        size += len(chunk[-1])
        if size >= CHUNK:
            yield before, "\n".join(chunk)
            before, size, chunk = count, 0, []
    if chunk:
        yield before, "\n".join(chunk)


def _placed(problem: Problem, before: int) -> Problem:
    """A problem with the line in the whole register, and not in its chunk."""
    if problem.position is None:
        return problem
    return dataclasses.replace(problem, position=Position(problem.position.line + before, problem.position.column))
