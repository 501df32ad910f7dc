// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace proofmark::forensics {

// Elementary functions that give the same bits on every machine. The C library's own differ in
// their last bits between versions and processors, which is enough to turn the order of two
// candidates or the bytes of a generated scan. These use only +, -, *, / and sqrt of IEEE 754
// doubles, in a fixed order (the build forbids contraction).
//
//   Accuracy  relative 1e-14 unless said otherwise.
//   Threads   Pure.

// Natural logarithm. `x` finite and > 0.
double Log(double x);
double Log10(double x);

// e^x. `x` in [-700, 700]; clamped to it.
double Exp(double x);

// Sine and cosine of a full turn's fraction: sin(2 pi turns). |turns| < 2^30. Absolute 1e-15.
struct SinCos {
  double sin = 0.0;
  double cos = 1.0;
};
SinCos SinCosTurns(double turns);

// Standard normal density and upper tail P(X > x); the tail is accurate to relative 1e-12 for
// |x| <= 30, so that small probabilities keep their digits.
double NormalDensity(double x);
double NormalUpperTail(double x);

}  // namespace proofmark::forensics
