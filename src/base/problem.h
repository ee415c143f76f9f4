// What a user got wrong, as data: collected, shown in status and by `limen validate`, never thrown.
#pragma once

#include <string>
#include <vector>

namespace limen {

struct Problem {
  std::string reason;   // CamelCase word, as in a condition's reason: "UnknownField", "Invalid"
  std::string path;     // field, from the object's root: "spec.rules[0].matches[1].path.value"
  std::string message;  // a sentence: what is wrong and what to do
  int line = 0;         // in the source document, from 1; 0 where there is none

  bool operator==(const Problem&) const = default;
};

using Problems = std::vector<Problem>;

}  // namespace limen
