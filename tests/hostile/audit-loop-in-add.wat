;; expect: Timeout
;; It takes lines and never comes back.
(module
  (import "[export]handoff:gates/decisions@0.1.0" "[resource-new]policy" (func $policy (param i32) (result i32)))
  (import "[export]handoff:gates/audits@0.1.0" "[resource-new]audit" (func $audit (param i32) (result i32)))
  (func (export "handoff:gates/decisions@0.1.0#[static]policy.load") (param i32 i32) (result i32)
    (i32.store (i32.const 0) (i32.const 0)) (i32.store (i32.const 4) (call $policy (i32.const 1))) (i32.const 0))
  (func (export "handoff:gates/audits@0.1.0#[constructor]audit") (param i32 i32 i64) (result i32) (call $audit (i32.const 1)))
  (func (export "handoff:gates/audits@0.1.0#[method]audit.add") (param i32 i32 i32) (result i32)
    (loop $again (br $again)) (i32.const 0))
)
