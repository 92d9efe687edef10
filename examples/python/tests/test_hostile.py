"""Components that mean harm, or are broken: each call ends as an exception in bounded time, and none as an allow."""

import os
import tempfile
import time
import unittest
from pathlib import Path

from handoff import Disbelieved, Handoff, HandoffError, Limits, Policy, Refused, Stopped
from wasmtime import wat2wasm

from tests import COMPONENT

LIMITS = Limits(time=0.2, memory=8 << 20, component=1 << 20)

# A component with no more of the world than is called. What loads and what answers is put in.
WORLD = """
(component
  (type $rep (resource (rep i32)))
  (core func $new (canon resource.new $rep))
  (core module $code
    (import "" "new" (func $new (param i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
    (func (export "load") (param i32 i32) (result i32) {load})
    (func (export "ask") (param i32 i32 i32 i32 i32) (result i32) {ask})
    (data (i32.const 200) "{text}")
    {start})
  (core instance $code (instantiate $code (with "" (instance (export "new" (func $new))))))
  (alias core export $code "memory" (core memory $memory))
  (alias core export $code "realloc" (core func $realloc))
  (func $load (param "document" string) (result (result (own $rep) (error (list string))))
    (canon lift (core func $code "load") (memory $memory) (realloc $realloc)))
  (func $ask (param "policy" (borrow $rep)) (param "facts" string) (param "question" string) (result (result string (error (list string))))
    (canon lift (core func $code "ask") (memory $memory) (realloc $realloc)))
  (component $named
    (import "rep" (type $rep (sub resource)))
    (import "load" (func $load (param "document" string) (result (result (own $rep) (error (list string))))))
    (import "ask" (func $ask (param "policy" (borrow $rep)) (param "facts" string) (param "question" string)
      (result (result string (error (list string))))))
    (export $policy "policy" (type $rep))
    (export "[static]policy.load" (func $load) (func (param "document" string) (result (result (own $policy) (error (list string))))))
    (export "ask-once" (func $ask) (func (param "policy" (borrow $policy)) (param "facts" string) (param "question" string)
      (result (result string (error (list string)))))))
  (instance $types)
  (instance $decisions (instantiate $named (with "rep" (type $rep)) (with "load" (func $load)) (with "ask" (func $ask))))
  (export "handoff:gates/types@0.1.0" (instance $types))
  (export "handoff:gates/decisions@0.1.0" (instance $decisions)))
"""
LOADS = "(i32.store (i32.const 104) (call $new (i32.const 1))) (i32.const 100)"
LOOP = "(loop (br 0)) unreachable"


def answers(length: int) -> str:
    return f"(i32.store (i32.const 104) (i32.const 200)) (i32.store (i32.const 108) (i32.const {length})) (i32.const 100)"


def component(load: str = LOADS, ask: str = "unreachable", text: str = "", start: str = "") -> bytes:
    data = "".join(f"\\{byte:02x}" for byte in text.encode())
    return bytes(wat2wasm(WORLD.format(load=load, ask=ask, text=data, start=start)))


def start(wasm: bytes) -> Handoff:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "component.wasm")
        path.write_bytes(wasm)
        return Handoff(path, LIMITS)


class Hostile(unittest.TestCase):
    def stops(self, policy: Policy, error: type[HandoffError], says: str) -> None:
        # Twice: the second call meets a fresh component, and not the wreck of the first.
        for _ in range(2):
            began = time.monotonic()
            with self.assertRaises(error) as raised:
                policy.close({})
            self.assertIn(says, str(raised.exception))
            self.assertLess(time.monotonic() - began, 3)

    def test_an_endless_loop_ends_at_the_deadline(self) -> None:
        self.stops(start(component(ask=LOOP)).load({}), Stopped, "a call took longer than 0.2 s")
        for wasm in component(load=LOOP), component(start="(func $start (loop (br 0))) (start $start)"):
            with self.assertRaises(Stopped):
                start(wasm).load({})

    def test_a_trap_is_no_allow(self) -> None:
        self.stops(start(component()).load({}), Stopped, "unreachable")

    def test_memory_has_an_end(self) -> None:
        grows = "(loop (br_if 0 (i32.ne (memory.grow (i32.const 16)) (i32.const -1)))) unreachable"
        self.stops(start(component(ask=grows)).load({}), Stopped, "unreachable")

    def test_an_answer_that_is_none_is_not_believed(self) -> None:
        allow = '{"decision":"allow","permitted":true,"by_exception":false,"findings":[],"waivers":[]}'
        blocked = allow.replace("[]", '[{"severity":"block"}]', 1)
        for text, says in ("allow", "no JSON"), (allow, "no Decision"), (blocked, "contradicts itself"), ('{"decision":1}', "no verdict"):
            with self.subTest(text):
                self.stops(start(component(ask=answers(len(text)), text=text)).load({}), Disbelieved, says)
        self.stops(start(component(ask=answers(1 << 30))).load({}), Stopped, "out of bounds")

    @unittest.skipUnless(hasattr(os, "fork"), "this system has no fork")
    def test_a_loop_in_a_forked_child_ends_as_well(self) -> None:
        policy = start(component(ask=LOOP)).load({})
        self.stops(policy, Stopped, "longer")
        child = os.fork()
        if child == 0:
            try:
                self.stops(policy, Stopped, "longer")
                self.stops(start(component(ask=LOOP)).load({}), Stopped, "longer")
                os._exit(0)
            finally:
                os._exit(1)
        self.assertEqual(os.waitpid(child, 0)[1], 0)

    def test_what_is_no_such_component_is_refused(self) -> None:
        module = bytes(wat2wasm("(module)"))
        imports = bytes(wat2wasm('(component (import "clock" (func)))'))
        for wasm in (b"", b"(component)", module, imports, bytes(wat2wasm("(component)")), COMPONENT.read_bytes()):
            with self.assertRaises(Refused, msg=str(wasm[:20])):
                start(wasm)
        with self.assertRaises(OSError):
            Handoff("nowhere.wasm")
