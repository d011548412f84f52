// What is known of a teacher's terms, and the one gate that they pass. Only a plain "no" closes it: what is unknown is
// said, not forbidden, since most files of answers come without a word on their terms.
#include "teacher/card.h"

#include <fmt/format.h>

#include <string_view>

#include "core/base/ascii.h"
#include "core/base/error.h"

namespace retort {
namespace {

// A card comes from files that others wrote: nothing in it may steer a terminal.
std::string Shown(std::string_view text) {
  const std::string quoted = Excerpt(text, 200);
  return quoted.substr(1, quoted.size() - 2);
}

std::string Licence(const Card& card) {
  return fmt::format("licence {}{}", card.licence.empty() ? "unknown" : Shown(card.licence),
                     card.terms.empty() ? "" : fmt::format(" ({})", Shown(card.terms)));
}

// A checkpoint's README may say "No".
}  // namespace

void Describe(Describer& d, CardConfig& config) {
  d.Field("name", config.name, {.help = "name of the teacher; empty: as the teacher says", .numerics = false});
  d.Field("licence", config.licence,
          {.help = "SPDX id, or the name used on Hugging Face; empty: as the teacher says", .numerics = false});
  d.Field("terms", config.terms,
          {.help = "where the terms stand (URL); empty: as the teacher says", .numerics = false});
  d.Field("training_allowed", config.training_allowed,
          {.help = "whether its answers may train other models; empty: as the teacher says",
           .choices = {"", "yes", "no", "with disclosure", "unknown"},
           .numerics = false});
  d.Field("disclosure", config.disclosure,
          {.help = "text that a student's card owes; empty: as the teacher says", .numerics = false});
  d.Field("name_prefix", config.name_prefix,
          {.help = "what a student's name must begin with; empty: as the teacher says", .numerics = false});
  d.Field("source", config.source, {.help = "where this was read (URL, section)", .numerics = false});
  d.Field("date", config.date, {.help = "of the terms that this states", .numerics = false});
}

Card WithConfig(Card card, const CardConfig& config) {
  const auto put = [](std::string& value, const std::string& given) {
    if (!given.empty()) value = given;
  };
  put(card.name, config.name);
  put(card.licence, config.licence);
  put(card.terms, config.terms);
  put(card.training_allowed, config.training_allowed);
  put(card.disclosure, config.disclosure);
  put(card.name_prefix, config.name_prefix);
  return card;
}

void CheckTerms(const Card& card, const std::string& acknowledge_terms) {
  if (AsciiLower(card.training_allowed) != "no") return;
  if (!card.name.empty() && acknowledge_terms == card.name) return;
  const std::string mend =
      card.name.empty()
          ? "give it a name (card.name) and set collect.acknowledge_terms to that, if you have the right all the same"
          : fmt::format("set collect.acknowledge_terms={} if you have the right all the same", Excerpt(card.name, 200));
  throw Error(
      {},
      fmt::format("teacher {}: {} does not let its answers train other models", Excerpt(card.name, 200), Licence(card)),
      mend);
}

std::string TermsLine(const Card& card) {
  const std::string allowed = AsciiLower(card.training_allowed);
  std::string verdict = "whether its answers may train other models is unknown";
  if (allowed == "yes") verdict = "its answers may train other models";
  if (allowed == "no") verdict = "its answers must not train other models";
  if (allowed == "with disclosure") {
    verdict = "its answers may train other models on conditions";
    if (!card.disclosure.empty()) verdict += fmt::format(": their card says {}", Excerpt(card.disclosure, 200));
  }
  if (allowed != "no" && !card.name_prefix.empty()) {
    verdict += fmt::format(", their names begin with {}", Excerpt(card.name_prefix, 200));
  }
  return fmt::format("{}; {}", Licence(card), verdict);
}

}  // namespace retort
