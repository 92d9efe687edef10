;; expect: OutOfMemory
;; It starts with 4 GB.
(module
  (memory (export "memory") 65535)
)
