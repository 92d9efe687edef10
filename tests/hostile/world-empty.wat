;; expect: WrongWorld
;; It exports nothing.
(component)
