;; expect: Imports
;; It wants a clock.
(component (import "wasi:clocks/wall-clock@0.2.0" (instance)))
