;; expect: WrongWorld
;; It has the names of the world and nothing in them.
(component
  (instance $empty)
  (export "handoff:gates/types@0.1.0" (instance $empty))
  (export "handoff:gates/decisions@0.1.0" (instance $empty)))
