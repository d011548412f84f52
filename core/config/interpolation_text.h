// The grammar of ${a.b} and ${name:arguments} inside a text, OmegaConf 2.3's: it reads and asks. Room-internal.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/config/tree.h"

namespace retort {

// Who knows what an interpolation stands for. Throws Error, or ToldAlready.
class InterpolationSource {
 public:
  virtual ~InterpolationSource() = default;
  // ${a.b}; `dots` stand in front. `shown` is the interpolation as written, for messages.
  virtual Node Key(size_t dots, const std::vector<std::string>& path, const std::string& shown) = 0;
  // ${name:arguments}
  virtual Node Call(const std::string& name, const std::vector<Node>& arguments, const std::string& shown) = 0;
};

struct ToldAlready {};  // thrown where the user was told what is wrong

// A whole value: what a single interpolation stands for, with its type, else a text. Throws Error at `where`.
Node EvaluateText(std::string_view text, InterpolationSource& source, const Where& where);
// One element, as an argument or as oc.decode reads it: 5, [1,2], text.
Node EvaluateElement(std::string_view text, InterpolationSource& source, const Where& where);

// "a.b[c]" -> a, b, c; the dots in front are counted and cut off.
std::vector<std::string> SplitKey(std::string_view key, size_t& dots);

}  // namespace retort
