"""Runs the component, call by call, within limits."""

from __future__ import annotations

import functools
import math
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from wasmtime import Config, Engine, Store, WasmtimeError
from wasmtime.component import Component, Func, Linker

from handoff.errors import Disbelieved, Refused, Stopped

TYPES = "handoff:gates/types@0.1.0"
DECISIONS = "handoff:gates/decisions@0.1.0"
AUDITS = "handoff:gates/audits@0.1.0"

# How exactly time is limited, in seconds.
TICK = 0.01


@dataclass(frozen=True)
class Limits:
    """What a component may use before it is stopped. What one call may answer is limited by the engine, to 128 MiB."""

    time: float = 10.0
    """The time of one call, in seconds."""
    memory: int = 1 << 30
    """The memory of a running component, in bytes, over all of its calls."""
    component: int = 32 << 20
    """The size of a component, in bytes. Time and memory for compiling it follow from it."""

    @classmethod
    def of_registers(cls) -> Limits:
        """Room for the audit of a whole register: what crosses its records is judged in one call."""
        return cls(time=120.0, memory=4 << 30)


class Clock:
    """Ends calls that take too long. It stands still while there are none, so that an idle process sleeps."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._reset()
        # A forked child has no thread but its own, and without a clock a call would never end.
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._reset)

    def _reset(self) -> None:
        self._changed = threading.Condition()
        self._running = 0
        self._thread: threading.Thread | None = None

    def __enter__(self) -> None:
        with self._changed:
            self._running += 1
            if self._thread is None:
                self._thread = threading.Thread(target=self._tick, name="handoff-clock", daemon=True)
                self._thread.start()
            self._changed.notify()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        with self._changed:
            self._running -= 1

    def _tick(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._running > 0)
            time.sleep(TICK)
            self._engine.increment_epoch()


@functools.cache
def engine(cache: bool) -> tuple[Engine, Clock]:
    """The engine of the process, and its clock."""
    config = Config()
    # What the world does without is off: less to trust.
    config.gc_support = False
    config.shared_memory = False
    config.wasm_exceptions = False
    config.wasm_function_references = False
    config.wasm_gc = False
    config.wasm_relaxed_simd = False
    config.wasm_threads = False
    config.native_unwind_info = False
    # Its threads are missing in a forked child, which would wait for them for ever.
    config.parallel_compilation = False
    config.epoch_interruption = True
    if cache:
        config.cache = True
    made = Engine(config)
    return made, Clock(made)


class Compiled:
    """A component that is ready to be started, any number of times."""

    def __init__(self, path: str | os.PathLike[str], limits: Limits, cache: bool) -> None:
        self.engine, self.clock = engine(cache)
        wasm = read(path, limits)
        try:
            self.component = Component(self.engine, wasm)
        except WasmtimeError as error:
            raise Refused(f"this is no component: {reason(error)}") from error
        kind = self.component.type
        if imports := list(kind.imports(self.engine)):
            raise Refused(f"the component imports {', '.join(imports)}; one that imports anything is refused")
        self.exports = set(kind.exports(self.engine))
        if missing := {TYPES, DECISIONS} - self.exports:
            raise Refused(f"the component does not export {', '.join(sorted(missing))}")


def read(path: str | os.PathLike[str], limits: Limits) -> bytes:
    with Path(path).open("rb") as file:
        wasm = file.read(limits.component + 1)
    if len(wasm) > limits.component:
        raise Refused(f"the component has more than {limits.component} bytes")
    # The engine would also take text, and core modules have another version here.
    if not wasm.startswith(b"\0asm\x0d\0\x01\0"):
        raise Refused("this is no component: it does not begin as one does")
    return wasm


class Instance:
    """A component that runs. It keeps what it loaded, and is of no use any more once a call was stopped."""

    def __init__(self, compiled: Compiled, limits: Limits) -> None:
        self._limits = limits
        self._clock = compiled.clock
        self._store = Store(compiled.engine)
        # The engine limits each memory by itself: one memory, so that the limit is one on all.
        self._store.set_limits(memory_size=limits.memory, table_elements=100_000, instances=100, tables=20, memories=1)
        self._funcs: dict[tuple[str, str], Func] = {}
        linker = Linker(compiled.engine)
        self._instance = self._run(lambda: linker.instantiate(self._store, compiled.component))

    def call(self, interface: str, name: str, *arguments: Any) -> Any:
        """Calls a function. One call at a time: the engine lets other threads run meanwhile, and its store is for one."""
        func = self._func(interface, name)
        return self._run(lambda: func(self._store, *arguments))

    def drop(self, resource: Any) -> None:
        """Gives back what a resource holds; nothing else does."""
        self._run(lambda: resource.drop(self._store))

    def _run(self, call: Callable[[], Any]) -> Any:
        self._store.set_epoch_deadline(math.ceil(self._limits.time / TICK) + 1)
        try:
            with self._clock:
                return call()
        except UnicodeEncodeError:
            # A text that is none: it was not handed over.
            raise
        except WasmtimeError as error:
            why = reason(error)
            if why == "interrupt":
                why = f"a call took longer than {self._limits.time:g} s"
            raise Stopped(f"the component was stopped: {why}") from error
        except (AssertionError, TypeError, ValueError) as error:
            raise Disbelieved(f"the component has other types than its world: {error}") from error

    def _func(self, interface: str, name: str) -> Func:
        if (interface, name) not in self._funcs:
            within = self._instance.get_export_index(self._store, interface)
            index = within and self._instance.get_export_index(self._store, name, within)
            func = index and self._instance.get_func(self._store, index)
            if func is None:
                raise Refused(f"the component does not export `{name}` of {interface}")
            self._funcs[interface, name] = func
        return self._funcs[interface, name]


def reason(error: WasmtimeError) -> str:
    """The innermost cause, in one line."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1].removeprefix("wasm trap: ") if lines else "no reason was given"
