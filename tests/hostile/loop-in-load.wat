;; expect: Timeout
;; It never finishes to load a policy.
(module
  (func (export "handoff:gates/decisions@0.1.0#[static]policy.load") (param i32 i32) (result i32)
    (loop (br 0)) unreachable)
)
