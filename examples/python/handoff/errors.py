"""Why there is no decision."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Position:
    """A place in a text: both count from 1."""

    line: int
    column: int


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a document or a question. Programs read the code, people the message."""

    code: str
    warning: bool
    path: str
    """A JSON pointer to the value, empty for the whole text."""
    position: Position | None
    """Where the text could not be read; None where it could."""
    message: str
    help: str | None

    def __str__(self) -> str:
        place = f"line {self.position.line}, column {self.position.column}: " if self.position else ""
        where = f" at {self.path}" if self.path else ""
        help = f"; {self.help}" if self.help else ""
        return f"{place}{self.message}{where} [{self.code}]{help}"


class HandoffError(Exception):
    """There is no decision. Callers proceed on an allow only, so this is a refusal."""


class Problems(HandoffError):
    """The policy, the facts, the question or the register can't be read: every problem at once."""

    def __init__(self, what: str, problems: Iterable[Problem]) -> None:
        self.what = what
        self.problems = tuple(problems)
        super().__init__(what, self.problems)

    def __str__(self) -> str:
        return "\n".join([f"the {self.what} can't be used:", *(f"  - {problem}" for problem in self.problems)])


class Refused(HandoffError):
    """The file is no component of the world `handoff:gates/plugin`, or it imports something."""


class Stopped(HandoffError):
    """The component gave up or came to a limit. The next call starts a fresh one."""


class Disbelieved(HandoffError):
    """The component answered what is no answer, or what contradicts itself. The next call starts a fresh one."""


def problems(records: Any) -> tuple[Problem, ...]:
    """Problems as the component's types have them."""
    try:
        return tuple(_problem(record) for record in records)
    except (AttributeError, TypeError) as error:
        raise Disbelieved(f"the component told no problems: {error}") from error


def _problem(record: Any) -> Problem:
    position = record.position and Position(record.position.line, record.position.column)
    return Problem(record.code, record.warning, record.path, position, record.message, record.help)
