;; Rows of a resize in WebAssembly SIMD, bit for bit what bilinear.ts, filtered.ts and, for frames, plain-yuv.ts compute. They read and write the exported
;; memory; whoever calls lays it out (wasm-resizer.ts) and leaves 16 bytes free behind every region, because the last step of a row
;; reads and writes a whole vector. `npm run generate` assembles this file into kernels.gen.ts.
(module
  (memory (export "memory") 1)

  ;; One row of RGB between two rows of the source. For each pixel: `offsets` has the byte offset of the left neighbour (i32),
  ;; `weights` the pair of weights (2 × i16, of 2048). value = ((upper·w >> 16) + (lower·w >> 16) + 2) >> 2, rows being sums >> 4.
  (func (export "bilinearRgb")
    (param $upper i32) (param $lower i32) (param $upperWeight i32) (param $lowerWeight i32)
    (param $offsets i32) (param $weights i32) (param $count i32) (param $out i32)
    (local $end i32) (local $at i32) (local $pair v128) (local $upperWeights v128) (local $lowerWeights v128) (local $value v128)
    (local.set $upperWeights (i32x4.splat (local.get $upperWeight)))
    (local.set $lowerWeights (i32x4.splat (local.get $lowerWeight)))
    (local.set $end (i32.add (local.get $offsets) (i32.shl (local.get $count) (i32.const 2))))
    (loop $pixel
      (local.set $at (i32.load (local.get $offsets)))
      (local.set $pair (v128.load32_splat (local.get $weights)))
      ;; Bytes r0 g0 b0 r1 g1 b1 become the 16-bit pairs r0 r1, g0 g1, b0 b1; the dot product adds each pair, weighted.
      (local.set $value
        (i32x4.shr_s
          (i32x4.add
            (i32x4.add
              (i32x4.shr_s
                (i32x4.mul
                  (i32x4.shr_s
                    (i32x4.dot_i16x8_s
                      (i8x16.swizzle
                        (v128.load64_zero (i32.add (local.get $upper) (local.get $at)))
                        (v128.const i8x16 0 -1 3 -1 1 -1 4 -1 2 -1 5 -1 -1 -1 -1 -1))
                      (local.get $pair))
                    (i32.const 4))
                  (local.get $upperWeights))
                (i32.const 16))
              (i32x4.shr_s
                (i32x4.mul
                  (i32x4.shr_s
                    (i32x4.dot_i16x8_s
                      (i8x16.swizzle
                        (v128.load64_zero (i32.add (local.get $lower) (local.get $at)))
                        (v128.const i8x16 0 -1 3 -1 1 -1 4 -1 2 -1 5 -1 -1 -1 -1 -1))
                      (local.get $pair))
                    (i32.const 4))
                  (local.get $lowerWeights))
                (i32.const 16)))
            (v128.const i32x4 2 2 2 2))
          (i32.const 2)))
      ;; Three bytes and one to spare, which the next pixel overwrites.
      (i32.store (local.get $out)
        (i32x4.extract_lane 0
          (i8x16.swizzle (local.get $value) (v128.const i8x16 0 4 8 12 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1))))
      (local.set $out (i32.add (local.get $out) (i32.const 3)))
      (local.set $weights (i32.add (local.get $weights) (i32.const 4)))
      (local.set $offsets (i32.add (local.get $offsets) (i32.const 4)))
      (br_if $pixel (i32.lt_u (local.get $offsets) (local.get $end)))))

  ;; The same for one channel.
  (func (export "bilinearGray")
    (param $upper i32) (param $lower i32) (param $upperWeight i32) (param $lowerWeight i32)
    (param $offsets i32) (param $weights i32) (param $count i32) (param $out i32)
    (local $end i32) (local $at i32) (local $left i32) (local $right i32)
    (local.set $end (i32.add (local.get $offsets) (i32.shl (local.get $count) (i32.const 2))))
    (loop $pixel
      (local.set $at (i32.load (local.get $offsets)))
      (local.set $left (i32.load16_u (local.get $weights)))
      (local.set $right (i32.load16_u offset=2 (local.get $weights)))
      (i32.store8 (local.get $out)
        (i32.shr_s
          (i32.add
            (i32.add
              (i32.shr_s
                (i32.mul (local.get $upperWeight)
                  (i32.shr_s
                    (i32.add
                      (i32.mul (i32.load8_u (i32.add (local.get $upper) (local.get $at))) (local.get $left))
                      (i32.mul (i32.load8_u offset=1 (i32.add (local.get $upper) (local.get $at))) (local.get $right)))
                    (i32.const 4)))
                (i32.const 16))
              (i32.shr_s
                (i32.mul (local.get $lowerWeight)
                  (i32.shr_s
                    (i32.add
                      (i32.mul (i32.load8_u (i32.add (local.get $lower) (local.get $at))) (local.get $left))
                      (i32.mul (i32.load8_u offset=1 (i32.add (local.get $lower) (local.get $at))) (local.get $right)))
                    (i32.const 4)))
                (i32.const 16)))
            (i32.const 2))
          (i32.const 2)))
      (local.set $out (i32.add (local.get $out) (i32.const 1)))
      (local.set $weights (i32.add (local.get $weights) (i32.const 4)))
      (local.set $offsets (i32.add (local.get $offsets) (i32.const 4)))
      (br_if $pixel (i32.lt_u (local.get $offsets) (local.get $end)))))

  ;; One row of RGB through a wide filter across. For each pixel: `firsts` has the byte offset of the first neighbour, `counts` how many
  ;; there are, `weights` their weights (i32, of 2^22), `longest` · 4 bytes further for each pixel.
  (func (export "acrossRgb")
    (param $row i32) (param $firsts i32) (param $counts i32) (param $weights i32) (param $longest i32) (param $width i32) (param $out i32)
    (local $end i32) (local $from i32) (local $weight i32) (local $last i32) (local $sum v128)
    (local.set $longest (i32.shl (local.get $longest) (i32.const 2)))
    (local.set $end (i32.add (local.get $firsts) (i32.shl (local.get $width) (i32.const 2))))
    (loop $pixel
      (local.set $sum (v128.const i32x4 0x200000 0x200000 0x200000 0x200000))
      (local.set $from (i32.add (local.get $row) (i32.load (local.get $firsts))))
      (local.set $weight (local.get $weights))
      (local.set $last (i32.add (local.get $weights) (i32.shl (i32.load (local.get $counts)) (i32.const 2))))
      (loop $tap
        (local.set $sum
          (i32x4.add (local.get $sum)
            (i32x4.mul
              (i8x16.swizzle
                (v128.load32_zero (local.get $from))
                (v128.const i8x16 0 -1 -1 -1 1 -1 -1 -1 2 -1 -1 -1 -1 -1 -1 -1))
              (v128.load32_splat (local.get $weight)))))
        (local.set $from (i32.add (local.get $from) (i32.const 3)))
        (local.set $weight (i32.add (local.get $weight) (i32.const 4)))
        (br_if $tap (i32.lt_u (local.get $weight) (local.get $last))))
      (local.set $sum (i32x4.shr_s (local.get $sum) (i32.const 22)))
      (local.set $sum (i16x8.narrow_i32x4_s (local.get $sum) (local.get $sum)))
      (i32.store (local.get $out) (i32x4.extract_lane 0 (i8x16.narrow_i16x8_u (local.get $sum) (local.get $sum))))
      (local.set $out (i32.add (local.get $out) (i32.const 3)))
      (local.set $weights (i32.add (local.get $weights) (local.get $longest)))
      (local.set $counts (i32.add (local.get $counts) (i32.const 4)))
      (local.set $firsts (i32.add (local.get $firsts) (i32.const 4)))
      (br_if $pixel (i32.lt_u (local.get $firsts) (local.get $end)))))

  ;; The same for one channel.
  (func (export "acrossGray")
    (param $row i32) (param $firsts i32) (param $counts i32) (param $weights i32) (param $longest i32) (param $width i32) (param $out i32)
    (local $end i32) (local $from i32) (local $weight i32) (local $last i32) (local $sum i32)
    (local.set $longest (i32.shl (local.get $longest) (i32.const 2)))
    (local.set $end (i32.add (local.get $firsts) (i32.shl (local.get $width) (i32.const 2))))
    (loop $pixel
      (local.set $sum (i32.const 0x200000))
      (local.set $from (i32.add (local.get $row) (i32.load (local.get $firsts))))
      (local.set $weight (local.get $weights))
      (local.set $last (i32.add (local.get $weights) (i32.shl (i32.load (local.get $counts)) (i32.const 2))))
      (loop $tap
        (local.set $sum
          (i32.add (local.get $sum) (i32.mul (i32.load8_u (local.get $from)) (i32.load (local.get $weight)))))
        (local.set $from (i32.add (local.get $from) (i32.const 1)))
        (local.set $weight (i32.add (local.get $weight) (i32.const 4)))
        (br_if $tap (i32.lt_u (local.get $weight) (local.get $last))))
      (local.set $sum (i32.shr_s (local.get $sum) (i32.const 22)))
      (if (i32.lt_s (local.get $sum) (i32.const 0)) (then (local.set $sum (i32.const 0))))
      (if (i32.gt_s (local.get $sum) (i32.const 255)) (then (local.set $sum (i32.const 255))))
      (i32.store8 (local.get $out) (local.get $sum))
      (local.set $out (i32.add (local.get $out) (i32.const 1)))
      (local.set $weights (i32.add (local.get $weights) (local.get $longest)))
      (local.set $counts (i32.add (local.get $counts) (i32.const 4)))
      (local.set $firsts (i32.add (local.get $firsts) (i32.const 4)))
      (br_if $pixel (i32.lt_u (local.get $firsts) (local.get $end)))))

  ;; One row of bytes out of `count` rows that lie `stride` apart, by their weights (i32, of 2^22), 16 bytes at a time.
  (func (export "down")
    (param $source i32) (param $stride i32) (param $weights i32) (param $count i32) (param $bytes i32) (param $out i32)
    (local $end i32) (local $from i32) (local $weight i32) (local $last i32) (local $row v128) (local $half v128) (local $factor v128)
    (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (local.set $end (i32.add (local.get $out) (local.get $bytes)))
    (local.set $last (i32.add (local.get $weights) (i32.shl (local.get $count) (i32.const 2))))
    (loop $group
      (local.set $a (v128.const i32x4 0x200000 0x200000 0x200000 0x200000))
      (local.set $b (local.get $a))
      (local.set $c (local.get $a))
      (local.set $d (local.get $a))
      (local.set $from (local.get $source))
      (local.set $weight (local.get $weights))
      (loop $tap
        (local.set $row (v128.load (local.get $from)))
        (local.set $factor (v128.load32_splat (local.get $weight)))
        (local.set $half (i16x8.extend_low_i8x16_u (local.get $row)))
        (local.set $a (i32x4.add (local.get $a) (i32x4.mul (i32x4.extend_low_i16x8_u (local.get $half)) (local.get $factor))))
        (local.set $b (i32x4.add (local.get $b) (i32x4.mul (i32x4.extend_high_i16x8_u (local.get $half)) (local.get $factor))))
        (local.set $half (i16x8.extend_high_i8x16_u (local.get $row)))
        (local.set $c (i32x4.add (local.get $c) (i32x4.mul (i32x4.extend_low_i16x8_u (local.get $half)) (local.get $factor))))
        (local.set $d (i32x4.add (local.get $d) (i32x4.mul (i32x4.extend_high_i16x8_u (local.get $half)) (local.get $factor))))
        (local.set $from (i32.add (local.get $from) (local.get $stride)))
        (local.set $weight (i32.add (local.get $weight) (i32.const 4)))
        (br_if $tap (i32.lt_u (local.get $weight) (local.get $last))))
      (v128.store (local.get $out)
        (i8x16.narrow_i16x8_u
          (i16x8.narrow_i32x4_s (i32x4.shr_s (local.get $a) (i32.const 22)) (i32x4.shr_s (local.get $b) (i32.const 22)))
          (i16x8.narrow_i32x4_s (i32x4.shr_s (local.get $c) (i32.const 22)) (i32x4.shr_s (local.get $d) (i32.const 22)))))
      (local.set $source (i32.add (local.get $source) (i32.const 16)))
      (local.set $out (i32.add (local.get $out) (i32.const 16)))
      (br_if $group (i32.lt_u (local.get $out) (local.get $end)))))

  ;; One channel of a row to its place in the tensor, through a table of 256 elements: of 4, 2 or 1 bytes.
  (func (export "scatter4")
    (param $source i32) (param $step i32) (param $table i32) (param $count i32) (param $out i32) (param $outStep i32)
    (local $end i32)
    (local.set $end (i32.add (local.get $source) (i32.mul (local.get $count) (local.get $step))))
    (loop $value
      (i32.store (local.get $out)
        (i32.load (i32.add (local.get $table) (i32.shl (i32.load8_u (local.get $source)) (i32.const 2)))))
      (local.set $out (i32.add (local.get $out) (local.get $outStep)))
      (local.set $source (i32.add (local.get $source) (local.get $step)))
      (br_if $value (i32.lt_u (local.get $source) (local.get $end)))))

  (func (export "scatter2")
    (param $source i32) (param $step i32) (param $table i32) (param $count i32) (param $out i32) (param $outStep i32)
    (local $end i32)
    (local.set $end (i32.add (local.get $source) (i32.mul (local.get $count) (local.get $step))))
    (loop $value
      (i32.store16 (local.get $out)
        (i32.load16_u (i32.add (local.get $table) (i32.shl (i32.load8_u (local.get $source)) (i32.const 1)))))
      (local.set $out (i32.add (local.get $out) (local.get $outStep)))
      (local.set $source (i32.add (local.get $source) (local.get $step)))
      (br_if $value (i32.lt_u (local.get $source) (local.get $end)))))

  (func (export "scatter1")
    (param $source i32) (param $step i32) (param $table i32) (param $count i32) (param $out i32) (param $outStep i32)
    (local $end i32)
    (local.set $end (i32.add (local.get $source) (i32.mul (local.get $count) (local.get $step))))
    (loop $value
      (i32.store8 (local.get $out) (i32.load8_u (i32.add (local.get $table) (i32.load8_u (local.get $source)))))
      (local.set $out (i32.add (local.get $out) (local.get $outStep)))
      (local.set $source (i32.add (local.get $source) (local.get $step)))
      (br_if $value (i32.lt_u (local.get $source) (local.get $end)))))
  ;; One row of one plane of a frame between two of its rows, 8 positions at a time, as 16-bit values of 128 for each step of a byte.
  ;; For each 4 positions: `offsets` has the byte (i32) at which 16 bytes with all of their neighbours begin, `masks` where in these
  ;; the neighbours lie (16 bytes: left, 0x80, right, 0x80, …), `weights` their weights (8 × i16, of 2048).
  ;; `upperWeight` and `lowerWeight` are of 32768. `count` is a multiple of 8.
  (func (export "blendNear")
    (param $upper i32) (param $lower i32) (param $upperWeight i32) (param $lowerWeight i32)
    (param $offsets i32) (param $masks i32) (param $weights i32) (param $count i32) (param $out i32)
    (local $end i32) (local $upperWeights v128) (local $lowerWeights v128)
    (local.set $upperWeights (i16x8.splat (local.get $upperWeight)))
    (local.set $lowerWeights (i16x8.splat (local.get $lowerWeight)))
    (local.set $end (i32.add (local.get $out) (i32.shl (local.get $count) (i32.const 1))))
    (loop $eight
      (v128.store (local.get $out)
        (i16x8.add
          (i16x8.q15mulr_sat_s
            (i16x8.narrow_i32x4_s
          (i32x4.shr_s
            (i32x4.dot_i16x8_s
              (i8x16.swizzle
                (v128.load (i32.add (local.get $upper) (i32.load offset=0 (local.get $offsets))))
                (v128.load offset=0 (local.get $masks)))
              (v128.load offset=0 (local.get $weights)))
            (i32.const 4))
          (i32x4.shr_s
            (i32x4.dot_i16x8_s
              (i8x16.swizzle
                (v128.load (i32.add (local.get $upper) (i32.load offset=4 (local.get $offsets))))
                (v128.load offset=16 (local.get $masks)))
              (v128.load offset=16 (local.get $weights)))
            (i32.const 4)))
            (local.get $upperWeights))
          (i16x8.q15mulr_sat_s
            (i16x8.narrow_i32x4_s
          (i32x4.shr_s
            (i32x4.dot_i16x8_s
              (i8x16.swizzle
                (v128.load (i32.add (local.get $lower) (i32.load offset=0 (local.get $offsets))))
                (v128.load offset=0 (local.get $masks)))
              (v128.load offset=0 (local.get $weights)))
            (i32.const 4))
          (i32x4.shr_s
            (i32x4.dot_i16x8_s
              (i8x16.swizzle
                (v128.load (i32.add (local.get $lower) (i32.load offset=4 (local.get $offsets))))
                (v128.load offset=16 (local.get $masks)))
              (v128.load offset=16 (local.get $weights)))
            (i32.const 4)))
            (local.get $lowerWeights))))
      (local.set $offsets (i32.add (local.get $offsets) (i32.const 8)))
      (local.set $masks (i32.add (local.get $masks) (i32.const 32)))
      (local.set $weights (i32.add (local.get $weights) (i32.const 32)))
      (local.set $out (i32.add (local.get $out) (i32.const 16)))
      (br_if $eight (i32.lt_u (local.get $out) (local.get $end)))))

  ;; The same if neighbours lie too far apart for 16 bytes: `offsets` has the byte at which 4 bytes begin, for each position.
  (func (export "blendFar")
    (param $upper i32) (param $lower i32) (param $upperWeight i32) (param $lowerWeight i32)
    (param $offsets i32) (param $masks i32) (param $weights i32) (param $count i32) (param $out i32)
    (local $end i32) (local $upperWeights v128) (local $lowerWeights v128)
    (local.set $upperWeights (i16x8.splat (local.get $upperWeight)))
    (local.set $lowerWeights (i16x8.splat (local.get $lowerWeight)))
    (local.set $end (i32.add (local.get $out) (i32.shl (local.get $count) (i32.const 1))))
    (loop $eight
      (v128.store (local.get $out)
        (i16x8.add
          (i16x8.q15mulr_sat_s
            (i16x8.narrow_i32x4_s
          (i32x4.shr_s
            (i32x4.dot_i16x8_s
              (i8x16.swizzle
                (v128.load32_lane 3 (i32.add (local.get $upper) (i32.load offset=12 (local.get $offsets))) (v128.load32_lane 2 (i32.add (local.get $upper) (i32.load offset=8 (local.get $offsets))) (v128.load32_lane 1 (i32.add (local.get $upper) (i32.load offset=4 (local.get $offsets))) (v128.load32_zero (i32.add (local.get $upper) (i32.load offset=0 (local.get $offsets)))))))
                (v128.load offset=0 (local.get $masks)))
              (v128.load offset=0 (local.get $weights)))
            (i32.const 4))
          (i32x4.shr_s
            (i32x4.dot_i16x8_s
              (i8x16.swizzle
                (v128.load32_lane 3 (i32.add (local.get $upper) (i32.load offset=28 (local.get $offsets))) (v128.load32_lane 2 (i32.add (local.get $upper) (i32.load offset=24 (local.get $offsets))) (v128.load32_lane 1 (i32.add (local.get $upper) (i32.load offset=20 (local.get $offsets))) (v128.load32_zero (i32.add (local.get $upper) (i32.load offset=16 (local.get $offsets)))))))
                (v128.load offset=16 (local.get $masks)))
              (v128.load offset=16 (local.get $weights)))
            (i32.const 4)))
            (local.get $upperWeights))
          (i16x8.q15mulr_sat_s
            (i16x8.narrow_i32x4_s
          (i32x4.shr_s
            (i32x4.dot_i16x8_s
              (i8x16.swizzle
                (v128.load32_lane 3 (i32.add (local.get $lower) (i32.load offset=12 (local.get $offsets))) (v128.load32_lane 2 (i32.add (local.get $lower) (i32.load offset=8 (local.get $offsets))) (v128.load32_lane 1 (i32.add (local.get $lower) (i32.load offset=4 (local.get $offsets))) (v128.load32_zero (i32.add (local.get $lower) (i32.load offset=0 (local.get $offsets)))))))
                (v128.load offset=0 (local.get $masks)))
              (v128.load offset=0 (local.get $weights)))
            (i32.const 4))
          (i32x4.shr_s
            (i32x4.dot_i16x8_s
              (i8x16.swizzle
                (v128.load32_lane 3 (i32.add (local.get $lower) (i32.load offset=28 (local.get $offsets))) (v128.load32_lane 2 (i32.add (local.get $lower) (i32.load offset=24 (local.get $offsets))) (v128.load32_lane 1 (i32.add (local.get $lower) (i32.load offset=20 (local.get $offsets))) (v128.load32_zero (i32.add (local.get $lower) (i32.load offset=16 (local.get $offsets)))))))
                (v128.load offset=16 (local.get $masks)))
              (v128.load offset=16 (local.get $weights)))
            (i32.const 4)))
            (local.get $lowerWeights))))
      (local.set $offsets (i32.add (local.get $offsets) (i32.const 32)))
      (local.set $masks (i32.add (local.get $masks) (i32.const 32)))
      (local.set $weights (i32.add (local.get $weights) (i32.const 32)))
      (local.set $out (i32.add (local.get $out) (i32.const 16)))
      (br_if $eight (i32.lt_u (local.get $out) (local.get $end)))))

  ;; Rows of brightness and color (16-bit, of 128) to rows of red, green and blue (bytes), 8 positions at a time.
  ;; `factors`: 7 × i16: what is black, gray's color; then of 8192 the parts: of brightness, of V in red, of U in green, of V in green, of U in blue.
  (func (export "yuvToRgb")
    (param $luma i32) (param $blueDifference i32) (param $redDifference i32) (param $factors i32) (param $count i32)
    (param $red i32) (param $green i32) (param $blue i32)
    (local $end i32) (local $y v128) (local $u v128) (local $v v128) (local $sum v128)
    (local $black v128) (local $gray v128) (local $ofY v128) (local $vRed v128) (local $uGreen v128) (local $vGreen v128) (local $uBlue v128)
    (local.set $black (v128.load16_splat (local.get $factors)))
    (local.set $gray (v128.load16_splat offset=2 (local.get $factors)))
    (local.set $ofY (v128.load16_splat offset=4 (local.get $factors)))
    (local.set $vRed (v128.load16_splat offset=6 (local.get $factors)))
    (local.set $uGreen (v128.load16_splat offset=8 (local.get $factors)))
    (local.set $vGreen (v128.load16_splat offset=10 (local.get $factors)))
    (local.set $uBlue (v128.load16_splat offset=12 (local.get $factors)))
    (local.set $end (i32.add (local.get $red) (local.get $count)))
    (loop $eight
      (local.set $u (i16x8.sub (v128.load (local.get $blueDifference)) (local.get $gray)))
      (local.set $v (i16x8.sub (v128.load (local.get $redDifference)) (local.get $gray)))
      ;; 32 for each step of a byte from here; 16 rounds.
      (local.set $y
        (i16x8.add
          (i16x8.q15mulr_sat_s (i16x8.sub (v128.load (local.get $luma)) (local.get $black)) (local.get $ofY))
          (v128.const i16x8 16 16 16 16 16 16 16 16)))
      (local.set $sum
        (i16x8.shr_s (i16x8.add (local.get $y) (i16x8.q15mulr_sat_s (local.get $v) (local.get $vRed))) (i32.const 5)))
      (v128.store64_lane 0 (local.get $red) (i8x16.narrow_i16x8_u (local.get $sum) (local.get $sum)))
      (local.set $sum
        (i16x8.shr_s
          (i16x8.sub
            (i16x8.sub (local.get $y) (i16x8.q15mulr_sat_s (local.get $u) (local.get $uGreen)))
            (i16x8.q15mulr_sat_s (local.get $v) (local.get $vGreen)))
          (i32.const 5)))
      (v128.store64_lane 0 (local.get $green) (i8x16.narrow_i16x8_u (local.get $sum) (local.get $sum)))
      (local.set $sum
        (i16x8.shr_s (i16x8.add (local.get $y) (i16x8.q15mulr_sat_s (local.get $u) (local.get $uBlue))) (i32.const 5)))
      (v128.store64_lane 0 (local.get $blue) (i8x16.narrow_i16x8_u (local.get $sum) (local.get $sum)))
      (local.set $luma (i32.add (local.get $luma) (i32.const 16)))
      (local.set $blueDifference (i32.add (local.get $blueDifference) (i32.const 16)))
      (local.set $redDifference (i32.add (local.get $redDifference) (i32.const 16)))
      (local.set $green (i32.add (local.get $green) (i32.const 8)))
      (local.set $blue (i32.add (local.get $blue) (i32.const 8)))
      (local.set $red (i32.add (local.get $red) (i32.const 8)))
      (br_if $eight (i32.lt_u (local.get $red) (local.get $end)))))

  ;; Red, green and blue to gray, into the row of red.
  (func (export "rgbToGray") (param $red i32) (param $green i32) (param $blue i32) (param $count i32)
    (local $end i32)
    (local.set $end (i32.add (local.get $red) (local.get $count)))
    (loop $value
      (i32.store8 (local.get $red)
        (i32.shr_u
          (i32.add
            (i32.add
              (i32.mul (i32.load8_u (local.get $red)) (i32.const 9798))
              (i32.mul (i32.load8_u (local.get $green)) (i32.const 19235)))
            (i32.add (i32.mul (i32.load8_u (local.get $blue)) (i32.const 3735)) (i32.const 16384)))
          (i32.const 15)))
      (local.set $red (i32.add (local.get $red) (i32.const 1)))
      (local.set $green (i32.add (local.get $green) (i32.const 1)))
      (local.set $blue (i32.add (local.get $blue) (i32.const 1)))
      (br_if $value (i32.lt_u (local.get $red) (local.get $end)))))

  ;; Bytes to value · factor + offset in float32, 4 at a time, what is left of them one by one.
  (func (export "normalize")
    (param $source i32) (param $factor f32) (param $offset f32) (param $count i32) (param $out i32)
    (local $end i32) (local $factors v128) (local $offsets v128)
    (local.set $factors (f32x4.splat (local.get $factor)))
    (local.set $offsets (f32x4.splat (local.get $offset)))
    (local.set $end (i32.add (local.get $source) (i32.and (local.get $count) (i32.const -4))))
    (block $done
      (loop $four
        (br_if $done (i32.ge_u (local.get $source) (local.get $end)))
        (v128.store (local.get $out)
          (f32x4.add
            (f32x4.mul
              (f32x4.convert_i32x4_u
                (i32x4.extend_low_i16x8_u (i16x8.extend_low_i8x16_u (v128.load32_zero (local.get $source)))))
              (local.get $factors))
            (local.get $offsets)))
        (local.set $source (i32.add (local.get $source) (i32.const 4)))
        (local.set $out (i32.add (local.get $out) (i32.const 16)))
        (br $four)))
    (local.set $end (i32.add (local.get $source) (i32.and (local.get $count) (i32.const 3))))
    (block $all
      (loop $one
        (br_if $all (i32.ge_u (local.get $source) (local.get $end)))
        (f32.store (local.get $out)
          (f32.add (f32.mul (f32.convert_i32_u (i32.load8_u (local.get $source))) (local.get $factor)) (local.get $offset)))
        (local.set $source (i32.add (local.get $source) (i32.const 1)))
        (local.set $out (i32.add (local.get $out) (i32.const 4)))
        (br $one)))))
