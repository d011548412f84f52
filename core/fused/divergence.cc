#include "core/fused/divergence.h"

#include <cmath>

#include "core/fused/vectorised.h"

namespace retort::fused {
namespace {

struct Terms {
  float loss;   // f(s, t)
  float slope;  // s df/ds
};

struct MixedLogs {
  float student, teacher;  // log(s / M), log(t / M), M = weight t + (1 - weight) s
};

// From the smaller of the two over the larger, so that nothing overflows.
RETORT_INLINE MixedLogs Mix(float log_s, float log_t, float weight) {
  const float gap = log_t - log_s;
  const bool teacher_larger = gap > 0;
  const float larger = teacher_larger ? weight : 1.0F - weight;
  const float of_larger = -Log(larger + (1.0F - larger) * Exp(teacher_larger ? -gap : gap));
  return {teacher_larger ? of_larger - gap : of_larger, teacher_larger ? of_larger : of_larger + gap};
}

RETORT_INLINE float Max(const float* row, int64_t size) {
  float max = row[0];
#pragma omp simd reduction(max : max)
  for (int64_t i = 1; i < size; ++i) max = row[i] > max ? row[i] : max;
  return max;
}

RETORT_INLINE float LogSum(const float* row, int64_t size, float max, float inverse) {
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t i = 0; i < size; ++i) sum += Exp((row[i] - max) * inverse);
  return std::log(sum);
}

// terms(log s, log t, s, t) of each token.
template <typename F>
RETORT_INLINE double Rows(float* logits, const float* teacher, int64_t rows, int64_t vocab, float inverse, float scale,
                          float* s, const F& terms) {
  double total = 0;
  for (int64_t r = 0; r < rows; ++r, logits += vocab, teacher += vocab) {
    const float max_s = Max(logits, vocab), max_t = Max(teacher, vocab);
    const float sum_s = LogSum(logits, vocab, max_s, inverse), sum_t = LogSum(teacher, vocab, max_t, inverse);
    float loss = 0, slopes = 0;
#pragma omp simd reduction(+ : loss, slopes)
    for (int64_t i = 0; i < vocab; ++i) {
      const float log_s = (logits[i] - max_s) * inverse - sum_s, log_t = (teacher[i] - max_t) * inverse - sum_t;
      const float p = Exp(log_s);
      const Terms term = terms(log_s, log_t, p, Exp(log_t));
      s[i] = p;
      logits[i] = term.slope;
      loss += term.loss;
      slopes += term.slope;
    }
    const float factor = scale * inverse;
#pragma omp simd
    for (int64_t i = 0; i < vocab; ++i) logits[i] = factor * (logits[i] - s[i] * slopes);
    // A logit that is not finite must show: clamped exponentials and the logarithm of a mixture would hide it.
    total += std::isfinite(max_s + sum_s) && std::isfinite(max_t + sum_t) ? static_cast<double>(loss)
                                                                          : static_cast<double>(NAN);
  }
  return total;
}

}  // namespace

RETORT_VECTORISED double DivergenceSum(const Divergence& divergence, float* logits, const float* teacher, int64_t rows,
                                       int64_t vocab, float scale, float* scratch) {
  const float inverse = 1.0F / divergence.temperature, mix = divergence.mix;
  const auto sum = [&](const auto& terms) __attribute__((always_inline)) {
    return Rows(logits, teacher, rows, vocab, inverse, scale, scratch, terms);
  };
  switch (divergence.kind) {
    case DivergenceKind::kForward:
      return sum([](float log_s, float log_t, float, float t) { return Terms{t * (log_t - log_s), -t}; });
    case DivergenceKind::kReverse:
      return sum([](float log_s, float log_t, float s, float) {
        const float loss = s * (log_s - log_t);
        return Terms{loss, loss + s};
      });
    case DivergenceKind::kJensenShannon:
      return sum([mix](float log_s, float log_t, float s, float t) {
        const MixedLogs logs = Mix(log_s, log_t, mix);
        const float of_student = (1.0F - mix) * s * logs.student;
        return Terms{mix * t * logs.teacher + of_student, of_student};
      });
    case DivergenceKind::kSkewForward:
      return sum([mix](float log_s, float log_t, float, float t) {
        const MixedLogs logs = Mix(log_s, log_t, mix);
        return Terms{t * logs.teacher, (mix - 1.0F) * t * Exp(logs.student)};
      });
    case DivergenceKind::kSkewReverse:
      return sum([mix](float log_s, float log_t, float s, float) {
        const MixedLogs logs = Mix(log_s, log_t, 1.0F - mix);
        return Terms{s * logs.student, s * (logs.student + 1.0F - mix * Exp(logs.student))};
      });
  }
  return NAN;
}

}  // namespace retort::fused
