;; expect: Contradiction
;; It finds something, and its summary counts nothing.
(module
  (import "[export]handoff:gates/decisions@0.1.0" "[resource-new]policy" (func $policy (param i32) (result i32)))
  (import "[export]handoff:gates/audits@0.1.0" "[resource-new]audit" (func $audit (param i32) (result i32)))
  (func (export "handoff:gates/decisions@0.1.0#[static]policy.load") (param i32 i32) (result i32)
    (i32.store (i32.const 0) (i32.const 0)) (i32.store (i32.const 4) (call $policy (i32.const 1))) (i32.const 0))
  (func (export "handoff:gates/audits@0.1.0#[constructor]audit") (param i32 i32 i64) (result i32) (call $audit (i32.const 1)))
  (func (export "handoff:gates/audits@0.1.0#[method]audit.add") (param i32 i32 i32) (result i32)
    (i32.store (i32.const 0) (i32.const 0)) (i32.const 0))
  (global $left (mut i32) (i32.const 226))
  (func (export "handoff:gates/audits@0.1.0#[method]audit.findings") (param i32) (result i32)
    (i32.store (i32.const 0) (i32.const 2048)) (i32.store (i32.const 4) (global.get $left)) (global.set $left (i32.const 0)) (i32.const 0))
  (func (export "handoff:gates/audits@0.1.0#[method]audit.finish") (param i32) (result i32)
    (i32.store (i32.const 0) (i32.const 0)) (i32.store (i32.const 4) (i32.const 4096)) (i32.store (i32.const 8) (i32.const 269)) (i32.const 0))
  (memory (export "memory") 1)
  (data (i32.const 2048) "{\22finding\22:{\22code\22:\22stalled\22,\22severity\22:\22warn\22,\22follow_up\22:false,\22requirement\22:null,\22item\22:null,\22path\22:null,\22expected\22:null,\22found\22:null,\22message\22:\22m\22,\22remedy\22:null,\22responsible\22:[],\22accountable\22:null,\22sop\22:null},\22stay\22:null}\n")
  (data (i32.const 4096) "{\22at\22:\222026-01-05T09:00:00.000Z\22,\22policy\22:{\22name\22:\22p\22,\22version\22:\221\22,\22digest\22:\22d\22},\22records\22:{\22assets\22:0,\22tickets\22:0,\22people\22:0,\22licences\22:0,\22exceptions\22:0,\22decisions\22:0},\22findings\22:{},\22standing\22:[],\22quality\22:[],\22licences\22:[],\22exceptions\22:[],\22patterns\22:[],\22closures\22:[]}")
)
