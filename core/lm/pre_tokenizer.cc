#include "core/lm/pre_tokenizer.h"

#include <algorithm>

#include "core/lm/normalizer.h"

namespace retort {
namespace {

// The folds of NormalizedString::split in `tokenizers`.
std::vector<Span> Apply(SplitBehavior behavior, const std::vector<Span>& spans) {
  std::vector<Span> kept;
  switch (behavior) {
    case SplitBehavior::kIsolated:
      return spans;
    case SplitBehavior::kRemoved:
      std::copy_if(spans.begin(), spans.end(), std::back_inserter(kept), [](const Span& s) { return !s.is_match; });
      return kept;
    case SplitBehavior::kContiguous:
      for (const Span& span : spans) {
        if (!kept.empty() && kept.back().is_match == span.is_match) {
          kept.back().end = span.end;
        } else {
          kept.push_back(span);
        }
      }
      return kept;
    case SplitBehavior::kMergedWithPrevious: {
      bool after_match = false;
      for (const Span& span : spans) {
        if (span.is_match && !after_match && !kept.empty()) {
          kept.back().end = span.end;
        } else {
          kept.push_back(span);
        }
        after_match = span.is_match;
      }
      return kept;
    }
    case SplitBehavior::kMergedWithNext: {
      bool before_match = false;
      for (auto span = spans.rbegin(); span != spans.rend(); ++span) {
        if (span->is_match && !before_match && !kept.empty()) {
          kept.back().begin = span->begin;
        } else {
          kept.push_back(*span);
        }
        before_match = span->is_match;
      }
      std::reverse(kept.begin(), kept.end());
      return kept;
    }
  }
  return kept;
}

void AddPrefix(const PreTokenizerStep& step, bool goes_on, bool first, std::string& piece) {
  if (step.metaspace) {
    ReplaceAll(" ", kSpaceMark, piece);
    const bool wanted = *step.metaspace == PrefixScheme::kAlways || (*step.metaspace == PrefixScheme::kFirst && first);
    if (wanted && !goes_on && !piece.starts_with(kSpaceMark)) piece.insert(0, kSpaceMark);
  }
  if (step.add_prefix_space && !goes_on && !piece.starts_with(' ')) piece.insert(piece.begin(), ' ');
}

}  // namespace

std::vector<std::string> PreTokenize(const PreTokenizer& steps, std::string_view text, Tokenizer::Place place) {
  std::vector<std::string> pieces;
  if (!text.empty()) pieces.emplace_back(text);
  for (const PreTokenizerStep& step : steps) {
    std::vector<std::string> next;
    std::vector<Span> spans;
    for (size_t i = 0; i < pieces.size(); ++i) {
      std::string& piece = pieces[i];
      AddPrefix(step, i == 0 && place == Tokenizer::Place::kInside, i == 0 && place == Tokenizer::Place::kStart, piece);
      if (!step.pattern) {
        next.push_back(std::move(piece));
        continue;
      }
      spans.clear();
      step.pattern->Cut(piece, spans);
      if (step.invert) {
        for (Span& span : spans) span.is_match = !span.is_match;
      }
      for (const Span& span : Apply(step.behavior, spans))
        next.push_back(piece.substr(span.begin, span.end - span.begin));
    }
    pieces = std::move(next);
  }
  return pieces;
}

}  // namespace retort
