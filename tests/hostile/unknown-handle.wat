;; expect: Garbled
;; It hands out a policy that it never made.
(module
  (memory (export "memory") 1)
  (func (export "handoff:gates/decisions@0.1.0#[static]policy.load") (param i32 i32) (result i32)
    (i32.store (i32.const 0) (i32.const 0)) (i32.store (i32.const 4) (i32.const 77)) (i32.const 0))
)
