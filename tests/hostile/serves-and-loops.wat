;; expect: Timeout
;; It loads all it is given, tells which policy it is, and never answers.
(module
  (import "[export]handoff:gates/decisions@0.1.0" "[resource-new]policy" (func $policy (param i32) (result i32)))
  (import "[export]handoff:gates/decisions@0.1.0" "[resource-new]facts" (func $facts (param i32) (result i32)))
  (func (export "handoff:gates/decisions@0.1.0#[static]policy.load") (param i32 i32) (result i32)
    (i32.store (i32.const 0) (i32.const 0)) (i32.store (i32.const 4) (call $policy (i32.const 1))) (i32.const 0))
  (func (export "handoff:gates/decisions@0.1.0#[static]facts.parse") (param i32 i32) (result i32)
    (i32.store (i32.const 0) (i32.const 0)) (i32.store (i32.const 4) (call $facts (i32.const 1))) (i32.const 0))
  (memory (export "memory") 1)
  (func (export "handoff:gates/decisions@0.1.0#[method]policy.describe") (param i32) (result i32)
    (i32.store (i32.const 0) (i32.const 65000)) (i32.store (i32.const 4) (i32.const 39)) (i32.const 0))
  (data (i32.const 65000) "{\"name\":\"x\",\"version\":\"1\",\"digest\":\"x\"}")
  (func (export "handoff:gates/decisions@0.1.0#ask") (param i32 i32 i32 i32) (result i32)
    (loop (br 0)) unreachable)
)
