;; expect: Timeout
;; It never takes the text that it is given.
(module
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (loop (br 0)) unreachable)
)
