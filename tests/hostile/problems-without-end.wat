;; expect: Garbled
;; It has two thousand million problems.
(module
  (memory (export "memory") 1)
  (func (export "handoff:gates/decisions@0.1.0#[static]policy.load") (param i32 i32) (result i32)
    (i32.store (i32.const 0) (i32.const 1)) (i32.store (i32.const 4) (i32.const 0)) (i32.store (i32.const 8) (i32.const 0x7fffffff)) (i32.const 0))
)
