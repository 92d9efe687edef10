"""Documents as callers have them, and as the component reads them: JSON text."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import yaml

Document = Mapping[str, Any] | str
"""A document as a tree, or as JSON text. Text goes through as it is, with every digit of its numbers."""


def to_json(document: Document) -> str:
    """A document as JSON text, in one line where it is a tree. What is no plain data is refused."""
    if isinstance(document, str):
        return document
    return json.dumps(document, default=plain, allow_nan=False, separators=(",", ":"))


def plain(value: object) -> str | dict[str, Any]:
    """Times and days as the formats write them. A time without an offset is refused: nobody can guess it."""
    if isinstance(value, datetime):
        return time_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{value!r} is not written as JSON")


def time_text(time: datetime | str) -> str:
    """A time as RFC 3339 with an offset."""
    if isinstance(time, str):
        return time
    if time.utcoffset() is None:
        raise ValueError(f"the time {time} has no offset")
    return time.isoformat()


def milliseconds(time: datetime | str) -> int:
    """A time as the component's types have it."""
    if isinstance(time, str):
        time = datetime.fromisoformat(time)
    if time.utcoffset() is None:
        raise ValueError(f"the time {time} has no offset")
    return (time - datetime(1970, 1, 1, tzinfo=timezone.utc)) // timedelta(milliseconds=1)


# What YAML 1.1 has tags of its own for, and the formats have not.
TEXTS = ("str", "timestamp", "merge", "value")


def read_yaml(path: str | os.PathLike[str]) -> dict[str, Any]:
    """A policy or facts, written in YAML, as plain data that means the same to every reader of YAML.

    PyYAML by itself takes `no` for false, `2026-01-05` for a day and `14.10` for 14.1, and of two equal keys it drops one without a word.
    """
    node = yaml.compose(Path(path).read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    if not isinstance(node, yaml.MappingNode):
        raise ValueError(f"{path} holds no object")
    tree: dict[str, Any] = _value(node, set())
    return tree


def _value(node: yaml.Node, seen: set[int]) -> Any:
    if id(node) in seen:
        raise _refused(node, "aliases are not read: write the value out")
    seen.add(id(node))
    tag = node.tag.removeprefix("tag:yaml.org,2002:")
    if tag not in TEXTS + ("null", "bool", "int", "float", "map", "seq"):
        raise _refused(node, f"tags such as `{node.tag}` are not read")
    if isinstance(node, yaml.MappingNode):
        tree: dict[str, Any] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.value in tree:
                raise _refused(key, "this is no key, or stands there twice")
            tree[key.value] = _value(value, seen)
        return tree
    if isinstance(node, yaml.SequenceNode):
        return [_value(value, seen) for value in node.value]
    assert isinstance(node, yaml.ScalarNode)
    text: str = node.value
    # Quoted texts have a style. To YAML 1.1, times of day are numbers too.
    if node.style is not None or tag in TEXTS or ":" in text:
        return text
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    # What JSON writes alike is the one way to write it: so `14.10` loses no zero, `no` is not guessed at, and a key that somebody left
    # open does not say that there is none.
    if json.dumps(value) != text:
        raise _refused(node, f"`{text}` is not plain: quote a text, and write numbers, `true`, `false` and `null` as JSON does")
    return value


def _refused(node: yaml.Node, why: str) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=why, problem_mark=node.start_mark)
