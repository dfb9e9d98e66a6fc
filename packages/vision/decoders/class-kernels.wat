;; Classes of pixels and their softmax in WebAssembly SIMD: class-kernels.ts has the same in plain JavaScript. All numbers are byte addresses
;; and sizes. Scores lie class by class: the first plane at `planes`, the next `planeBytes` further on, none at `planesEnd`. Whole vectors are
;; read and written: whoever calls leaves 16 bytes free behind the planes and the results.
;; `npm run generate` assembles this file.
(module
  (memory (export "memory") 1)

  ;; The class of each pixel's highest score, the first of equal ones, and that score.
  (func (export "best")
    (param $planes i32) (param $planeBytes i32) (param $planesEnd i32) (param $bytes i32) (param $ids i32) (param $highest i32)
    (local $end i32) (local $at i32) (local $scores v128) (local $max v128) (local $id v128) (local $best v128)
    (local.set $end (i32.add (local.get $planes) (local.get $bytes)))
    (loop $four
      (local.set $max (v128.load (local.get $planes)))
      (local.set $best (v128.const i32x4 0 0 0 0))
      (local.set $id (v128.const i32x4 0 0 0 0))
      (local.set $at (i32.add (local.get $planes) (local.get $planeBytes)))
      (block $done
        (loop $class
          (br_if $done (i32.ge_u (local.get $at) (local.get $planesEnd)))
          (local.set $id (i32x4.add (local.get $id) (v128.const i32x4 1 1 1 1)))
          (local.set $scores (v128.load (local.get $at)))
          (local.set $best
            (v128.bitselect (local.get $id) (local.get $best) (f32x4.gt (local.get $scores) (local.get $max))))
          (local.set $max (f32x4.pmax (local.get $max) (local.get $scores)))
          (local.set $at (i32.add (local.get $at) (local.get $planeBytes)))
          (br $class)))
      (v128.store (local.get $ids) (local.get $best))
      (v128.store (local.get $highest) (local.get $max))
      (local.set $ids (i32.add (local.get $ids) (i32.const 16)))
      (local.set $highest (i32.add (local.get $highest) (i32.const 16)))
      (local.set $planes (i32.add (local.get $planes) (i32.const 16)))
      (br_if $four (i32.lt_u (local.get $planes) (local.get $end)))))

  ;; Turns the highest score of each pixel into its softmax, 1 / Σ exp(score - highest), but leaves four in a row as they are if all are of the
  ;; class `unscored`. For exp, see class-kernels.ts.
  (func (export "softmax")
    (param $planes i32) (param $planeBytes i32) (param $planesEnd i32) (param $bytes i32) (param $ids i32) (param $highest i32)
    (param $unscored i32)
    (local $end i32) (local $at i32) (local $max v128) (local $sum v128) (local $x v128) (local $power v128) (local $n v128)
    (local.set $end (i32.add (local.get $planes) (local.get $bytes)))
    (loop $four
      (if (i32.eqz (i32x4.all_true (i32x4.eq (v128.load (local.get $ids)) (i32x4.splat (local.get $unscored)))))
        (then
          (local.set $max (v128.load (local.get $highest)))
          (local.set $sum (v128.const i32x4 0 0 0 0))
          (local.set $at (local.get $planes))
          (loop $class
            ;; Unlike max, pmax keeps an x that is not a number in one instruction.
            (local.set $x
              (f32x4.pmax
                (f32x4.sub (v128.load (local.get $at)) (local.get $max))
                (v128.const f32x4 -86 -86 -86 -86)))
            ;; 1.5 · 2²³ + 127 is so large that the sum is rounded to a whole number. Its lowest bits hold n + 127, the exponent of 2ⁿ.
            (local.set $power
              (f32x4.add
                (f32x4.mul (local.get $x) (v128.const f32x4 1.442695 1.442695 1.442695 1.442695))
                (v128.const f32x4 12583039 12583039 12583039 12583039)))
            (local.set $n (f32x4.sub (local.get $power) (v128.const f32x4 12583039 12583039 12583039 12583039)))
            (local.set $x
              (f32x4.sub
                (f32x4.sub (local.get $x) (f32x4.mul (local.get $n) (v128.const f32x4 0.693145751953125 0.693145751953125 0.693145751953125 0.693145751953125)))
                (f32x4.mul (local.get $n) (v128.const f32x4 1.4286068e-6 1.4286068e-6 1.4286068e-6 1.4286068e-6))))
            (local.set $n (f32x4.mul (local.get $x) (v128.const f32x4 0.008363173 0.008363173 0.008363173 0.008363173)))
            (local.set $n (f32x4.mul (local.get $x) (f32x4.add (local.get $n) (v128.const f32x4 0.041875644 0.041875644 0.041875644 0.041875644))))
            (local.set $n (f32x4.mul (local.get $x) (f32x4.add (local.get $n) (v128.const f32x4 0.1666657703 0.1666657703 0.1666657703 0.1666657703))))
            (local.set $n (f32x4.mul (local.get $x) (f32x4.add (local.get $n) (v128.const f32x4 0.4999937 0.4999937 0.4999937 0.4999937))))
            (local.set $n (f32x4.mul (local.get $x) (f32x4.add (local.get $n) (v128.const f32x4 1 1 1 1))))
            (local.set $sum
              (f32x4.add
                (local.get $sum)
                (f32x4.mul
                  (f32x4.add (local.get $n) (v128.const f32x4 1 1 1 1))
                  (i32x4.shl (local.get $power) (i32.const 23)))))
            (local.set $at (i32.add (local.get $at) (local.get $planeBytes)))
            (br_if $class (i32.lt_u (local.get $at) (local.get $planesEnd))))
          (v128.store (local.get $highest) (f32x4.div (v128.const f32x4 1 1 1 1) (local.get $sum)))))
      (local.set $ids (i32.add (local.get $ids) (i32.const 16)))
      (local.set $highest (i32.add (local.get $highest) (i32.const 16)))
      (local.set $planes (i32.add (local.get $planes) (i32.const 16)))
      (br_if $four (i32.lt_u (local.get $planes) (local.get $end))))))
