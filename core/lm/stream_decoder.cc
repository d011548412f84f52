#include "core/lm/stream_decoder.h"

#include <utility>

#include "core/base/utf8.h"

namespace retort {

std::string StreamDecoder::Push(int id) {
  if (tokenizer_.IsSpecial(id)) return "";
  std::string bytes = tokenizer_.Surface(id);
  if (bytes.empty()) return "";
  if (tokenizer_.IsByte(id)) {
    held_ += bytes;
    return Emit(Settle(false));
  }
  std::string text = Settle(true);
  using FirstSpace = Tokenizer::Decoding::FirstSpace;
  const FirstSpace first = tokenizer_.decoding_.first_space;
  const bool drops = first == FirstSpace::kDropOfPiece || first == FirstSpace::kDropOfPieces;
  if (drops && text.empty() && !started_ && tokenizer_.TokenBytes(id).starts_with(' ')) {  // not what <unk> shows
    bytes.erase(0, 1);
    started_ = first == FirstSpace::kDropOfPiece;
  }
  return Emit(text + bytes);
}

std::string StreamDecoder::Finish() {
  std::string text = Emit(Settle(true));
  started_ = false;
  return text;
}

// Takes the text of the held bytes, up to a character at their end that may still become whole.
std::string StreamDecoder::Settle(bool all) {
  using Broken = Tokenizer::Decoding::Broken;
  const Broken broken = tokenizer_.decoding_.broken;
  if (broken == Broken::kRun) {
    if (!all) return "";
    std::string run = std::exchange(held_, "");
    if (IsUtf8(run)) return run;
    std::string text;
    for (size_t i = 0; i < run.size(); ++i) text += "\uFFFD";
    return text;
  }
  std::string text;
  std::string_view rest = held_;
  while (!rest.empty()) {
    const Utf8Step step = NextUtf8(rest);
    if (step.code_point >= 0) {
      text += rest.substr(0, step.length);
    } else if (step.length == rest.size() && !all) {
      break;
    } else {
      for (size_t i = 0; i < (broken == Broken::kByte ? step.length : 1); ++i) text += "\uFFFD";
    }
    rest.remove_prefix(step.length);
  }
  held_.erase(0, held_.size() - rest.size());
  return text;
}

std::string StreamDecoder::Emit(std::string text) {
  if (text.empty()) return text;
  if (!started_ && tokenizer_.decoding_.first_space == Tokenizer::Decoding::FirstSpace::kDrop && text.front() == ' ')
    text.erase(0, 1);
  started_ = true;
  return text;
}

}  // namespace retort
