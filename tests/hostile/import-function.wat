;; expect: Imports
;; It wants a function, and says to be of the world.
(component
  (import "leak" (func (param "text" string)))
  (instance $empty)
  (export "handoff:gates/types@0.1.0" (instance $empty))
  (export "handoff:gates/decisions@0.1.0" (instance $empty)))
