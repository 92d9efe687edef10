;; expect: WrongWorld
;; It is of a later package.
(component
  (instance $empty)
  (export "handoff:gates/types@0.2.0" (instance $empty))
  (export "handoff:gates/decisions@0.2.0" (instance $empty)))
