"""Answers, as `docs/schema/answer.json` has them, read from what the component says, or not believed."""

from __future__ import annotations

import dataclasses
import functools
import json
import types
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NotRequired, TypedDict, TypeVar, Union, get_args, get_origin, get_type_hints

from handoff.errors import Disbelieved


class Actor(TypedDict):
    """Who wants to act, and in which of the roles that the caller vouches for."""

    id: str
    roles: NotRequired[list[str]]
    automation: NotRequired[bool]
    on_behalf_of: NotRequired[str]


@dataclass(frozen=True)
class Finding:
    """One reason. Programs read the code, people the rest."""

    code: str
    severity: Literal["block", "warn", "audit"]
    follow_up: bool
    requirement: str | None
    item: str | None
    path: str | None
    expected: str | None
    found: str | None
    message: str
    remedy: str | None
    responsible: tuple[str, ...]
    accountable: str | None
    sop: str | None

    def __str__(self) -> str:
        return f"{self.item}: {self.message} [{self.code}]" if self.item else f"{self.message} [{self.code}]"


@dataclass(frozen=True)
class Waiver:
    """One unmet requirement that an active exception lets pass."""

    requirement: str
    item: str
    exception: str
    approved_by: tuple[str, ...]
    expires: datetime


@dataclass(frozen=True)
class PolicyName:
    """The policy that an answer rests on."""

    name: str
    version: str
    digest: str


@dataclass(frozen=True)
class Decision:
    """The answer to one question. It is true where it allows, and only there."""

    decision: Literal["allow", "deny"]
    by_exception: bool
    item: str
    to: str | None
    at: datetime
    ready: bool
    permitted: bool | None
    findings: tuple[Finding, ...]
    waivers: tuple[Waiver, ...]
    accountable: str | None
    inform: tuple[str, ...]
    next: tuple[str, ...]
    written_off: tuple[str, ...]
    valid_until: datetime | None
    record_version: str | None
    policy: PolicyName

    def __bool__(self) -> bool:
        return self.decision == "allow"


class NoVerdict:
    """Something that a hasty `if` must not take for an allow."""

    def __bool__(self) -> bool:
        raise TypeError(f"{type(self).__name__} is no verdict: look at what it says")


@dataclass(frozen=True)
class NextItem(NoVerdict):
    """What may come next for an item: the decision on each legal next state, or why none can be told."""

    item: str
    state: str | None
    options: tuple[Decision, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class NextAnswer:
    """What may come next for items."""

    items: tuple[NextItem, ...]


@dataclass(frozen=True)
class Answer(NoVerdict):
    """Any answer: the text as the component gave it, and the same as data."""

    text: str
    data: dict[str, Any]

    def __getitem__(self, key: str) -> Any:
        return self.data[key]


def believe(text: str) -> Answer:
    """An answer that does not contradict itself; callers would act on any allow in it, wherever it stands."""
    data = parse(text)
    _bear_out(data)
    return Answer(text, data)


def parse(text: object) -> dict[str, Any]:
    """What the component says, as data."""
    try:
        data = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError) as error:
        raise Disbelieved(f"the component answered what is no JSON: {error}") from error
    if not isinstance(data, dict):
        raise Disbelieved("the component answered no object")
    return data


def _bear_out(value: Any) -> None:
    if isinstance(value, list):
        for one in value:
            _bear_out(one)
    elif isinstance(value, dict):
        if "decision" in value:
            _allow_or_deny(value)
        for one in value.values():
            _bear_out(one)


def _allow_or_deny(decision: dict[str, Any]) -> None:
    def wrong(reason: str) -> Disbelieved:
        return Disbelieved(f"the component contradicts itself: {reason}")

    if decision["decision"] == "deny":
        return
    if decision["decision"] != "allow":
        raise Disbelieved(f"`{decision['decision']}` is no verdict")
    if decision.get("permitted") is not True:
        raise wrong("it allows an actor that is not permitted")
    findings: Any = decision.get("findings")
    waivers: Any = decision.get("waivers", [])
    if not _objects(findings) or not _objects(waivers):
        raise Disbelieved("a decision has no list of findings")
    by_exception = decision.get("by_exception") is True
    if by_exception != bool(waivers):
        raise wrong(f"it names {len(waivers)} exceptions and says `by_exception`: {by_exception}")
    waived = [(waiver.get("requirement"), waiver.get("item")) for waiver in waivers]
    for finding in findings:
        what = finding.get("requirement"), finding.get("item")
        if finding.get("severity") not in ("warn", "audit") and (None in what or what not in waived):
            raise wrong(f"it allows what `{finding.get('code')}` denies")


def _objects(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, dict) for one in value)


T = TypeVar("T")
Reader = Callable[[Any], Any]


def read(kind: type[T], value: Any) -> T:
    """JSON as a dataclass. What is not of its shape is not believed; keys that later versions add are passed over."""
    shape: Any = kind
    try:
        made: T = _reader(shape)(value)
        return made
    except (TypeError, ValueError) as error:
        raise Disbelieved(f"the component answered what is no {kind.__name__}: {error}") from error


@functools.cache
def _reader(kind: Any) -> Reader:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        some = _reader(next(one for one in arguments if one is not types.NoneType))
        return lambda value: None if value is None else some(value)
    if origin is tuple:
        one = _reader(arguments[0])
        return lambda value: tuple([one(entry) for entry in _of(list, value)])
    if origin is Literal:
        return lambda value: _one_of(arguments, value)
    if kind is datetime:
        return lambda value: datetime.fromisoformat(_of(str, value))
    if dataclasses.is_dataclass(kind):
        make: Any = kind
        fields = [(name, _reader(hint)) for name, hint in get_type_hints(kind).items()]
        return lambda value: make(**{name: field(_of(dict, value).get(name)) for name, field in fields})
    return lambda value: _of(kind, value)


def _of(kind: Any, value: Any) -> Any:
    # Exactly: to Python, `true` is a number as well.
    if type(value) is not kind:
        raise TypeError(f"{value!r} is no {kind.__name__}")
    return value


def _one_of(values: tuple[Any, ...], value: Any) -> Any:
    if value not in values:
        raise ValueError(f"{value!r} is none of {', '.join(values)}")
    return value
