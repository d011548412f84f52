// What a user says of a teacher that cannot say it itself: licence, terms of use, and whether its answers may train
// other models. Shipped rows stand in configs/card/, each with the source and date of what it says.
#pragma once

#include <string>

#include "core/config/describe.h"
#include "core/data/sample_set.h"

namespace retort {

struct CardConfig {
  std::string name, licence, terms;  // empty: as the teacher says
  std::string training_allowed;      // "", yes, no, with disclosure, unknown
  std::string disclosure;            // text that a student's card owes
  std::string name_prefix;           // what a student's name must begin with ("Llama")
  std::string source, date;          // where this was read, and when
};
void Describe(Describer& d, CardConfig& config);

// `card` with what `config` says put over it.
Card WithConfig(Card card, const CardConfig& config);

// Throws Error if the card says "no", unless `acknowledge_terms` is the teacher's name.
void CheckTerms(const Card& card, const std::string& acknowledge_terms);
// "licence apache-2.0 (https://...); its answers may train other models": for the terminal.
std::string TermsLine(const Card& card);

}  // namespace retort
