;; Masks from prototypes in WebAssembly SIMD: mask-kernels.ts has the same in plain JavaScript. All numbers but `part` are byte addresses and sizes.
;; Whole vectors are read and written: whoever calls leaves 64 bytes free behind the prototypes and 16 columns behind the logits.
;; `npm run generate` assembles this file.
(module
  (memory (export "memory") 1)

  ;; Logits of a rectangle of cells, column by column: sums of coefficient · prototype. `values` is the first cell of the first prototype, the
  ;; next row is `rowBytes` further on, the next prototype `planeBytes`. Sixteen cells of a row at a time: a line of the cache.
  (func (export "mix")
    (param $values i32) (param $rowBytes i32) (param $planeBytes i32) (param $coefficients i32) (param $coefficientsEnd i32)
    (param $columns i32) (param $rows i32) (param $out i32) (param $columnBytes i32)
    (local $cell i32) (local $left i32) (local $at i32) (local $coefficient i32) (local $to i32) (local $share v128)
    (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (loop $row
      (local.set $cell (local.get $values))
      (local.set $left (local.get $columns))
      (local.set $to (local.get $out))
      (loop $sixteen
        (local.set $a (v128.const i32x4 0 0 0 0))
        (local.set $b (v128.const i32x4 0 0 0 0))
        (local.set $c (v128.const i32x4 0 0 0 0))
        (local.set $d (v128.const i32x4 0 0 0 0))
        (local.set $at (local.get $cell))
        (local.set $coefficient (local.get $coefficients))
        (loop $prototype
          (local.set $share (v128.load32_splat (local.get $coefficient)))
          (local.set $a (f32x4.add (local.get $a) (f32x4.mul (local.get $share) (v128.load (local.get $at)))))
          (local.set $b (f32x4.add (local.get $b) (f32x4.mul (local.get $share) (v128.load offset=16 (local.get $at)))))
          (local.set $c (f32x4.add (local.get $c) (f32x4.mul (local.get $share) (v128.load offset=32 (local.get $at)))))
          (local.set $d (f32x4.add (local.get $d) (f32x4.mul (local.get $share) (v128.load offset=48 (local.get $at)))))
          (local.set $at (i32.add (local.get $at) (local.get $planeBytes)))
          (local.set $coefficient (i32.add (local.get $coefficient) (i32.const 4)))
          (br_if $prototype (i32.lt_u (local.get $coefficient) (local.get $coefficientsEnd))))
        (local.set $to (call $column (local.get $a) (local.get $to) (local.get $columnBytes)))
        (local.set $to (call $column (local.get $b) (local.get $to) (local.get $columnBytes)))
        (local.set $to (call $column (local.get $c) (local.get $to) (local.get $columnBytes)))
        (local.set $to (call $column (local.get $d) (local.get $to) (local.get $columnBytes)))
        (local.set $cell (i32.add (local.get $cell) (i32.const 64)))
        (local.set $left (i32.sub (local.get $left) (i32.const 16)))
        (br_if $sixteen (i32.gt_s (local.get $left) (i32.const 0))))
      (local.set $values (i32.add (local.get $values) (local.get $rowBytes)))
      (local.set $out (i32.add (local.get $out) (i32.const 4)))
      (local.set $rows (i32.sub (local.get $rows) (i32.const 1)))
      (br_if $row (local.get $rows))))

  ;; Four cells of a row into four columns; the address of the fifth.
  (func $column (param $cells v128) (param $to i32) (param $columnBytes i32) (result i32)
    (f32.store (local.get $to) (f32x4.extract_lane 0 (local.get $cells)))
    (local.set $to (i32.add (local.get $to) (local.get $columnBytes)))
    (f32.store (local.get $to) (f32x4.extract_lane 1 (local.get $cells)))
    (local.set $to (i32.add (local.get $to) (local.get $columnBytes)))
    (f32.store (local.get $to) (f32x4.extract_lane 2 (local.get $cells)))
    (local.set $to (i32.add (local.get $to) (local.get $columnBytes)))
    (f32.store (local.get $to) (f32x4.extract_lane 3 (local.get $cells)))
    (i32.add (local.get $to) (local.get $columnBytes)))

  ;; A column of pixels between two columns of cells: first + part · (second - first), `bytes` rounded up to whole vectors. `signs` gets a bit
  ;; for each value, 32 in a word, the lowest first: whether it is above 0.
  (func (export "blend")
    (param $first i32) (param $second i32) (param $part f32) (param $bytes i32) (param $out i32) (param $signs i32)
    (local $end i32) (local $shift i32) (local $word i32) (local $parts v128) (local $cells v128)
    (local.set $parts (f32x4.splat (local.get $part)))
    (local.set $end (i32.add (local.get $first) (local.get $bytes)))
    (loop $four
      (local.set $cells (v128.load (local.get $first)))
      (local.set $cells
        (f32x4.add
          (local.get $cells)
          (f32x4.mul (local.get $parts) (f32x4.sub (v128.load (local.get $second)) (local.get $cells)))))
      (v128.store (local.get $out) (local.get $cells))
      (local.set $word
        (i32.or
          (local.get $word)
          (i32.shl
            (i32x4.bitmask (f32x4.gt (local.get $cells) (v128.const f32x4 0 0 0 0)))
            (local.get $shift))))
      (i32.store (local.get $signs) (local.get $word))
      (local.set $shift (i32.add (local.get $shift) (i32.const 4)))
      (if (i32.eq (local.get $shift) (i32.const 32))
        (then
          (local.set $shift (i32.const 0))
          (local.set $word (i32.const 0))
          (local.set $signs (i32.add (local.get $signs) (i32.const 4)))))
      (local.set $first (i32.add (local.get $first) (i32.const 16)))
      (local.set $second (i32.add (local.get $second) (i32.const 16)))
      (local.set $out (i32.add (local.get $out) (i32.const 16)))
      (br_if $four (i32.lt_u (local.get $first) (local.get $end))))))
