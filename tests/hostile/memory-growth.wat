;; expect: OutOfMemory
;; It takes memory for ever.
(module
  (memory (export "memory") 1)
  (func (export "handoff:gates/decisions@0.1.0#[static]policy.load") (param i32 i32) (result i32)
    (loop (drop (memory.grow (i32.const 16))) (br 0)) unreachable)
)
