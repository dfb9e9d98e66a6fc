;; Planes of a frame to what JPEG has: full range, BT.601, color at half the resolution; and color laid over them. Bit for bit what
;; color-kernels.ts computes.
;; 16 bytes at a time: whoever calls leaves room for a whole step behind each row. `npm run generate` assembles this file.
(module
  (memory (export "memory") 1)

  ;; Bytes in place: (value - black) · factor + base. `black` is of 128, `factor` of 8192, `base` of 32 with 16 added to round.
  (func (export "stretch") (param $at i32) (param $count i32) (param $black i32) (param $factor i32) (param $base i32)
    (local $end i32) (local $blacks v128) (local $factors v128) (local $bases v128) (local $bytes v128)
    (local.set $blacks (i16x8.splat (local.get $black)))
    (local.set $factors (i16x8.splat (local.get $factor)))
    (local.set $bases (i16x8.splat (local.get $base)))
    (local.set $end (i32.add (local.get $at) (local.get $count)))
    (loop $sixteen
      (local.set $bytes (v128.load (local.get $at)))
      (v128.store (local.get $at)
        (i8x16.narrow_i16x8_u
          (i16x8.shr_s
            (i16x8.add
              (i16x8.q15mulr_sat_s
                (i16x8.sub (i16x8.shl (i16x8.extend_low_i8x16_u (local.get $bytes)) (i32.const 7)) (local.get $blacks))
                (local.get $factors))
              (local.get $bases))
            (i32.const 5))
          (i16x8.shr_s
            (i16x8.add
              (i16x8.q15mulr_sat_s
                (i16x8.sub (i16x8.shl (i16x8.extend_high_i8x16_u (local.get $bytes)) (i32.const 7)) (local.get $blacks))
                (local.get $factors))
              (local.get $bases))
            (i32.const 5))))
      (local.set $at (i32.add (local.get $at) (i32.const 16)))
      (br_if $sixteen (i32.lt_u (local.get $at) (local.get $end)))))

  ;; A row of brightness in place, of another matrix: (Y - black) · ofY + (U - 128) · ofU + (V - 128) · ofV; factors are of 8192.
  (func (export "luma")
    (param $y i32) (param $u i32) (param $v i32) (param $count i32)
    (param $black i32) (param $ofY i32) (param $ofU i32) (param $ofV i32)
    (local $end i32) (local $bytes v128) (local $color v128)
    (local.set $end (i32.add (local.get $y) (local.get $count)))
    (loop $sixteen
      (local.set $bytes (v128.load (local.get $y)))
      ;; What 8 values of color add, for 16 positions.
      (local.set $color
        (i16x8.add
          (i16x8.add
            (i16x8.q15mulr_sat_s
              (i16x8.sub
                (i16x8.shl (i16x8.extend_low_i8x16_u (v128.load64_zero (local.get $u))) (i32.const 7))
                (v128.const i16x8 16384 16384 16384 16384 16384 16384 16384 16384))
              (i16x8.splat (local.get $ofU)))
            (i16x8.q15mulr_sat_s
              (i16x8.sub
                (i16x8.shl (i16x8.extend_low_i8x16_u (v128.load64_zero (local.get $v))) (i32.const 7))
                (v128.const i16x8 16384 16384 16384 16384 16384 16384 16384 16384))
              (i16x8.splat (local.get $ofV))))
          (v128.const i16x8 16 16 16 16 16 16 16 16)))
      (v128.store (local.get $y)
        (i8x16.narrow_i16x8_u
          (i16x8.shr_s
            (i16x8.add
              (i16x8.q15mulr_sat_s
                (i16x8.sub
                  (i16x8.shl (i16x8.extend_low_i8x16_u (local.get $bytes)) (i32.const 7))
                  (i16x8.splat (local.get $black)))
                (i16x8.splat (local.get $ofY)))
              (i8x16.shuffle 0 1 0 1 2 3 2 3 4 5 4 5 6 7 6 7 (local.get $color) (local.get $color)))
            (i32.const 5))
          (i16x8.shr_s
            (i16x8.add
              (i16x8.q15mulr_sat_s
                (i16x8.sub
                  (i16x8.shl (i16x8.extend_high_i8x16_u (local.get $bytes)) (i32.const 7))
                  (i16x8.splat (local.get $black)))
                (i16x8.splat (local.get $ofY)))
              (i8x16.shuffle 8 9 8 9 10 11 10 11 12 13 12 13 14 15 14 15 (local.get $color) (local.get $color)))
            (i32.const 5))))
      (local.set $u (i32.add (local.get $u) (i32.const 8)))
      (local.set $v (i32.add (local.get $v) (i32.const 8)))
      (local.set $y (i32.add (local.get $y) (i32.const 16)))
      (br_if $sixteen (i32.lt_u (local.get $y) (local.get $end)))))

  ;; Rows of color in place, of another matrix, 8 at a time: U' - 128 = (U - 128) · uOfU + (V - 128) · uOfV, and V' alike.
  (func (export "chroma")
    (param $u i32) (param $v i32) (param $count i32)
    (param $uOfU i32) (param $uOfV i32) (param $vOfU i32) (param $vOfV i32)
    (local $end i32) (local $blue v128) (local $red v128) (local $sum v128)
    (local.set $end (i32.add (local.get $u) (local.get $count)))
    (loop $eight
      (local.set $blue
        (i16x8.sub
          (i16x8.shl (i16x8.extend_low_i8x16_u (v128.load64_zero (local.get $u))) (i32.const 7))
          (v128.const i16x8 16384 16384 16384 16384 16384 16384 16384 16384)))
      (local.set $red
        (i16x8.sub
          (i16x8.shl (i16x8.extend_low_i8x16_u (v128.load64_zero (local.get $v))) (i32.const 7))
          (v128.const i16x8 16384 16384 16384 16384 16384 16384 16384 16384)))
      ;; 4112 = 128 · 32 + 16
      (local.set $sum
        (i16x8.shr_s
          (i16x8.add
            (i16x8.add
              (i16x8.q15mulr_sat_s (local.get $blue) (i16x8.splat (local.get $uOfU)))
              (i16x8.q15mulr_sat_s (local.get $red) (i16x8.splat (local.get $uOfV))))
            (v128.const i16x8 4112 4112 4112 4112 4112 4112 4112 4112))
          (i32.const 5)))
      (v128.store64_lane 0 (local.get $u) (i8x16.narrow_i16x8_u (local.get $sum) (local.get $sum)))
      (local.set $sum
        (i16x8.shr_s
          (i16x8.add
            (i16x8.add
              (i16x8.q15mulr_sat_s (local.get $blue) (i16x8.splat (local.get $vOfU)))
              (i16x8.q15mulr_sat_s (local.get $red) (i16x8.splat (local.get $vOfV))))
            (v128.const i16x8 4112 4112 4112 4112 4112 4112 4112 4112))
          (i32.const 5)))
      (v128.store64_lane 0 (local.get $v) (i8x16.narrow_i16x8_u (local.get $sum) (local.get $sum)))
      (local.set $v (i32.add (local.get $v) (i32.const 8)))
      (local.set $u (i32.add (local.get $u) (i32.const 8)))
      (br_if $eight (i32.lt_u (local.get $u) (local.get $end)))))

  ;; A row of pairs (U, V) to a row of U and a row of V, 16 pairs at a time. `count` is of pairs.
  (func (export "split") (param $pairs i32) (param $count i32) (param $u i32) (param $v i32)
    (local $end i32) (local $first v128) (local $second v128)
    (local.set $end (i32.add (local.get $u) (local.get $count)))
    (loop $sixteen
      (local.set $first (v128.load (local.get $pairs)))
      (local.set $second (v128.load offset=16 (local.get $pairs)))
      (v128.store (local.get $u)
        (i8x16.shuffle 0 2 4 6 8 10 12 14 16 18 20 22 24 26 28 30 (local.get $first) (local.get $second)))
      (v128.store (local.get $v)
        (i8x16.shuffle 1 3 5 7 9 11 13 15 17 19 21 23 25 27 29 31 (local.get $first) (local.get $second)))
      (local.set $pairs (i32.add (local.get $pairs) (i32.const 32)))
      (local.set $v (i32.add (local.get $v) (i32.const 16)))
      (local.set $u (i32.add (local.get $u) (i32.const 16)))
      (br_if $sixteen (i32.lt_u (local.get $u) (local.get $end)))))

  ;; Lays one value over rows of bytes: to + (value - to) · coverage · strength. `strength` is of 257, as coverage is of 255.
  ;; Rows of coverage are padded with 0 to whole steps; with a stride of 0 they are all the same.
  (func (export "blend")
    (param $mask i32) (param $maskStride i32) (param $to i32) (param $stride i32)
    (param $count i32) (param $rows i32) (param $value i32) (param $strength i32)
    (local $x i32) (local $coverage v128) (local $under v128) (local $values v128) (local $strengths v128)
    (local.set $values (i16x8.splat (local.get $value)))
    (local.set $strengths (i16x8.splat (local.get $strength)))
    (loop $row
      (local.set $x (i32.const 0))
      (loop $sixteen
        (local.set $coverage (v128.load (i32.add (local.get $mask) (local.get $x))))
        (if (v128.any_true (local.get $coverage))
          (then
            (local.set $under (v128.load (i32.add (local.get $to) (local.get $x))))
            (v128.store (i32.add (local.get $to) (local.get $x))
              (i8x16.narrow_i16x8_u
                (i16x8.add
                  (i16x8.extend_low_i8x16_u (local.get $under))
                  (i16x8.q15mulr_sat_s
                    (i16x8.sub (local.get $values) (i16x8.extend_low_i8x16_u (local.get $under)))
                    (i16x8.shr_u
                      (i16x8.mul (i16x8.extend_low_i8x16_u (local.get $coverage)) (local.get $strengths))
                      (i32.const 1))))
                (i16x8.add
                  (i16x8.extend_high_i8x16_u (local.get $under))
                  (i16x8.q15mulr_sat_s
                    (i16x8.sub (local.get $values) (i16x8.extend_high_i8x16_u (local.get $under)))
                    (i16x8.shr_u
                      (i16x8.mul (i16x8.extend_high_i8x16_u (local.get $coverage)) (local.get $strengths))
                      (i32.const 1))))))))
        (local.set $x (i32.add (local.get $x) (i32.const 16)))
        (br_if $sixteen (i32.lt_u (local.get $x) (local.get $count))))
      (local.set $mask (i32.add (local.get $mask) (local.get $maskStride)))
      (local.set $to (i32.add (local.get $to) (local.get $stride)))
      (local.set $rows (i32.sub (local.get $rows) (i32.const 1)))
      (br_if $row (local.get $rows))))

  ;; The same for color, one value for 2 × 2 of coverage, which count by their mean. `count` is of coverage, `rows` is of color.
  (func (export "blendColor")
    (param $mask i32) (param $maskStride i32) (param $u i32) (param $v i32) (param $stride i32)
    (param $count i32) (param $rows i32) (param $blue i32) (param $red i32) (param $strength i32)
    (local $x i32) (local $at i32) (local $sum v128) (local $under v128)
    (loop $row
      (local.set $x (i32.const 0))
      (loop $sixteen
        (local.set $at (i32.add (local.get $mask) (local.get $x)))
        (local.set $sum
          (i16x8.add
            (i16x8.extadd_pairwise_i8x16_u (v128.load (local.get $at)))
            (i16x8.extadd_pairwise_i8x16_u (v128.load (i32.add (local.get $at) (local.get $maskStride))))))
        (if (v128.any_true (local.get $sum))
          (then
            (local.set $sum
              (i16x8.shr_u
                (i16x8.mul
                  (i16x8.shr_u (i16x8.add (local.get $sum) (v128.const i16x8 2 2 2 2 2 2 2 2)) (i32.const 2))
                  (i16x8.splat (local.get $strength)))
                (i32.const 1)))
            (local.set $at (i32.add (local.get $u) (i32.shr_u (local.get $x) (i32.const 1))))
            (local.set $under (i16x8.extend_low_i8x16_u (v128.load64_zero (local.get $at))))
            (local.set $under
              (i16x8.add
                (local.get $under)
                (i16x8.q15mulr_sat_s
                  (i16x8.sub (i16x8.splat (local.get $blue)) (local.get $under))
                  (local.get $sum))))
            (v128.store64_lane 0 (local.get $at) (i8x16.narrow_i16x8_u (local.get $under) (local.get $under)))
            (local.set $at (i32.add (local.get $v) (i32.shr_u (local.get $x) (i32.const 1))))
            (local.set $under (i16x8.extend_low_i8x16_u (v128.load64_zero (local.get $at))))
            (local.set $under
              (i16x8.add
                (local.get $under)
                (i16x8.q15mulr_sat_s
                  (i16x8.sub (i16x8.splat (local.get $red)) (local.get $under))
                  (local.get $sum))))
            (v128.store64_lane 0 (local.get $at) (i8x16.narrow_i16x8_u (local.get $under) (local.get $under)))))
        (local.set $x (i32.add (local.get $x) (i32.const 16)))
        (br_if $sixteen (i32.lt_u (local.get $x) (local.get $count))))
      (local.set $mask (i32.add (local.get $mask) (i32.shl (local.get $maskStride) (i32.const 1))))
      (local.set $u (i32.add (local.get $u) (local.get $stride)))
      (local.set $v (i32.add (local.get $v) (local.get $stride)))
      (local.set $rows (i32.sub (local.get $rows) (i32.const 1)))
      (br_if $row (local.get $rows)))))
