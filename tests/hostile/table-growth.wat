;; expect: OutOfMemory
;; It takes tables for ever.
(module
  (table $t 1 funcref)
  (func (export "handoff:gates/decisions@0.1.0#[static]policy.load") (param i32 i32) (result i32)
    (loop (drop (table.grow $t (ref.null func) (i32.const 65536))) (br 0)) unreachable)
)
