;; expect: Trap
;; It calls itself without end.
(module
  (func $deeper (result i32) (i32.add (call $deeper) (i32.const 1)))
  (func (export "handoff:gates/decisions@0.1.0#[static]policy.load") (param i32 i32) (result i32)
    (call $deeper))
)
