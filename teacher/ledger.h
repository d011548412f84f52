// The books of a teacher that costs money, kept by whoever asks it: written before a byte leaves and after the reply,
// so that a killed run knows what it may have spent.
#pragma once

#include <cstdint>

#include "core/data/sample.h"

namespace retort {

class Ledger {
 public:
  virtual ~Ledger() = default;
  // Before each sending, a retry included. `most`: what it can cost at worst. false: the budget does not allow it.
  virtual bool Open(int64_t sending, const Usage& most) = 0;
  // What it did cost; where that is unknown (a reply that broke off, or makes no sense) the caller gives `most` again.
  virtual void Close(int64_t sending, const Usage& charged) = 0;
};

}  // namespace retort
