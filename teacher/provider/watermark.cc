#include "teacher/provider/watermark.h"

#include <fmt/format.h>

#include <boost/math/distributions/binomial.hpp>
#include <cmath>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "teacher/provider/counter_random.h"
#include "teacher/provider/hmac.h"

namespace retort {
namespace {

constexpr size_t kFewestKeyBytes = 16;
constexpr int kWidestContext = 16;

// A step of the list's own SplitMix64 sequence: nobody can open it who has not the key behind `list`.
uint64_t PairHash(uint64_t list, int token) {
  return Mix64(list + kGoldenGamma * (static_cast<uint64_t>(static_cast<uint32_t>(token)) + 1));
}

bool IsGreenHash(uint64_t hash, double gamma) { return static_cast<double>(hash >> 11) * 0x1p-53 < gamma; }

class WatermarkProcessor : public LogitsProcessor {
 public:
  WatermarkProcessor(std::shared_ptr<const Watermark> watermark, std::shared_ptr<LogitsProcessor> first)
      : watermark_(std::move(watermark)), first_(std::move(first)) {}

  void Process(std::span<const int> ids, std::span<float> logits) override {
    if (first_ != nullptr) first_->Process(ids, logits);
    const WatermarkSettings& settings = watermark_->settings();
    if (ids.size() < static_cast<size_t>(settings.context_width)) return;
    const uint64_t list = watermark_->ListAfter(ids);
    const auto delta = static_cast<float>(settings.delta);
    for (size_t token = 0; token < logits.size(); ++token) {
      if (watermark_->IsGreen(list, static_cast<int>(token))) logits[token] += delta;
    }
  }

 private:
  std::shared_ptr<const Watermark> watermark_;
  std::shared_ptr<LogitsProcessor> first_;
};

}  // namespace

Watermark::Watermark(const WatermarkSettings& settings, std::string key) : settings_(settings), key_(std::move(key)) {
  if (!(settings.gamma > 0 && settings.gamma < 1)) throw Error("a watermark's gamma lies between 0 and 1");
  if (!(settings.delta >= 0) || !std::isfinite(settings.delta)) throw Error("a watermark's delta is 0 or more");
  if (settings.context_width < 0 || settings.context_width > kWidestContext) {
    throw Error(fmt::format("a watermark's context_width lies between 0 and {}", kWidestContext));
  }
  if (key_.size() < kFewestKeyBytes)
    throw Error(fmt::format("a watermark's key has {} bytes or more", kFewestKeyBytes));
}

uint64_t Watermark::ListAfter(std::span<const int> ids) const {
  std::string context = "watermark:";
  for (const int id : ids.last(static_cast<size_t>(settings_.context_width))) context += fmt::format("{},", id);
  return HmacSha256Word(key_, context);
}

bool Watermark::IsGreen(uint64_t list, int token) const { return IsGreenHash(PairHash(list, token), settings_.gamma); }

std::string Watermark::key_id() const { return HmacSha256Hex(key_, "watermark id").substr(0, 16); }

std::shared_ptr<LogitsProcessor> MakeWatermarkProcessor(std::shared_ptr<const Watermark> watermark,
                                                        std::shared_ptr<LogitsProcessor> first) {
  return std::make_shared<WatermarkProcessor>(std::move(watermark), std::move(first));
}

void WatermarkDetector::Add(std::span<const int> before, std::span<const int> ids) {
  const WatermarkSettings& settings = watermark_->settings();
  const auto width = static_cast<size_t>(settings.context_width);
  std::vector<int> all(before.begin(), before.end());
  all.insert(all.end(), ids.begin(), ids.end());
  for (size_t at = std::max(before.size(), width); at < all.size(); ++at) {
    const uint64_t hash = PairHash(watermark_->ListAfter(std::span(all).first(at)), all[at]);
    if (seen_.insert(hash).second && IsGreenHash(hash, settings.gamma)) ++green_;
  }
}

WatermarkEvidence WatermarkDetector::Evidence() const {
  const double gamma = watermark_->settings().gamma;
  WatermarkEvidence evidence{.pairs = static_cast<int64_t>(seen_.size()), .green = green_};
  const auto pairs = static_cast<double>(evidence.pairs), green = static_cast<double>(evidence.green);
  if (evidence.pairs == 0) return evidence;
  evidence.z = (green - gamma * pairs) / std::sqrt(pairs * gamma * (1 - gamma));
  if (evidence.green > 0) {
    const boost::math::binomial_distribution<double> null(pairs, gamma);
    evidence.p_value = boost::math::cdf(boost::math::complement(null, green - 1));
  }
  return evidence;
}

}  // namespace retort
