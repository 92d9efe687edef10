;; expect: Timeout
;; It never finishes to start.
(module
  (func $start (loop (br 0)))
  (start $start)
)
